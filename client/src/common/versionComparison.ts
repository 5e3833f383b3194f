import { window } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import type { RoutesParams, RoutesResult, UpgradeReport, UpgradeReportParams } from '../../../server/src/protocol/requests.ts';
import { ROUTES, UPGRADE_REPORT } from '../../../server/src/protocol/requests.ts';
import { isNginx } from './documents.ts';
import type { Reports } from './reports.ts';

/** The stable series that is offered to compare with. */
const NEWER = '1.30.0';

/** "NGINX: What Changes If I Upgrade": asks for two versions and lists the routes whose handshake ends differently. */
export async function compareVersions(client: BaseLanguageClient, reports: Reports): Promise<void> {
	const editor = window.activeTextEditor;
	if (editor === undefined || !isNginx(editor.document)) {
		window.showInformationMessage('Open an nginx configuration first; its routes are then compared.');
		return;
	}
	const uri = editor.document.uri.toString();
	try {
		const routes: RoutesParams = { uri };
		const { nginxVersion } = await client.sendRequest<RoutesResult>(ROUTES, routes);
		const from = await askVersion('Which version runs now?', nginxVersion);
		if (from === undefined) return;
		const to = await askVersion('Which version is to run?', NEWER);
		if (to === undefined) return;
		const params: UpgradeReportParams = { uri, from, to };
		const { headline, report } = await client.sendRequest<UpgradeReport>(UPGRADE_REPORT, params);
		await reports.showText(`From nginx ${from} to ${to}`, report);
		window.showInformationMessage(headline);
	} catch (error) {
		window.showErrorMessage(`The versions could not be compared: ${error instanceof Error ? error.message : String(error)}`);
	}
}

function askVersion(prompt: string, value: string): Thenable<string | undefined> {
	return window.showInputBox({
		title: 'What changes if I upgrade',
		prompt,
		value,
		validateInput: (text) => (/^\d+\.\d+(\.\d+)?$/.test(text) ? undefined : 'A version such as 1.26.3.'),
	});
}
