import type { Disposable } from 'vscode';
import { commands, ProgressLocation, window, workspace } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import type { HandshakeReport, HandshakeStage, TestHandshakeParams } from '../../../server/src/protocol/requests.ts';
import { HANDSHAKE_STAGE, TEST_HANDSHAKE } from '../../../server/src/protocol/requests.ts';
import { offeredBy } from './capabilities.ts';
import { applyFixAndTest } from './fixes.ts';
import type { HandshakeChoices } from './handshakeChoices.ts';
import { showPlace } from './places.ts';
import type { ReportPanels } from './report/reportPanel.ts';
import { chooseRoute, whyNothingArrives } from './routeChoice.ts';
import type { RouteTarget } from './routeTarget.ts';
import { askForTarget, ONE_HANDSHAKE } from './routeTarget.ts';

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
	readonly #reports: ReportPanels;
	readonly #choices: HandshakeChoices;
	readonly #stages = new Map<string, (stage: HandshakeStage) => void>();
	#count = 0;

	constructor(client: BaseLanguageClient, reports: ReportPanels, choices: HandshakeChoices) {
		this.#client = client;
		this.#choices = choices;
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
		if (!(await mayTest(this.#client))) return;
		const route = await chooseRoute(this.#client, from, 'Test WebSocket Route');
		if (route === undefined) return;
		if (route.urls.length === 0) {
			window.showInformationMessage(whyNothingArrives(route));
			return;
		}
		const target = await askForTarget(route, ONE_HANDSHAKE);
		if (target !== undefined) await this.test(target);
	}

	/** One handshake, its report, and what to do next. */
	async test(target: RouteTarget): Promise<void> {
		const report = await this.#handshake(target);
		if (report === undefined) return;
		this.#reports.show(`WebSocket test of ${target.url.replaceAll('/', '∕')}`, report, { kind: 'test', target });
		await this.#offerNext(target, report);
	}

	/** One handshake with progress; undefined when the person cancelled it or the server could not run it. */
	async #handshake(target: RouteTarget): Promise<HandshakeReport | undefined> {
		this.#count += 1;
		const progressToken = `test-${this.#count}`;
		const params: TestHandshakeParams = { ...(await this.#choices.params(target)), progressToken };
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
		const show = 'Show Cause';
		const cause = report.explanation.find(({ at }) => at !== undefined)?.at;
		const anyCertificate = 'Test Again, Taking Any Certificate';
		const distrusted =
			report.trace.failure?.stage === 'tls' && report.trace.tls?.authorized === false && target.insecure !== true;
		const answer = await window.showWarningMessage(
			fix === undefined ? report.headline : `${report.headline} ${fix.title}?`,
			...(fix === undefined ? [] : [apply]),
			...(distrusted ? [anyCertificate] : []),
			...(cause === undefined ? [] : [show]),
			again,
		);
		if (answer === again) return this.test(target);
		if (answer === show && cause !== undefined) return showPlace(cause);
		if (answer === anyCertificate) return this.test({ ...target, insecure: true });
		if (answer === apply && fix !== undefined) await applyFixAndTest(fix, () => this.test(target));
	}
}

/** Says why when no test may run here. */
export async function mayTest(client: BaseLanguageClient): Promise<boolean> {
	if (!workspace.isTrusted) {
		const manage = 'Manage Workspace Trust';
		const answer = await window.showWarningMessage(
			'A WebSocket test makes a network connection to where the configuration says, so it runs only in a workspace that you trust.',
			manage,
		);
		if (answer === manage) await commands.executeCommand('workbench.trust.manage');
		return false;
	}
	const offered = offeredBy(client);
	if (offered === undefined) {
		window.showErrorMessage('The NGINX WebSocket language server does not run. Start it with "NGINX: Restart Language Server".');
		return false;
	}
	if (offered.handshake) return true;
	window.showInformationMessage(
		'A browser cannot open a raw connection, so routes are tested only in VS Code on a desktop or on a remote machine.',
	);
	return false;
}
