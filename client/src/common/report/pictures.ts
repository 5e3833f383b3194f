import type { HandshakeTrace } from '../../../../server/src/core/handshake/trace.ts';
import { html, type Markup } from './markup.ts';

/** In the units of the pictures' own coordinates. */
const WIDTH = 420;
const ROW = 18;
const LABEL = 110;
const SHORTEST_BAR = 2;

type Rows = readonly (readonly [string, string])[];

/** The stages one after the other, as long as they took; `rows` names them in the same order, with their time as it is written. */
export function waterfall(timing: HandshakeTrace['timing'], rows: Rows): Markup {
	const stages = [timing.dnsMs, timing.tcpMs, timing.proxyMs, timing.tlsMs, timing.upgradeMs].filter((ms) => ms !== undefined);
	const whole = Math.max(
		timing.totalMs,
		stages.reduce((sum, ms) => sum + ms, 0),
		0.001,
	);
	const scale = (WIDTH - LABEL - 70) / whole;
	let start = 0;
	const bars = rows.map(([name, time], index) => {
		const own = stages[index];
		const from = own === undefined ? 0 : start;
		const length = own ?? timing.totalMs;
		if (own !== undefined) start += own;
		const x = round(LABEL + from * scale);
		const width = Math.max(SHORTEST_BAR, round(length * scale));
		const y = index * ROW;
		return html`<text x="0" y="${y + 13}">${name}</text><rect class="${own === undefined ? 'whole' : 'stage'}" x="${x}" y="${y + 4}" width="${width}" height="${ROW - 8}"></rect><text x="${round(x + width + 6)}" y="${y + 13}">${time}</text>`;
	});
	return drawing(rows.length * ROW, rows, bars);
}

/** How many of each: one bar a name. */
export function bars(counts: readonly { readonly name: string; readonly count: number }[]): Markup {
	const most = Math.max(1, ...counts.map(({ count }) => count));
	const drawn = counts.map(({ name, count }, index) => {
		const y = index * ROW;
		const width = round(((WIDTH - 240) * count) / most);
		return html`<text x="0" y="${y + 13}">${shortened(name)}</text><rect x="180" y="${y + 4}" width="${width}" height="${ROW - 8}"></rect><text x="${186 + width}" y="${y + 13}">${String(count)}</text>`;
	});
	return drawing(
		counts.length * ROW,
		counts.map(({ name, count }) => [name, String(count)] as const),
		drawn,
	);
}

/** A distribution: one column a stretch, its ends written below. `rows` says the same in words. */
export function columns(
	buckets: readonly { readonly fromMs: number; readonly toMs: number; readonly count: number }[],
	rows: Rows,
): Markup {
	const height = 120;
	const most = Math.max(1, ...buckets.map(({ count }) => count));
	const step = WIDTH / Math.max(1, buckets.length);
	const drawn = buckets.map(({ count }, index) => {
		const tall = round((count / most) * height);
		const x = round(index * step + 1);
		const label = count === 0 ? '' : String(count);
		return html`<rect x="${x}" y="${round(height + 14 - tall)}" width="${round(step - 2)}" height="${tall}"></rect><text x="${x}" y="${round(height + 10 - tall)}">${label}</text>`;
	});
	const axis = html`<line x1="0" y1="${height + 14}" x2="${WIDTH}" y2="${height + 14}"></line>`;
	return drawing(height + 16, rows, [...drawn, axis]);
}

/** A picture that a screen reader reads as what its rows say. */
function drawing(height: number, rows: Rows, content: readonly Markup[]): Markup {
	const alternative = rows.map(([name, value]) => `${name}: ${value}`).join('; ');
	return html`<svg role="img" aria-label="${alternative}" viewBox="0 0 ${WIDTH} ${height}">${content}</svg>`;
}

function round(value: number): number {
	return Math.round(value * 10) / 10;
}

function shortened(name: string): string {
	return name.length > 28 ? `${name.slice(0, 27)}…` : name;
}
