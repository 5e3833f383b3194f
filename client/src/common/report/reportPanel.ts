import type { Memento, WebviewPanel } from 'vscode';
import { type Disposable, env, ViewColumn, window } from 'vscode';
import type { FixReference, HandshakeReport, TestHandshakeParams } from '../../../../server/src/protocol/requests.ts';
import type { TryRouteParams } from '../../../../server/src/protocol/trials.ts';
import { applyFixAndTest } from '../fixes.ts';
import { showPlace } from '../places.ts';
import type { Reports } from '../reports.ts';
import type { RouteTarget } from '../routeTarget.ts';
import { type Page, type PageMessage, reportPage } from './page.ts';
import { type TrialPageReport, trialPage } from './trialPage.ts';

declare const crypto: { getRandomValues(bytes: Uint8Array): Uint8Array };

/** What "Test Again" does: kept with a report, so that it also works after the window was loaded anew. */
export type Again =
	| { readonly kind: 'test'; readonly target: RouteTarget }
	| { readonly kind: 'trial'; readonly target: RouteTarget; readonly trial: TryRouteParams['trial'] }
	/** A test of the Testing view, by its id. */
	| { readonly kind: 'item'; readonly id: string };

type TrialReport = TrialPageReport & { readonly report: string };

/** A report as it is kept; secrets are masked in it already. */
type Kept = { readonly name: string; readonly again: Again } & (
	| { readonly kind: 'handshake'; readonly report: HandshakeReport }
	| { readonly kind: 'trial'; readonly url: TestHandshakeParams['url']; readonly report: TrialReport }
);

/** What is shown, and how it is tested once more. */
interface Shown {
	readonly name: string;
	/** The same as Markdown. */
	readonly text: string;
	readonly fix: FixReference | undefined;
	readonly again: () => Promise<void>;
	readonly page: Page;
}

const VIEW = 'nginxWebSocket.report';
const KEPT = 'nginxWebSocket.reports';
/** As many as a window may well have open. */
const MOST_KEPT = 12;

/**
 * The reports of handshakes as pages beside the configuration; a new report of the same name takes the place of the old one. What is open
 * is open again after the window was loaded anew.
 */
export class ReportPanels {
	readonly #reports: Reports;
	readonly #state: Memento;
	readonly #again: (again: Again) => Promise<void>;
	readonly #panels = new Map<string, { readonly panel: WebviewPanel; shown: Shown }>();

	/** @param reports shows the same report as text @param again makes the test of a report once more */
	constructor(reports: Reports, state: Memento, again: (again: Again) => Promise<void>) {
		this.#reports = reports;
		this.#state = state;
		this.#again = again;
	}

	/** Brings the pages back that were open when the window was closed. */
	restore(): Disposable {
		return window.registerWebviewPanelSerializer(VIEW, {
			deserializeWebviewPanel: async (panel: WebviewPanel, state: unknown) => {
				const name = typeof state === 'object' && state !== null && 'name' in state ? state.name : undefined;
				const kept = this.#kept().find((one) => one.name === name);
				if (kept === undefined) panel.dispose();
				// What a fix would change may have changed since.
				else this.#adopt(panel, this.#shownOf(kept, false));
			},
		});
	}

	/** Shows a report and leaves the caret where it is. */
	show(name: string, report: HandshakeReport, again: Again): void {
		this.#show({ name, again, kind: 'handshake', report });
	}

	/** Shows what came of a trial of a URL. */
	showTrial(name: string, url: string, { ok, headline, why, advice, record, report }: TrialReport, again: Again): void {
		this.#show({ name, again, kind: 'trial', url, report: { ok, headline, why, advice, record, report } });
	}

	#show(kept: Kept): void {
		const shown = this.#shownOf(kept, true);
		const { name, page } = shown;
		void this.#state.update(KEPT, [kept, ...this.#kept().filter((one) => one.name !== name)].slice(0, MOST_KEPT));
		const open = this.#panels.get(name);
		if (open !== undefined) {
			open.shown = shown;
			open.panel.webview.html = page.html;
			open.panel.reveal(undefined, true);
			return;
		}
		const beside = { viewColumn: ViewColumn.Beside, preserveFocus: true };
		this.#adopt(window.createWebviewPanel(VIEW, name, beside, { enableFindWidget: true }), shown);
	}

	/** Puts a report into a panel and listens to its buttons. */
	#adopt(panel: WebviewPanel, shown: Shown): void {
		const { name, page } = shown;
		const entry = { panel, shown };
		this.#panels.set(name, entry);
		panel.onDidDispose(() => {
			this.#panels.delete(name);
		});
		panel.webview.options = { enableScripts: true, localResourceRoots: [] };
		panel.webview.onDidReceiveMessage((message: PageMessage) => this.#answer(entry.shown, message));
		panel.webview.html = page.html;
	}

	#shownOf(kept: Kept, isFresh: boolean): Shown {
		const { name, again } = kept;
		const repeat = (): Promise<void> => this.#again(again);
		if (kept.kind === 'trial') {
			const page = trialPage(name, kept.url, kept.report, nonce());
			return { name, text: kept.report.report, fix: undefined, again: repeat, page };
		}
		const report = isFresh ? kept.report : { ...kept.report, fixes: [] };
		return { name, text: report.report, fix: report.fixes[0], again: repeat, page: reportPage(name, report, nonce()) };
	}

	#kept(): readonly Kept[] {
		return this.#state.get(KEPT, []);
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
}

function nonce(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
