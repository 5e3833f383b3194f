import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CompletionItem, Hover } from 'vscode-languageserver/node';
import { createProtocolConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';

/* The bundles as they are shipped, each in a process of its own: other tests bring the data that a bundle must find beside itself. */

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'nginx-websocket-shipped-'));
	execFileSync(process.execPath, ['--import', 'tsx', 'server/scripts/build.mts', '--into', folder], { cwd: root });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const URI = 'file:///nowhere/nginx.conf';
const TEXT = 'events {}\nhttp {\n\tproxy_buffering off;\n\t\n}\n';

test.each([
	['the server of the extension', ['server/dist/node/server.js', '--stdio']],
	['the server of the command line', ['server/dist/node/cli.js', 'server', '--stdio']],
])("%s shows nginx's documentation", async (_, [bundle = '', ...args]) => {
	const server = spawn(process.execPath, [join(folder, bundle), ...args]);
	const client = createProtocolConnection(new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin));
	client.listen();
	try {
		await client.sendRequest('initialize', { processId: null, rootUri: null, capabilities: {} });
		await client.sendNotification('initialized', {});
		const textDocument = { uri: URI, languageId: 'nginx', version: 1, text: TEXT };
		await client.sendNotification('textDocument/didOpen', { textDocument });
		const about = { textDocument: { uri: URI } };
		const hover = await client.sendRequest<Hover>('textDocument/hover', { ...about, position: { line: 2, character: 4 } });
		expect(JSON.stringify(hover.contents)).toContain('Enables or disables buffering of responses from the proxied server');
		const items = await client.sendRequest<CompletionItem[]>('textDocument/completion', {
			...about,
			position: { line: 3, character: 1 },
		});
		const item = items.find(({ label }) => label === 'proxy_buffering');
		const resolved = await client.sendRequest<CompletionItem>('completionItem/resolve', item);
		expect(JSON.stringify(resolved.documentation)).toContain('Enables or disables buffering of responses');
	} finally {
		client.dispose();
		server.kill();
	}
});
