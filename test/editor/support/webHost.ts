import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import type { Page } from 'playwright-core';
import type { CodeServer } from '../../support/codeServer.ts';
import { ROOT } from '../../support/editorPaths.ts';

const TYPES: Readonly<Record<string, string>> = {
	'.js': 'text/javascript',
	'.json': 'application/json',
	'.md': 'text/markdown',
	'.map': 'application/json',
};

export interface ServedExtension {
	readonly port: number;
	stop(): Promise<void>;
}

/** Serves the built extension on a loopback port, for code-server to pass on under its own origin. */
export function serveExtension(): Promise<ServedExtension> {
	const server = createServer((request, response) => {
		const path = join(ROOT, normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname)));
		const file = path.startsWith(ROOT) && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
		if (!file) {
			response.writeHead(404).end();
			return;
		}
		response.writeHead(200, {
			'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
			'access-control-allow-origin': '*',
		});
		createReadStream(path).pipe(response);
	});
	return new Promise((resolve) => {
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			resolve({
				port: typeof address === 'object' && address !== null ? address.port : 0,
				stop: () => new Promise((done) => server.close(() => done())),
			});
		});
	});
}

/**
 * Makes the workbench load the served extension as a web extension: the Worker host runs it, whatever it has installed. The
 * workbench reads its configuration from an attribute of the page, and code-server passes `/proxy/PORT` on under its own origin,
 * without which the host refuses to start Workers. The page itself is left as it came: Chromium takes a page that a test has
 * answered for as a public one, and lets it open no WebSocket to loopback.
 */
export function asWebExtension(server: CodeServer, extension: ServedExtension): (page: Page) => Promise<void> {
	const at = { scheme: 'http', authority: new URL(server.url).host, path: `/proxy/${extension.port}` };
	return async (page) => {
		await page.addInitScript((added) => {
			const original = Element.prototype.getAttribute;
			Element.prototype.getAttribute = function (name) {
				const value = original.call(this, name);
				if (value === null || name !== 'data-settings' || this.id !== 'vscode-workbench-web-configuration') return value;
				return JSON.stringify({ ...JSON.parse(value), additionalBuiltinExtensions: [added] });
			};
		}, at);
	};
}
