import { formatMs } from '../../../../server/src/core/handshake/explanation.ts';
import type { ExplanationLine } from '../../../../server/src/protocol/requests.ts';
import { html, type Markup } from './markup.ts';
import { Drafting, framed, list, type Page } from './page.ts';
import { bars, columns } from './pictures.ts';

/** What a page shows of a trial: the sentences of its report, and its numbers where it has some. */
export interface TrialPageReport {
	readonly ok: boolean;
	readonly headline: string;
	readonly why: readonly ExplanationLine[];
	readonly advice: readonly ExplanationLine[];
	readonly record: unknown;
}

/** A trial as a page: how many handshakes each backend got, how long they took, why, what to do. The same numbers are in the text. */
export function trialPage(
	name: string,
	url: string,
	{ ok, headline, why, advice, record }: TrialPageReport,
	nonce: string,
): Page {
	const draft = new Drafting();
	const parts: Markup[] = [];
	const report = fieldOf(record, 'report') ?? fieldOf(record, 'explanation');
	const counts = listOf(fieldOf(report, 'counts')).flatMap((one) => {
		const name = fieldOf(one, 'name');
		const count = fieldOf(one, 'count');
		return typeof name === 'string' && typeof count === 'number' ? [{ name, count }] : [];
	});
	if (counts.length > 0) parts.push(draft.section('Handshakes per backend', bars(counts)));
	const plot = listOf(fieldOf(report, 'plot')).flatMap((one) => {
		const fromMs = fieldOf(one, 'fromMs');
		const toMs = fieldOf(one, 'toMs');
		const count = fieldOf(one, 'count');
		return typeof fromMs === 'number' && typeof toMs === 'number' && typeof count === 'number' ? [{ fromMs, toMs, count }] : [];
	});
	if (plot.length > 0) {
		const rows = plot.map(({ fromMs, toMs, count }) => [`${formatMs(fromMs)} – ${formatMs(toMs)}`, String(count)] as const);
		const body = rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
		parts.push(draft.section('Time of the handshakes', html`${columns(plot, rows)}<table><tbody>${body}</tbody></table>`));
	}
	if (why.length > 0) parts.push(draft.section('Why', list(why, draft)));
	if (advice.length > 0) parts.push(draft.section('What to do', list(advice, draft)));
	return framed({ name, title: url, headline, good: ok, fix: undefined }, parts, draft, nonce);
}

function fieldOf(value: unknown, name: string): unknown {
	return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function listOf(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}
