import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { CodeServer } from '../support/codeServer.ts';
import { startCodeServer } from '../support/codeServer.ts';
import { startBrowser } from './support/browser.ts';
import { keepFailure } from './support/failures.ts';
import { Workbench } from './support/workbench.ts';

let server: CodeServer;
let browser: Browser;
let folder: string;
let bench: Workbench;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'nginx-websocket-workspace-'));
	await writeFile(join(folder, 'nginx.conf'), 'events {}\nhttp {\n}\n');
	[server, browser] = await Promise.all([startCodeServer({ install: true }), startBrowser()]);
	bench = await Workbench.open(browser, server, folder);
});

beforeEach(() => keepFailure(bench));

afterAll(async () => {
	await browser?.close();
	await server?.stop();
	await rm(folder, { recursive: true, force: true });
});

test('an nginx.conf opens as nginx, and the status item names the version', async () => {
	await bench.openFile('nginx.conf');
	expect(await bench.visibleText()).toContain('events {}');
	await bench.statusItem(/nginx \d+\.\d+\.\d+/).waitFor();
});
