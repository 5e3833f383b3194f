import type { Disposable } from 'vscode';
import { commands, ProgressLocation, Uri, window, workspace } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import type { ProveFixParams, SandboxParams, SandboxReport, SandboxStage } from '../../../server/src/protocol/sandbox.ts';
import { PROVE_FIX, SANDBOX, SANDBOX_STAGE } from '../../../server/src/protocol/sandbox.ts';
import { SETTINGS_SECTION } from '../../../server/src/protocol/settings.ts';
import { offeredBy } from './capabilities.ts';
import type { Reports } from './reports.ts';
import { chooseRoute } from './routeChoice.ts';

/** "NGINX: Test WebSocket Route in a Sandbox" and "Prove this fix": a private nginx that leaves nothing behind. */
export class Sandbox {
	readonly #client: BaseLanguageClient;
	readonly #reports: Reports;
	readonly #stages = new Map<string, (stage: SandboxStage) => void>();
	#count = 0;

	constructor(client: BaseLanguageClient, reports: Reports) {
		this.#client = client;
		this.#reports = reports;
	}

	/** Hears how far the runs have come. */
	listen(): Disposable {
		return this.#client.onNotification(SANDBOX_STAGE, (stage: SandboxStage) => this.#stages.get(stage.progressToken)?.(stage));
	}

	/** `from` is a `RouteReference` (code lens), a `Uri` (context menu), or nothing (palette: the active editor). */
	async test(from: unknown): Promise<void> {
		if (!(await mayStartNginx(this.#client))) return;
		const route = await chooseRoute(this.#client, from, 'Test WebSocket Route in a Sandbox');
		if (route === undefined) return;
		const versions = workspace
			.getConfiguration(SETTINGS_SECTION, Uri.parse(route.uri))
			.get<readonly string[]>('sandbox.versions', []);
		const params: SandboxParams = { uri: route.uri, routeId: route.routeId, versions };
		await this.#run(`Proving ${route.title} in a sandbox`, `Sandbox: ${route.title}`, SANDBOX, params);
	}

	/** Before and after a fix, side by side; nothing is changed. */
	async prove(params: ProveFixParams): Promise<void> {
		if (await mayStartNginx(this.#client)) await this.#run('Proving the fix in a sandbox', params.title, PROVE_FIX, params);
	}

	async #run(title: string, name: string, method: string, params: SandboxParams | ProveFixParams): Promise<void> {
		this.#count += 1;
		const progressToken = `sandbox-${this.#count}`;
		const report = await window.withProgress(
			{ location: ProgressLocation.Notification, title, cancellable: true },
			async (progress, cancelled) => {
				this.#stages.set(progressToken, ({ text }) => progress.report({ message: text }));
				try {
					const made = await this.#client.sendRequest<SandboxReport>(method, { ...params, progressToken }, cancelled);
					return cancelled.isCancellationRequested ? undefined : made;
				} catch (error) {
					if (!cancelled.isCancellationRequested)
						window.showErrorMessage(`The sandbox did not run: ${error instanceof Error ? error.message : String(error)}`);
					return undefined;
				} finally {
					this.#stages.delete(progressToken);
				}
			},
		);
		if (report === undefined) return;
		await this.#reports.show(name.replaceAll('/', '∕'), report.report);
		if (report.proved) window.showInformationMessage(report.headline);
		else window.showWarningMessage(report.headline);
	}
}

/** Says why when no nginx may be started here. */
export async function mayStartNginx(client: BaseLanguageClient): Promise<boolean> {
	if (!workspace.isTrusted) {
		const manage = 'Manage Workspace Trust';
		const answer = await window.showWarningMessage('nginx is started only in a workspace that you trust.', manage);
		if (answer === manage) await commands.executeCommand('workbench.trust.manage');
		return false;
	}
	if (offeredBy(client)?.sandbox === true) return true;
	window.showInformationMessage('A browser can start no nginx: use VS Code on a desktop or on a remote machine.');
	return false;
}
