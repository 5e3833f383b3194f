import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { CodeServer } from '../support/codeServer.ts';
import { startCodeServer } from '../support/codeServer.ts';
import { ROOT } from '../support/editorPaths.ts';
import { startBrowser } from './support/browser.ts';
import { keepFailure } from './support/failures.ts';
import { Workbench } from './support/workbench.ts';

let server: CodeServer;
let browser: Browser;
let folder: string;
let bench: Workbench;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'nginx-websocket-workspace-'));
	await cp(join(ROOT, 'test', 'sample', 'workspace'), folder, { recursive: true });
	const settings = { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never' };
	[server, browser] = await Promise.all([startCodeServer({ install: true, settings }), startBrowser()]);
	bench = await Workbench.open(browser, server, folder);
});

beforeEach(() => keepFailure(bench));

afterAll(async () => {
	await browser?.close();
	await server?.stop();
	await rm(folder, { recursive: true, force: true });
});

test('in a workspace that is not trusted, mistakes are underlined and the route test says why it does not run', async () => {
	await bench.openFile('chat.conf');
	await bench.squiggles('error').first().waitFor();
	await bench.runCommand('NGINX: Test WebSocket Route');
	const refusal = bench.notification('runs only in a workspace that you trust');
	await refusal.waitFor();
	await bench.screenshot('untrusted');
	expect(await refusal.getByRole('button', { name: 'Manage Workspace Trust' }).count()).toBe(1);
});

test('no nginx is started either: not for the sandbox, and not by a command of the settings', async () => {
	for (const command of ['Test WebSocket Route in a Sandbox', 'Test Configuration', 'Reload nginx']) {
		await bench.runCommand(`NGINX: ${command}`);
		const refusal = bench.notification('nginx is started only in a workspace that you trust');
		await refusal.first().waitFor();
		await bench.page.keyboard.press('Escape');
		await bench.runCommand('Notifications: Clear All Notifications');
		await refusal.first().waitFor({ state: 'detached' });
	}
});

test('in a workspace that is not trusted, the Testing view lists no route, runs none and says why', async () => {
	await bench.openTesting();
	await bench.page.getByText('listed and tested only in a workspace that you trust').waitFor();
	expect(await bench.page.locator('.test-explorer .monaco-list-row').count()).toBe(0);
	expect(await bench.page.locator('.testing-run-glyph').count()).toBe(0);
	await bench.screenshot('untrusted-testing');
});
