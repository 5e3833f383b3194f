import type { Disposable } from 'vscode';
import { env, ViewColumn, type WebviewPanel, window } from 'vscode';
import type { FixReference, HandshakeReport } from '../../../../server/src/protocol/requests.ts';
import { applyFixAndTest } from '../fixes.ts';
import { showPlace } from '../places.ts';
import type { Reports } from '../reports.ts';
import { type Page, type PageMessage, reportPage } from './page.ts';
import { type TrialPageReport, trialPage } from './trialPage.ts';

declare const crypto: { getRandomValues(bytes: Uint8Array): Uint8Array };

/** What is shown, and how it is tested once more. */
interface Shown {
	readonly name: string;
	/** The same as Markdown. */
	readonly text: string;
	readonly fix: FixReference | undefined;
	readonly again: () => Promise<void>;
	readonly page: Page;
}

/** The reports of handshakes as pages beside the configuration; a new report of the same name takes the place of the old one. */
export class ReportPanels implements Disposable {
	readonly #reports: Reports;
	readonly #panels = new Map<string, { readonly panel: WebviewPanel; shown: Shown }>();

	/** @param reports shows the same report as text */
	constructor(reports: Reports) {
		this.#reports = reports;
	}

	/** Shows a report and leaves the caret where it is. */
	show(name: string, report: HandshakeReport, again: () => Promise<void>): void {
		this.#show({ name, text: report.report, fix: report.fixes[0], again, page: reportPage(report, nonce()) });
	}

	/** Shows what came of a trial of a URL. */
	showTrial(name: string, url: string, report: TrialPageReport & { readonly report: string }, again: () => Promise<void>): void {
		this.#show({ name, text: report.report, fix: undefined, again, page: trialPage(url, report, nonce()) });
	}

	#show(shown: Shown): void {
		const { name, page } = shown;
		const open = this.#panels.get(name);
		if (open !== undefined) {
			open.shown = shown;
			open.panel.webview.html = page.html;
			open.panel.reveal(undefined, true);
			return;
		}
		const panel = window.createWebviewPanel(
			'nginxWebSocket.report',
			name,
			{ viewColumn: ViewColumn.Beside, preserveFocus: true },
			{ enableScripts: true, enableFindWidget: true, localResourceRoots: [] },
		);
		const entry = { panel, shown };
		this.#panels.set(name, entry);
		panel.onDidDispose(() => this.#panels.delete(name));
		panel.webview.onDidReceiveMessage((message: PageMessage) => this.#answer(entry.shown, message));
		panel.webview.html = page.html;
	}

	async #answer({ name, text, fix, again, page }: Shown, { kind, index }: PageMessage): Promise<void> {
		const place = page.places[index];
		const copied = page.copies[index];
		if (kind === 'open' && place !== undefined) await showPlace(place, ViewColumn.One);
		else if (kind === 'copy' && copied !== undefined) await env.clipboard.writeText(copied);
		else if (kind === 'text') await this.#reports.showText(name, text);
		else if (kind === 'again') await again();
		else if (kind === 'fix' && fix !== undefined) await applyFixAndTest(fix, again);
	}

	dispose(): void {
		for (const { panel } of this.#panels.values()) panel.dispose();
	}
}

function nonce(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
