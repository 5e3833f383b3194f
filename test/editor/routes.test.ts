import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keepFailure } from './support/failures.ts';
import type { Scene } from './support/scene.ts';
import { startScene } from './support/scene.ts';
import { Workbench } from './support/workbench.ts';

/* The Testing view on the sample, in the order in which a person works. */

let scene: Scene;
let bench: Workbench;

const logged = () => readFile(join(scene.sample.workspace, '..', 'logs', 'error.log'), 'utf8');

/** A route that is tested over ws, and the same over wss. */
const url = (scheme: 'ws' | 'wss') => `${scheme}://localhost:${scene.sample.ports[scheme === 'ws' ? 'http' : 'https']}/ws`;

beforeAll(async () => {
	scene = await startScene({ install: true });
	bench = await Workbench.open(scene.browser, scene.server, scene.sample.workspace);
});

beforeEach(() => keepFailure(bench));

afterAll(() => scene?.stop());

describe('the routes in the Testing view', () => {
	test('are listed by file, server and location, before any file is opened', async () => {
		await bench.openTesting();
		await bench.expandAllTests();
		await bench.testRow(url('ws')).waitFor();
		await bench.testRow(url('wss')).waitFor();
	});

	test('fail with what was expected and what came, at the line', async () => {
		await bench.openFile('chat.conf');
		await bench.openTesting();
		await bench.runCommand('Test: Run All Tests');
		await bench.testRow(url('ws'), 'failed').waitFor();
		await bench.testRow(url('wss'), 'failed').waitFor();
		await bench.page.getByText('426 Upgrade Required').first().waitFor();
		await bench.page.getByText('101 Switching Protocols').first().waitFor();
		await bench.screenshot('testing', { picture: true });
	});

	test('keep their results when the window is loaded anew', async () => {
		await bench.page.reload({ waitUntil: 'domcontentloaded' });
		await bench.openTesting();
		await bench.testRow('chat.conf', 'failed').waitFor({ timeout: 60_000 });
		await bench.expandAllTests();
		await bench.testRow(url('ws'), 'failed').waitFor();
		await bench.screenshot('testing-reloaded');
	});

	test('turn green by themselves after the fix, the save and the reload of nginx, once they are watched', async () => {
		await bench.openFile('chat.conf');
		await bench.runCommand('Test: Start Continuous Run');
		await bench.runCommand('View: Toggle Panel');
		await bench.goToLine(19);
		await bench.runCommand('NGINX: Test WebSocket Route');
		await bench.quickRow(url('ws')).click();
		await bench.quickInput.waitFor();
		await bench.page.keyboard.press('Enter');
		await bench.notification('426').waitFor();
		await bench.runCommand('Notifications: Clear All Notifications');
		const report = bench.report();
		await report.getByRole('listitem').filter({ hasText: 'BROKE HERE' }).waitFor();
		await report.getByRole('img', { name: /^Name lookup|^TCP/ }).waitFor();
		await bench.screenshot('report', { picture: true });
		await report.getByRole('button', { name: 'Apply Fix' }).click();
		await bench.notification('The fix is in the editor').waitFor();
		await bench.runCommand('File: Save All');
		for (const [name, text] of [
			['nginx.conf', 'map $http_upgrade'],
			['conf.d/chat.conf', 'proxy_http_version 1.1;'],
		] as const)
			await expect.poll(() => readFile(join(scene.sample.workspace, name), 'utf8')).toContain(text);
		await bench.runCommand('Tasks: Run Task');
		await bench.quickRow('Reload nginx').click();
		await expect.poll(logged).toContain('gracefully shutting down');
		await bench.testRow(url('ws'), 'passed').waitFor({ timeout: 60_000 });
		await bench.screenshot('testing-passed');
	});

	test('are held idle, cancelled in the middle, and the report says how long the tunnel was open', async () => {
		await bench.runCommand('Notifications: Clear All Notifications');
		await bench.openFile('chat.conf');
		await bench.goToLine(19);
		await bench.runCommand('NGINX: Try WebSocket Route');
		await bench.quickRow('Leave the tunnel idle').click();
		await bench.quickInput.fill('60');
		await bench.page.keyboard.press('Enter');
		await bench.quickRow(url('ws')).click();
		await bench.quickInput.waitFor();
		await bench.page.keyboard.press('Enter');
		const progress = bench.notification('Trying');
		await progress.filter({ hasText: 'open for' }).waitFor();
		await bench.screenshot('holding');
		await progress.getByRole('button', { name: 'Cancel' }).click();
		await progress.waitFor({ state: 'detached' });
		await bench.page.locator('.tab.active', { hasText: 'WebSocket hold of' }).waitFor();
		const page = bench.page.frameLocator('iframe.webview.ready >> visible=true').frameLocator('iframe#active-frame');
		await page
			.getByRole('status')
			.filter({ hasText: /^The hold was cancelled after .*the tunnel was still open/ })
			.waitFor();
		await bench.screenshot('hold-cancelled');
	});
});
