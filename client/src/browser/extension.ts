import type { ExtensionContext } from 'vscode';
import { Uri } from 'vscode';
import { LanguageClient } from 'vscode-languageclient/browser';
import { startExtension } from '../common/extension.ts';
import type { Host } from '../common/host.ts';

/** The web: the server is a Worker. */
const host: Host = {
	hasSockets: false,
	createClient(extension, options) {
		const script = Uri.joinPath(extension, 'server', 'dist', 'browser', 'server.js');
		return new LanguageClient('nginxWebSocket', 'NGINX WebSocket', async () => new Worker(script.toString(true)), options);
	},
};

export function activate(context: ExtensionContext): Promise<void> {
	return startExtension(context, host);
}
