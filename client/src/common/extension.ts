import type { Disposable, ExtensionContext, TestItem } from 'vscode';
import { commands, window, workspace } from 'vscode';
import type { LanguageClientOptions } from 'vscode-languageclient';
import type { InitializationOptions } from '../../../server/src/protocol/requests.ts';
import { EXPLAIN_ROUTE_COMMAND, TEST_ROUTE_COMMAND, TRUST_GRANTED } from '../../../server/src/protocol/requests.ts';
import type { ProveFixParams } from '../../../server/src/protocol/sandbox.ts';
import { PROVE_FIX_COMMAND, TEST_IN_SANDBOX_COMMAND } from '../../../server/src/protocol/sandbox.ts';
import { SETTINGS_SECTION } from '../../../server/src/protocol/settings.ts';
import { DOCUMENTS } from './documents.ts';
import { answerFileRequests } from './files.ts';
import { HandshakeChoices } from './handshakeChoices.ts';
import { forgetHandshakeOptions, setHandshakeOptions } from './handshakeOptionsMenu.ts';
import { handshakeTexts } from './handshakeTexts.ts';
import type { Host } from './host.ts';
import { NginxControl } from './nginxControl.ts';
import { nginxTasks } from './nginxTasks.ts';
import { ReportPanels } from './report/reportPanel.ts';
import { Reports } from './reports.ts';
import { explainRoute } from './routeExplanation.ts';
import { mayTest, RouteTest } from './routeTest.ts';
import { RouteTrial } from './routeTrial.ts';
import { Sandbox } from './sandbox.ts';
import { insertSnippet } from './snippets.ts';
import { showStatus } from './status.ts';
import { RouteTests } from './testing/routeTests.ts';
import { compareVersions } from './versionComparison.ts';

/** Starts the server and puts the commands in place; the same on the desktop and on the web. A server that does not start is shown in the status item, and can be started again. */
export async function startExtension(context: ExtensionContext, host: Host): Promise<void> {
	const log = window.createOutputChannel('NGINX WebSocket', { log: true });
	const initializationOptions: InitializationOptions = {
		trusted: workspace.isTrusted,
		filesThroughClient: !host.hasSockets || (workspace.workspaceFolders ?? []).some(({ uri }) => uri.scheme !== 'file'),
		commands: host.hasSockets
			? [TEST_ROUTE_COMMAND, EXPLAIN_ROUTE_COMMAND, TEST_IN_SANDBOX_COMMAND, PROVE_FIX_COMMAND]
			: [EXPLAIN_ROUTE_COMMAND],
	};
	const options: LanguageClientOptions = {
		documentSelector: DOCUMENTS,
		outputChannel: log,
		initializationOptions,
		diagnosticCollectionName: SETTINGS_SECTION,
		progressOnInitialization: false,
	};
	const client = host.createClient(context.extensionUri, options);
	answerFileRequests(client);
	const reports = new Reports();
	const panels = new ReportPanels(reports, context.workspaceState, async (again) => {
		// A report that came back with the window is no leave to make connections.
		if (!(await mayTest(client))) return;
		if (again.kind === 'test') await test.test(again.target);
		else if (again.kind === 'trial') await trial.try(again.target, again.trial);
		else await routeTests?.again(again.id);
	});
	const choices = new HandshakeChoices(context.secrets, context.workspaceState);
	const test = new RouteTest(client, panels, choices);
	const trial = new RouteTrial(client, panels, choices);
	const sandbox = new Sandbox(client, reports);
	const nginx = new NginxControl(client);
	const routeTests = host.hasSockets ? new RouteTests(client, context.workspaceState, panels, choices) : undefined;
	context.subscriptions.push(
		log,
		{ dispose: () => client.dispose() },
		reports,
		panels.restore(),
		test.listen(),
		trial.listen(),
		sandbox.listen(),
		nginx.listen(),
		nginxTasks(nginx),
		...handshakeTexts(client, choices),
		...showStatus(client),
		commands.registerCommand(TEST_ROUTE_COMMAND, (from: unknown) => test.run(from)),
		commands.registerCommand('nginxWebSocket.tryRoute', (from: unknown) => trial.run(from)),
		commands.registerCommand('nginxWebSocket.handshakeOptions', (from: unknown) => setHandshakeOptions(client, choices, from)),
		commands.registerCommand('nginxWebSocket.forgetHandshakeOptions', () => forgetHandshakeOptions(choices)),
		commands.registerCommand(EXPLAIN_ROUTE_COMMAND, (from: unknown) => explainRoute(client, reports, from)),
		...(routeTests === undefined ? [] : testingView(routeTests)),
		commands.registerCommand(TEST_IN_SANDBOX_COMMAND, (from: unknown) => sandbox.test(from)),
		commands.registerCommand(PROVE_FIX_COMMAND, (params: ProveFixParams) => sandbox.prove(params)),
		commands.registerCommand('nginxWebSocket.testConfiguration', () => nginx.test()),
		commands.registerCommand('nginxWebSocket.reloadNginx', () => nginx.control('reload')),
		commands.registerCommand('nginxWebSocket.restartNginx', () => nginx.control('restart')),
		commands.registerCommand('nginxWebSocket.insertSnippet', () => insertSnippet(client)),
		commands.registerCommand('nginxWebSocket.compareVersions', () => compareVersions(client, reports)),
		commands.registerCommand('nginxWebSocket.restartServer', async () => {
			if (client.needsStop()) await client.stop();
			await client.start();
		}),
		commands.registerCommand('nginxWebSocket.showLog', () => log.show()),
		workspace.onDidGrantWorkspaceTrust(() => client.sendNotification(TRUST_GRANTED)),
	);
	try {
		await client.start();
		await commands.executeCommand('setContext', 'nginxWebSocket.handshakeAvailable', host.hasSockets);
	} catch (error) {
		log.error(error instanceof Error ? error : String(error));
	}
}

/** The Testing view, and the commands that stand at its failures. */
function testingView(routeTests: RouteTests): Disposable[] {
	return [
		routeTests,
		commands.registerCommand('nginxWebSocket.testing.applyFix', ({ test }: { readonly test: TestItem }) =>
			routeTests.applyFix(test),
		),
		commands.registerCommand('nginxWebSocket.testing.showReport', ({ test }: { readonly test: TestItem }) =>
			routeTests.showReport(test),
		),
	];
}
