import type { ExtensionContext } from 'vscode';
import { Uri } from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import { startExtension } from '../common/extension.ts';
import type { Host } from '../common/host.ts';

/** The desktop (and the remote machine): the server is a Node process, spoken to over IPC. */
const host: Host = {
	hasSockets: true,
	createClient(extension, options) {
		const module = Uri.joinPath(extension, 'server', 'dist', 'node', 'server.js').fsPath;
		return new LanguageClient(
			'nginxWebSocket',
			'NGINX WebSocket',
			{
				run: { module, transport: TransportKind.ipc },
				debug: { module, transport: TransportKind.ipc, options: { execArgv: ['--nolazy', '--inspect=6037'] } },
			},
			options,
		);
	},
};

export function activate(context: ExtensionContext): Promise<void> {
	return startExtension(context, host);
}
