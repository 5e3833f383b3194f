import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import type { CodeServer } from '../support/codeServer.ts';
import { startCodeServer } from '../support/codeServer.ts';
import { startBrowser } from './support/browser.ts';
import { keepFailure } from './support/failures.ts';
import type { ServedExtension } from './support/webHost.ts';
import { asWebExtension, serveExtension } from './support/webHost.ts';
import { Workbench } from './support/workbench.ts';

let server: CodeServer;
let browser: Browser;
let extension: ServedExtension;
let folder: string;
let bench: Workbench;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'nginx-websocket-workspace-'));
	await writeFile(join(folder, 'nginx.conf'), 'events {}\nhttp {\n}\n');
	[server, browser, extension] = await Promise.all([startCodeServer({ install: false }), startBrowser(), serveExtension()]);
	bench = await Workbench.open(browser, server, folder, asWebExtension(server, extension));
});

beforeEach(() => keepFailure(bench));

afterAll(async () => {
	await browser?.close();
	await Promise.all([server?.stop(), extension?.stop()]);
	await rm(folder, { recursive: true, force: true });
});

test('the server runs in a Worker and names the nginx version', async () => {
	await bench.openFile('nginx.conf');
	await bench.statusItem(/nginx \d+\.\d+\.\d+/).waitFor();
	await bench.screenshot('web-first');
});

test('the route test says why it cannot run in a browser', async () => {
	await bench.runCommand('NGINX: Test WebSocket Route');
	await bench.notification('A browser cannot open a raw connection').waitFor();
	await bench.screenshot('web-no-sockets');
});
