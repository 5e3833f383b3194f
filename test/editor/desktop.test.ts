import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keepFailure } from './support/failures.ts';
import type { Scene } from './support/scene.ts';
import { startScene } from './support/scene.ts';
import { keepScreenshot, Workbench } from './support/workbench.ts';

/* The packed extension in the desktop host. The scenes follow each other as a person's do: each starts where the last one ended. */

let scene: Scene;
let bench: Workbench;

beforeAll(async () => {
	scene = await startScene({ install: true });
	bench = await Workbench.open(scene.browser, scene.server, scene.sample.workspace);
});

beforeEach(() => keepFailure(bench));

afterAll(() => scene?.stop());

describe('the sample chat, from refusal to conversation', () => {
	test('an nginx file opens as nginx, and the status item names the version', async () => {
		await bench.openFile('chat.conf');
		await bench.statusItem(/nginx \d+\.\d+\.\d+/).waitFor();
	});

	test('the page loads and the chat does not connect', async () => {
		const page = await scene.browser.newPage();
		await page.goto(scene.sample.pages[0]);
		await page.getByRole('status').filter({ hasText: 'no WebSocket at' }).waitFor();
		await page.close();
	});

	test('the mistakes are underlined, listed in Problems and told in the hover', async () => {
		await bench.squiggles('error').first().waitFor();
		await bench.squiggles('warning').first().waitFor();
		const rows = await bench.problems();
		await rows.filter({ hasText: 'connection-not-upgrade' }).first().waitFor();
		await rows.filter({ hasText: 'http-version-1-0' }).first().waitFor();
		await rows.filter({ hasText: 'idle-timeout' }).first().waitFor();
		await bench.screenshot('problems', { picture: true });
		await bench.runCommand('View: Toggle Panel');
		await bench.goToLine(20, 12);
		await bench.runCommand('Show or Focus Hover');
		await bench.hover('connection-not-upgrade').waitFor();
		await bench.screenshot('hover', { picture: true });
		await bench.page.keyboard.press('Escape');
	});

	test('the route is tested from the palette; 426 is explained by file and line', async () => {
		await bench.goToLine(24);
		await bench.runCommand('NGINX: Test WebSocket Route');
		await bench.quickRow(`ws://localhost:${scene.sample.ports.http}/ws`).click();
		await bench.quickInput.waitFor();
		await bench.page.keyboard.press('Enter');
		await bench.notification('426').waitFor();
		const report = bench.report();
		await report.getByText('426').first().waitFor();
		await report.getByText('conf.d/chat.conf, line 20').first().waitFor();
		await bench.notification('Testing').waitFor({ state: 'detached' });
		await bench.screenshot('route-refused');
	});

	test('the cause is one click away', async () => {
		await bench.notification('426').getByRole('button', { name: 'Show Cause' }).click();
		await bench.page.locator('.statusbar-item', { hasText: /Ln 20, Col \d+ \(\d+ selected\)/ }).waitFor();
		// Ask once more for the next scene: the notification went with its answer.
		await bench.codeLens('Test WebSocket route').getByText('Test WebSocket route').click();
		await bench.quickRow(`ws://localhost:${scene.sample.ports.http}/ws`).click();
		await bench.quickInput.waitFor();
		await bench.page.keyboard.press('Enter');
		await bench.notification('426').waitFor();
	});

	test('the fix is one click away; after a reload the same test gives 101', async () => {
		await bench.notification('426').getByRole('button', { name: 'Apply Fix' }).click();
		const next = bench.notification('The fix is in the editor');
		await next.waitFor();
		await bench.screenshot('route-fixed');
		await bench.runCommand('File: Save All');
		await bench.runCommand('Tasks: Run Task');
		await bench.quickRow('Reload nginx').click();
		await expect
			.poll(() => readFile(join(scene.sample.workspace, 'conf.d', 'chat.conf'), 'utf8'))
			.toContain('proxy_http_version 1.1;');
		// nginx's old worker still answers for a moment.
		await expect
			.poll(() => readFile(join(scene.sample.workspace, '..', 'logs', 'error.log'), 'utf8'))
			.toContain('gracefully shutting down');
		await next.getByRole('button', { name: 'Test Again' }).click();
		await bench.notification('succeeded').waitFor();
		await bench.notification('Testing').waitFor({ state: 'detached' });
		await bench.screenshot('route-upgraded', { picture: true });
		await bench.runCommand('Notifications: Clear All Notifications');
	});

	test('a certificate that nobody vouches for is named, and taken when the person says so', async () => {
		await bench.openFile('chat.conf');
		await bench.codeLens('Test WebSocket route').getByText('Test WebSocket route').click();
		await bench.quickRow(`wss://localhost:${scene.sample.ports.https}/ws`).click();
		await bench.quickInput.waitFor();
		await bench.page.keyboard.press('Enter');
		const doubt = bench.notification('Test Again, Taking Any Certificate');
		await doubt.waitFor();
		// The editor shows no more than three toasts in a moment.
		await bench.notification('Testing').waitFor({ state: 'detached' });
		await bench.screenshot('certificate');
		await doubt.getByRole('button', { name: 'Test Again, Taking Any Certificate' }).click();
		await bench.notification('succeeded').waitFor();
	});

	test.for([
		['ws', 0],
		['wss', 1],
	] as const)('two windows write to each other over %s', async ([scheme, index]) => {
		const context = await scene.browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 620, height: 420 } });
		const ann = await context.newPage();
		const ben = await context.newPage();
		for (const page of [ann, ben]) {
			await page.goto(scene.sample.pages[index]);
			await page.getByRole('status').filter({ hasText: 'connected to' }).waitFor();
		}
		await ann.getByLabel('Message', { exact: true }).fill('Hello from Ann');
		await ann.keyboard.press('Enter');
		await ben.getByText('Hello from Ann').waitFor();
		await ben.getByLabel('Message', { exact: true }).fill('Hello from Ben');
		await ben.keyboard.press('Enter');
		await ann.getByText('Hello from Ben').waitFor();
		await keepScreenshot(ben, `chat-${scheme}`, { picture: true });
		await context.close();
	});
});
