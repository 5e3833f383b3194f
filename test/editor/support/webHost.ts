import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import type { Page } from 'playwright-core';
import type { CodeServer } from './codeServer.ts';
import { ROOT } from './paths.ts';

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
 * without which the host refuses to start Workers.
 */
export function asWebExtension(server: CodeServer, extension: ServedExtension): (page: Page) => Promise<void> {
	const { host } = new URL(server.url);
	const at = { scheme: 'http', authority: host, path: `/proxy/${extension.port}` };
	return async (page) => {
		await page.route(
			(url) => url.host === host && url.pathname === '/',
			async (route) => {
				const response = await route.fetch();
				const html = (await response.text()).replace(
					/(vscode-workbench-web-configuration" data-settings=")([^"]*)"/,
					(_, head: string, escaped: string) => {
						const configuration = JSON.parse(escaped.replaceAll('&quot;', '"')) as Record<string, unknown>;
						configuration.additionalBuiltinExtensions = [at];
						return `${head}${JSON.stringify(configuration).replaceAll('"', '&quot;')}"`;
					},
				);
				await route.fulfill({ response, body: html });
			},
		);
	};
}
