import type { ExtensionContext } from 'vscode';
import { Uri } from 'vscode';
import { BrowserMessageReader, BrowserMessageWriter, LanguageClient } from 'vscode-languageclient/browser';
import { startExtension } from '../common/extension.ts';
import type { Host } from '../common/host.ts';

/** The web: the server is a Worker. */
const host: Host = {
	hasSockets: false,
	createClient(extension, options) {
		const script = Uri.joinPath(extension, 'server', 'dist', 'browser', 'server.js');
		// The host wraps Worker, so the client cannot tell one by its class; it gets the two ends of the pipe instead.
		const connect = async () => {
			// The host starts the Worker from a blob: the name tells it where its other files are.
			const worker = new Worker(script.toString(true), { name: script.toString(true) });
			return { reader: new BrowserMessageReader(worker), writer: new BrowserMessageWriter(worker) };
		};
		return new LanguageClient('nginxWebSocket', 'NGINX WebSocket', connect, options);
	},
};

export function activate(context: ExtensionContext): Promise<void> {
	return startExtension(context, host);
}
