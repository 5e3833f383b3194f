import type { Disposable } from 'vscode';
import { StatusBarAlignment, ThemeColor, window } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import { State } from 'vscode-languageclient';
import type { Status } from '../../../server/src/protocol/requests.ts';
import { STATUS } from '../../../server/src/protocol/requests.ts';
import { isNginx } from './documents.ts';

const SOURCES: Readonly<Record<Status['versionSource'], string>> = {
	setting: 'as set in nginxWebSocket.nginxVersion',
	nginx: 'as the nginx on this machine says',
	default: 'a stated default: nobody has said which nginx runs (setting nginxWebSocket.nginxVersion)',
};

/** Shows, beside an nginx file, whether the server runs and which nginx version its answers stand on. */
export function showStatus(client: BaseLanguageClient): Disposable[] {
	const item = window.createStatusBarItem('nginxWebSocket.status', StatusBarAlignment.Right, 90);
	item.name = 'NGINX WebSocket';
	let status: Status | undefined;

	const paint = () => {
		const failed = client.state === State.Stopped || client.state === State.StartFailed;
		if (failed) item.text = '$(error) nginx: server stopped';
		else if (client.state !== State.Running) item.text = '$(loading~spin) nginx';
		else item.text = `${status?.problem === undefined ? '$(plug)' : '$(warning)'} nginx ${status?.nginxVersion ?? ''}`.trimEnd();
		item.backgroundColor = failed ? new ThemeColor('statusBarItem.errorBackground') : undefined;
		item.tooltip = failed
			? 'The NGINX WebSocket language server does not run. Click to start it again.'
			: [
					...(status === undefined ? [] : [`Checked as nginx ${status.nginxVersion}, ${SOURCES[status.versionSource]}.`]),
					...(status?.problem === undefined ? [] : [status.problem]),
					'Click to choose the version.',
				].join('\n');
		item.command = failed
			? 'nginxWebSocket.restartServer'
			: {
					command: 'workbench.action.openSettings',
					title: 'Choose the nginx version',
					arguments: ['nginxWebSocket.nginxVersion'],
				};
		const editor = window.activeTextEditor;
		if (editor !== undefined && isNginx(editor.document)) item.show();
		else item.hide();
	};

	paint();
	return [
		item,
		client.onNotification(STATUS, (received: Status) => {
			status = received;
			paint();
		}),
		client.onDidChangeState(paint),
		window.onDidChangeActiveTextEditor(paint),
	];
}
