import type { Disposable } from 'vscode';
import { commands, ProgressLocation, Uri, window, workspace } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import type {
	ExperimentalCapabilities,
	HandshakeReport,
	HandshakeStage,
	RouteDescription,
	RouteReference,
	RoutesParams,
	RoutesResult,
	TestHandshakeParams,
} from '../../../server/src/protocol/requests.ts';
import { HANDSHAKE_STAGE, ROUTES, TEST_HANDSHAKE } from '../../../server/src/protocol/requests.ts';
import { SETTINGS_SECTION } from '../../../server/src/protocol/settings.ts';
import { isNginx } from './documents.ts';
import { applyFix } from './fixes.ts';
import type { Reports } from './reports.ts';
import type { RouteTarget } from './routeTarget.ts';
import { askForTarget, pickRoute } from './routeTarget.ts';

const STAGES: Readonly<Record<HandshakeStage['stage'], string>> = {
	dns: 'looking up the name',
	tcp: 'connecting',
	tls: 'agreeing on TLS',
	upgrade: 'waiting for the upgrade',
	ping: 'waiting for the pong',
	close: 'closing',
};

/** "NGINX: Test WebSocket route", from the palette, a code lens or the context menu. */
export class RouteTest {
	readonly #client: BaseLanguageClient;
	readonly #reports: Reports;
	readonly #stages = new Map<string, (stage: HandshakeStage) => void>();
	#count = 0;

	constructor(client: BaseLanguageClient, reports: Reports) {
		this.#client = client;
		this.#reports = reports;
	}

	/** Hears how far the tests have come. */
	listen(): Disposable {
		return this.#client.onNotification(HANDSHAKE_STAGE, (stage: HandshakeStage) =>
			this.#stages.get(stage.progressToken)?.(stage),
		);
	}

	/** `from` is a `RouteReference` (code lens), a `Uri` (context menu), or nothing (palette: the active editor). */
	async run(from: unknown): Promise<void> {
		if (!(await this.#allowed())) return;
		const route = await this.#chooseRoute(from);
		if (route === undefined) return;
		if (route.urls.length === 0) {
			window.showInformationMessage(`${route.title} cannot be tested: no request from outside gets there. ${route.reason}`);
			return;
		}
		const target = await askForTarget(route);
		if (target !== undefined) await this.#test(target);
	}

	/** Says why when no test may run here. */
	async #allowed(): Promise<boolean> {
		if (!workspace.isTrusted) {
			const manage = 'Manage Workspace Trust';
			const answer = await window.showWarningMessage(
				'A WebSocket test makes a network connection to where the configuration says, so it runs only in a workspace that you trust.',
				manage,
			);
			if (answer === manage) await commands.executeCommand('workbench.trust.manage');
			return false;
		}
		const offered = this.#client.initializeResult?.capabilities.experimental as
			| { readonly nginxWebSocket?: ExperimentalCapabilities }
			| undefined;
		if (offered === undefined) {
			window.showErrorMessage(
				'The NGINX WebSocket language server does not run. Start it with "NGINX: Restart Language Server".',
			);
			return false;
		}
		if (offered.nginxWebSocket?.handshake === true) return true;
		window.showInformationMessage(
			'A browser cannot open a raw connection, so routes are tested only in VS Code on a desktop or on a remote machine.',
		);
		return false;
	}

	async #chooseRoute(from: unknown): Promise<RouteDescription | undefined> {
		const editor = window.activeTextEditor;
		const uri = isRouteReference(from) ? from.uri : from instanceof Uri ? from.toString() : editor?.document.uri.toString();
		if (uri === undefined || (from === undefined && editor !== undefined && !isNginx(editor.document))) {
			window.showInformationMessage('Open an nginx configuration first; its WebSocket routes can then be tested.');
			return undefined;
		}
		const params: RoutesParams = { uri };
		const { routes } = await this.#client.sendRequest<RoutesResult>(ROUTES, params);
		if (isRouteReference(from)) {
			const named = routes.find((route) => route.routeId === from.routeId);
			if (named !== undefined) return named;
		}
		if (routes.length === 0) {
			window.showInformationMessage(
				'This configuration has no WebSocket route. Mark a location with the comment "# websocket", or proxy WebSockets there with the light bulb.',
			);
			return undefined;
		}
		return pickRoute(routes);
	}

	async #test(target: RouteTarget): Promise<void> {
		const report = await this.#handshake(target);
		if (report === undefined) return;
		await this.#reports.show(`WebSocket test of ${target.url.replaceAll('/', '∕')}`, report.report);
		await this.#offerNext(target, report);
	}

	/** One handshake with progress; undefined when the person cancelled it or the server could not run it. */
	async #handshake(target: RouteTarget): Promise<HandshakeReport | undefined> {
		this.#count += 1;
		const progressToken = `test-${this.#count}`;
		const params: TestHandshakeParams = {
			uri: target.uri,
			routeId: target.routeId,
			url: target.url,
			options: {
				...(target.connectTo === undefined ? {} : { connectTo: target.connectTo }),
				reach: target.reach,
				timeoutMs: workspace.getConfiguration(SETTINGS_SECTION).get<number>('test.timeout', 10_000),
			},
			progressToken,
		};
		return window.withProgress(
			{ location: ProgressLocation.Notification, title: `Testing ${target.url}`, cancellable: true },
			async (progress, cancelled) => {
				this.#stages.set(progressToken, ({ stage }) => progress.report({ message: STAGES[stage] }));
				try {
					const report = await this.#client.sendRequest<HandshakeReport>(TEST_HANDSHAKE, params, cancelled);
					return cancelled.isCancellationRequested ? undefined : report;
				} catch (error) {
					if (!cancelled.isCancellationRequested) {
						window.showErrorMessage(`The test did not run: ${error instanceof Error ? error.message : String(error)}`);
					}
					return undefined;
				} finally {
					this.#stages.delete(progressToken);
				}
			},
		);
	}

	/** The result as a notification, with the cure one click away; after the cure, the next test. */
	async #offerNext(target: RouteTarget, report: HandshakeReport): Promise<void> {
		if (report.trace.outcome === 'upgraded') {
			window.showInformationMessage(report.headline);
			return;
		}
		const [fix] = report.fixes;
		const again = 'Test Again';
		const apply = 'Apply Fix';
		const answer = await window.showWarningMessage(
			fix === undefined ? report.headline : `${report.headline} Fix: ${fix.title}.`,
			...(fix === undefined ? [again] : [apply, again]),
		);
		if (answer === again) return this.#test(target);
		if (answer !== apply || fix === undefined || !(await applyFix(fix))) return;
		const next = await window.showInformationMessage('The fix is in the editor. Save it, reload nginx, and test again.', again);
		if (next === again) await this.#test(target);
	}
}

function isRouteReference(value: unknown): value is RouteReference {
	return typeof value === 'object' && value !== null && 'routeId' in value && 'uri' in value && typeof value.uri === 'string';
}
