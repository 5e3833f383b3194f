import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CodeServer } from '../support/codeServer.ts';
import { startCodeServer } from '../support/codeServer.ts';
import { ROOT } from '../support/editorPaths.ts';
import { startBrowser } from './support/browser.ts';
import { keepFailure } from './support/failures.ts';
import type { ServedExtension } from './support/webHost.ts';
import { asWebExtension, serveExtension } from './support/webHost.ts';
import { Workbench } from './support/workbench.ts';

/* The same bundle in the web extension host: the server is a Worker, files come through the editor, and there are no sockets. */

let server: CodeServer;
let browser: Browser;
let extension: ServedExtension;
let folder: string;
let bench: Workbench;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'nginx-websocket-workspace-'));
	await cp(join(ROOT, 'test', 'sample', 'workspace'), folder, { recursive: true });
	[server, browser, extension] = await Promise.all([startCodeServer({ install: false }), startBrowser(), serveExtension()]);
	bench = await Workbench.open(browser, server, folder, asWebExtension(server, extension));
	// On a busy machine the workbench can start without an extension that comes through its proxy; loaded anew, it has it.
	await bench.openFile('chat.conf');
	const isThere = await named()
		.waitFor({ timeout: 25_000 })
		.then(
			() => true,
			() => false,
		);
	if (!isThere) await bench.page.reload({ waitUntil: 'domcontentloaded' });
});

/** The status item, once the server has named the version. */
const named = () => bench.statusItem(/nginx \d+\.\d+\.\d+/);

beforeEach(() => keepFailure(bench));

afterAll(async () => {
	await browser?.close();
	await Promise.all([server?.stop(), extension?.stop()]);
	await rm(folder, { recursive: true, force: true });
});

describe('in the web extension host', () => {
	test('the server runs in a Worker and names the nginx version', async () => {
		await bench.openFile('chat.conf');
		await named().waitFor();
	});

	test('the mistakes are underlined and listed', async () => {
		await bench.squiggles('error').first().waitFor();
		const rows = await bench.problems();
		await rows.filter({ hasText: 'connection-not-upgrade' }).first().waitFor();
		await rows.filter({ hasText: 'http-version-1-0' }).first().waitFor();
		await bench.runCommand('View: Toggle Panel');
		await bench.screenshot('web-problems');
	});

	test('the light bulb cures them, with the map in the file whose http block includes this one', async () => {
		await bench.goToLine(20, 12);
		const entries = await bench.lightBulb();
		await bench.screenshot('web-light-bulb');
		await entries.filter({ hasText: 'Make this location a WebSocket route' }).first().click();
		await expect.poll(() => bench.visibleText()).toContain('proxy_http_version 1.1;');
		await bench.squiggles('error').first().waitFor({ state: 'detached' });
		await bench.runCommand('File: Save All');
		await expect.poll(() => readFile(join(folder, 'nginx.conf'), 'utf8')).toContain('map $http_upgrade');
	});

	test('directives are completed and explained', async () => {
		await bench.caretOn('proxy_set_header Upgrade');
		await bench.page.keyboard.press('End');
		await bench.page.keyboard.press('Enter');
		await bench.type('proxy_read_t');
		await bench.suggestion('proxy_read_timeout').waitFor();
		await bench.page.keyboard.press('Escape');
		await bench.runCommand('File: Revert File');
		await bench.caretOn('proxy_pass');
		await bench.runCommand('Show or Focus Hover');
		await bench.hover('proxy_pass').waitFor();
		await bench.screenshot('web-hover');
		await bench.page.keyboard.press('Escape');
	});

	test('a snippet comes from the palette', async () => {
		await bench.goToLine(6);
		await bench.runCommand('NGINX: Insert Snippet');
		await bench.quickRow('WebSocket upstream').waitFor();
		await bench.page.keyboard.press('Escape');
	});

	test('a route is explained without a connection, and the test says why it cannot run', async () => {
		await bench.runCommand('NGINX: Explain WebSocket Route');
		await bench.report().getByText('127.0.0.1:9000').first().waitFor();
		await bench.screenshot('web-explained');
		await bench.runCommand('NGINX: Test WebSocket Route');
		await bench.notification('A browser cannot open a raw connection').waitFor();
		await bench.screenshot('web-no-sockets');
	});
});
