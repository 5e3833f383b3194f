import { STATION_STATES } from '../../../../server/src/core/handshake/station.ts';
import { isHealthy } from '../../../../server/src/core/handshake/trace.ts';
import type {
	DocumentPlace,
	ExplanationLine,
	HandshakeReport,
	ReportPart,
	ReportStation,
} from '../../../../server/src/protocol/requests.ts';
import { html, type Markup, NOTHING } from './markup.ts';
import { waterfall } from './pictures.ts';
import { STYLE } from './style.ts';

/** What the page is made of: a report of one handshake. */
export type PageReport = Pick<HandshakeReport, 'trace' | 'headline' | 'explanation' | 'path' | 'parts' | 'fixes'>;

/** A page, and what its buttons stand for: each names an entry by its index. */
export interface Page {
	readonly html: string;
	readonly places: readonly DocumentPlace[];
	readonly copies: readonly string[];
}

/** What a button of the page sends. */
export interface PageMessage {
	readonly kind: 'open' | 'copy' | 'fix' | 'again' | 'text';
	readonly index: number;
}

/** The only script of the page: a click or a key on a button tells the extension. */
const SCRIPT = `const vscode = acquireVsCodeApi();
vscode.setState({ name: document.body.dataset.name });
document.addEventListener('click', ({ target }) => {
	const button = target.closest('button[data-kind]');
	if (button) vscode.postMessage({ kind: button.dataset.kind, index: Number(button.dataset.index) });
});`;

/**
 * The report as a page for a webview: the same words as the text, the picture of the path first, then in the order of the text. Nothing
 * in it is loaded from anywhere, and what a server sent stands in it as text alone. @param name what the page is called, for when the window is loaded anew
 * @param nonce fresh and unguessable
 */
export function reportPage(name: string, report: PageReport, nonce: string): Page {
	const draft = new Drafting();
	// A finding that did not cause what happened is for the editor to show.
	const fix = report.explanation.some(({ text }) => text.startsWith('Fix: ')) ? report.fixes[0] : undefined;
	const heading = { name, title: report.trace.url, headline: report.headline, good: isHealthy(report.trace), fix: fix?.title };
	return framed(heading, partsOf(report, draft), draft, nonce);
}

/** The frame of every page: what happened, what can be done, then the parts. */
export function framed(
	heading: {
		readonly name: string;
		readonly title: string;
		readonly headline: string;
		readonly good: boolean;
		readonly fix: string | undefined;
	},
	parts: readonly Markup[],
	draft: Drafting,
	nonce: string,
): Page {
	const { name, title, headline, good, fix } = heading;
	const body = html`<body class="${good ? 'good' : 'bad'}" data-name="${name}">
<header>
<h1>${title}</h1>
<p class="headline" role="status">${headline}</p>
<div class="actions" role="group" aria-label="Actions">
${good || fix === undefined ? NOTHING : html`<button class="main" data-kind="fix" data-index="0">Apply Fix: ${fix}</button>`}
<button data-kind="again" data-index="0">Test Again</button>
<button data-kind="text" data-index="0">Show as Text</button>
</div>
</header>
<main>${parts}</main>
<script nonce="${nonce}">${{ markup: SCRIPT }}</script>
</body>`;
	const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
	const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style nonce="${nonce}">${{ markup: STYLE }}</style>
</head>
${body}
</html>`;
	return { html: page.markup, places: draft.places, copies: draft.copies };
}

/** What the buttons of a page that is being written stand for. */
export class Drafting {
	readonly places: DocumentPlace[] = [];
	readonly copies: string[] = [];
	#headings = 0;

	/** A section with its heading, which names it for a screen reader. */
	section(title: string, content: Markup): Markup {
		const id = `part-${++this.#headings}`;
		return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${content}</section>`;
	}

	/** A place as the text names it; a button where it can be opened. */
	place({ at, where }: ExplanationLine): Markup {
		if (where === undefined) return NOTHING;
		if (at === undefined) return html`${where}`;
		return html`<button class="place" data-kind="open" data-index="${this.places.push(at) - 1}">${where}</button>`;
	}

	copy(text: string): Markup {
		return html`<button data-kind="copy" data-index="${this.copies.push(text) - 1}">Copy</button>`;
	}
}

function partsOf(report: PageReport, draft: Drafting): readonly Markup[] {
	const out: Markup[] = [];
	let sent: Markup | undefined;
	for (const part of report.parts) {
		if (part.kind === 'code') out.push(draft.section(part.title, codeBlock(part, draft)));
		else if (part.picture === 'path') out.unshift(draft.section(part.title, pathPicture(report.path, draft)));
		else if (part.kind === 'lines') out.push(draft.section(part.title, list(part.lines, draft)));
		else if (part.picture === 'time') out.push(draft.section(part.title, waterfall(report.trace.timing, part.rows)));
		else if (part.picture === 'sent') sent = table(part, draft);
		else if (part.picture === 'received') {
			out.push(html`<div class="headers">${sent ?? NOTHING}${table(part, draft)}</div>`);
			sent = undefined;
		} else out.push(table(part, draft));
	}
	// Nothing was received: what was sent comes before the commands that send it again.
	if (sent !== undefined) out.splice(out.length - commandsOf(report.parts), 0, sent);
	return out;
}

function commandsOf(parts: readonly ReportPart[]): number {
	const at = parts.findIndex((part) => part.kind === 'rows' && part.picture === 'sent');
	return parts.length - at - 1;
}

export function list(lines: readonly ExplanationLine[], draft: Drafting): Markup {
	const items = lines.map(
		(line) => html`<li>${line.text}${line.where === undefined ? NOTHING : html` (${draft.place(line)})`}</li>`,
	);
	return html`<ul>${items}</ul>`;
}

/** The stations in their order. A list, so that a screen reader counts them; the arrows and colours say nothing that the words do not. */
function pathPicture(stations: readonly ReportStation[], draft: Drafting): Markup {
	const items = stations.map(
		(station) =>
			html`<li class="${station.state}"><span class="kind">${station.kind}</span> <strong>${station.text}</strong> <span class="state">${STATION_STATES[station.state]}</span> ${draft.place(station)}</li>`,
	);
	return html`<ol class="path">${items}</ol>`;
}

function table({ title, rows }: Extract<ReportPart, { kind: 'rows' }>, draft: Drafting): Markup {
	const body = rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
	return draft.section(title, html`<table><tbody>${body}</tbody></table>`);
}

function codeBlock({ title, text }: Extract<ReportPart, { kind: 'code' }>, draft: Drafting): Markup {
	return html`<pre tabindex="0" role="region" aria-label="${title}">${text.replace(/\n$/, '')}</pre>${draft.copy(text)}`;
}
