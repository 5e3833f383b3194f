import { type CancellationToken, type Connection, ErrorCodes, ResponseError } from 'vscode-languageserver';
import type { Configuration } from '../core/config/model.ts';
import type { SandboxResult } from '../core/sandbox/result.ts';
import type { View } from '../features/view.ts';
import {
	PROVE_FIX,
	type ProveFixParams,
	RUN_NGINX,
	type RunNginxParams,
	type RunNginxResult,
	SANDBOX,
	SANDBOX_STAGE,
	type SandboxParams,
	type SandboxReport,
	type SandboxStage,
} from '../protocol/sandbox.ts';
import { cancellationOf } from './handshakes.ts';
import type { Session } from './session.ts';

/** Runs configurations in a private nginx, and the person's own commands, in a trusted workspace and where the machine can. */
export function answerSandboxes(connection: Connection, session: Session): void {
	const { host } = session;

	connection.onRequest(SANDBOX, async (params: SandboxParams, token: CancellationToken): Promise<SandboxReport> => {
		const view = await viewOf(params.uri);
		const { sandboxReport } = await import('../features/sandboxReport.ts');
		const configuration = configurationOf(view);
		const versions = params.versions === undefined || params.versions.length === 0 ? [undefined] : params.versions;
		const results: SandboxResult[] = [];
		for (const version of versions)
			results.push(await run(configuration, view, version, params.progressToken, token, params.routeId));
		return sandboxReport(view, configuration, results);
	});

	connection.onRequest(PROVE_FIX, async (params: ProveFixParams, token: CancellationToken): Promise<SandboxReport> => {
		const view = await viewOf(params.uri);
		const { configurationAfter, fixReport } = await import('../features/sandboxReport.ts');
		const before = configurationOf(view);
		const after = configurationAfter(view, params);
		if ('problem' in after) throw refused(after.problem);
		return fixReport(
			before,
			params.title,
			await run(before, view, undefined, params.progressToken, token),
			await run(after, view, undefined, params.progressToken, token),
		);
	});

	connection.onRequest(RUN_NGINX, async ({ uri, command }: RunNginxParams, token: CancellationToken): Promise<RunNginxResult> => {
		const view = await viewOf(uri);
		if (host.run === undefined) throw refused('A browser can start no program.');
		if (command.length === 0) throw refused('The command is empty; set it in the settings.');
		const { ok, output } = await host.run(command, cancellationOf(token));
		const { nginxDiagnostics } = await import('../features/sandboxReport.ts');
		return { ok, output, problems: nginxDiagnostics(view, output) };
	});

	async function viewOf(uri: string): Promise<View> {
		if (host.sandbox === undefined) throw refused('A browser can start no nginx, so there is no sandbox here.');
		if (!session.bases.isTrusted) throw refused('nginx is started only in a workspace that you trust.');
		const view = await session.view(uri);
		if (view === undefined) throw refused('There is no such file.');
		return view;
	}

	async function run(
		configuration: Configuration,
		view: View,
		version: string | undefined,
		progressToken: string | undefined,
		token: CancellationToken,
		routeId?: string,
	): Promise<SandboxResult> {
		if (host.sandbox === undefined) throw refused('A browser can start no nginx, so there is no sandbox here.');
		return host.sandbox(
			configuration,
			{ program: view.settings.nginxPath, version, ...(routeId === undefined ? {} : { routeId }) },
			(text) => {
				if (progressToken === undefined || token.isCancellationRequested) return;
				const stage: SandboxStage = { progressToken, text };
				void connection.sendNotification(SANDBOX_STAGE, stage);
			},
			cancellationOf(token),
		);
	}
}

function configurationOf(view: View): Configuration {
	const configuration = view.checked[0]?.configuration;
	if (configuration === undefined) throw refused('This file is no nginx configuration.');
	return configuration;
}

/** A sentence that the client shows as it is. */
function refused(sentence: string): ResponseError<void> {
	return new ResponseError(ErrorCodes.InvalidRequest, sentence);
}
