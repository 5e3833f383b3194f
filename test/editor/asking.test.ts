import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CodeServer } from '../support/codeServer.ts';
import { startCodeServer } from '../support/codeServer.ts';
import { startBrowser } from './support/browser.ts';
import { keepFailure } from './support/failures.ts';
import { Workbench } from './support/workbench.ts';

/* What "Test WebSocket Route" asks, before and while it connects. The server here takes every connection and never answers. */

let server: CodeServer;
let browser: Browser;
let folder: string;
let bench: Workbench;
let silent: Server;
const connections: Socket[] = [];

beforeAll(async () => {
	silent = createServer((socket) => {
		connections.push(socket);
		socket.on('error', () => socket.destroy());
		socket.resume();
	});
	await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
	const address = silent.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	folder = await mkdtemp(join(tmpdir(), 'nginx-websocket-workspace-'));
	await writeFile(
		join(folder, 'nginx.conf'),
		`events {
}

http {
    server {
        listen 127.0.0.1:${port};
        server_name chat.example.com;

        location = /ws {
            proxy_pass http://127.0.0.1:9000;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
        }
    }
}
`,
	);
	[server, browser] = await Promise.all([startCodeServer({ install: true }), startBrowser()]);
	bench = await Workbench.open(browser, server, folder);
});

beforeEach(() => keepFailure(bench));

afterAll(async () => {
	await browser?.close();
	await server?.stop();
	for (const socket of connections) socket.destroy();
	silent?.close();
	await rm(folder, { recursive: true, force: true });
});

describe('asking before and during a test', () => {
	test('a code lens stands above the route', async () => {
		await bench.openFile('nginx.conf');
		await bench.codeLens('Test WebSocket route').waitFor();
	});

	test('nothing but loopback is contacted without a yes', async () => {
		await bench.runCommand('NGINX: Test WebSocket Route');
		await bench.quickRow('as DNS has it').click();
		const dialog = bench.page.locator('.monaco-dialog-box', { hasText: 'Connect to chat.example.com?' });
		await dialog.waitFor();
		expect(await dialog.textContent()).toContain('ws://chat.example.com:');
		await bench.screenshot('asks-before-contact');
		await dialog.getByRole('button', { name: 'Cancel' }).click();
		await dialog.waitFor({ state: 'detached' });
		expect(await bench.page.locator('.notification-toast').count()).toBe(0);
	});

	test('a test that hangs is cancelled at once, and leaves no report', async () => {
		await bench.runCommand('NGINX: Test WebSocket Route');
		await bench.quickRow('Connects to 127.0.0.1').click();
		const progress = bench.notification('waiting for the upgrade');
		await progress.waitFor();
		await bench.screenshot('hanging');
		expect(connections).toHaveLength(1);
		const closed = new Promise((resolve) => connections[0]?.once('close', resolve));
		await progress.getByRole('button', { name: 'Cancel' }).click();
		await closed;
		await bench.page.locator('.notification-toast').first().waitFor({ state: 'detached' });
		expect(await bench.page.locator('.tab', { hasText: 'WebSocket test' }).count()).toBe(0);
	});
});
