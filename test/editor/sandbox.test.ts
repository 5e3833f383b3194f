import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formatVersion } from '../../server/src/core/reference/versions.ts';
import type { CodeServer } from '../support/codeServer.ts';
import { startCodeServer } from '../support/codeServer.ts';
import { generations } from '../support/nginx.ts';
import { processesWith } from '../support/sandboxes.ts';
import { startBrowser } from './support/browser.ts';
import { keepFailure } from './support/failures.ts';
import { Workbench } from './support/workbench.ts';

/* Proving a fix before it is made, and the person's own nginx by its commands. */

let server: CodeServer;
let browser: Browser;
let folder: string;
let version: RegExp;
let bench: Workbench;

const MAIN = `pid logs/nginx.pid;
error_log logs/error.log;
events {
}

http {
    access_log off;
    client_body_temp_path temp/body;
    proxy_temp_path temp/proxy;
    fastcgi_temp_path temp/fastcgi;
    uwsgi_temp_path temp/uwsgi;
    scgi_temp_path temp/scgi;
    include conf.d/*.conf;
}
`;
const CHAT = `server {
    listen 127.0.0.1:8080;
    location /ws {
        proxy_pass http://127.0.0.1:9000;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_read_timeout 1h;
    }
}
`;

beforeAll(async () => {
	const [nginx] = await generations();
	if (nginx === undefined) throw new Error('The editor tests need an nginx, and none is here.');
	version = new RegExp(`nginx ${formatVersion(nginx.version).replaceAll('.', '\\.')}`);
	folder = await mkdtemp(join(tmpdir(), 'nginx-websocket-workspace-'));
	for (const name of ['conf.d', 'logs', 'temp']) await mkdir(join(folder, name));
	await writeFile(join(folder, 'nginx.conf'), MAIN);
	await writeFile(join(folder, 'conf.d/chat.conf'), CHAT);
	const own = [nginx.path, '-p', `${folder}/`, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'logs/startup.log')];
	const settings = {
		'nginxWebSocket.nginxPath': nginx.path,
		'nginxWebSocket.commands.test': [...own, '-t'],
		'nginxWebSocket.commands.reload': [...own, '-s', 'reload'],
	};
	// Settings of a machine: the embedded editor's own are those of a remote one and do not count.
	await mkdir(join(folder, '.vscode'));
	await writeFile(join(folder, '.vscode/settings.json'), JSON.stringify(settings));
	[server, browser] = await Promise.all([startCodeServer({ install: true }), startBrowser()]);
	bench = await Workbench.open(browser, server, folder);
});

beforeEach(() => keepFailure(bench));

afterAll(async () => {
	await browser?.close();
	await server?.stop();
	await rm(folder, { recursive: true, force: true });
});

describe('the sandbox', () => {
	test('a finding, "Prove this fix", and before and after stand side by side', async () => {
		await bench.openFile('chat.conf');
		// All is checked once more when the nginx that is set has told its version.
		await bench.statusItem(version).waitFor();
		await bench.squiggles('error').first().waitFor();
		await bench.caretOn('proxy_pass');
		const entries = await bench.lightBulb();
		await entries.filter({ hasText: 'Prove this fix' }).first().click();
		await bench.notification('Before: 0 of 1 handshakes upgraded').waitFor({ timeout: 30_000 });
		const report = bench.report();
		await report.getByText('Before', { exact: true }).first().waitFor();
		await report.getByText('upgrades (101)').first().waitFor();
		await bench.screenshot('prove-fix', { picture: true });
		expect(processesWith('nginx-websocket-sandbox-')).toEqual([]);
	});
});

describe('nginx itself', () => {
	test('what nginx -t complains of in an included file stands on its line, and Reload is refused', async () => {
		await writeFile(join(folder, 'conf.d/chat.conf'), CHAT.replace('proxy_read_timeout 1h', 'proxy_read_timeout soon'));
		await bench.openFile('nginx.conf');
		await bench.runCommand('NGINX: Test Configuration');
		await bench.notification('fails').first().waitFor({ timeout: 30_000 });
		const rows = await bench.problems();
		await rows
			.filter({ hasText: '"proxy_read_timeout" directive invalid value' })
			.filter({ hasText: 'nginx -t' })
			.first()
			.waitFor();
		await bench.screenshot('nginx-test');
		// More than three at a time are not shown.
		await bench.runCommand('Notifications: Clear All Notifications');
		await bench.runCommand('NGINX: Reload nginx');
		const dialog = bench.page.locator('.monaco-dialog-box', { hasText: 'Reload nginx?' });
		await dialog.getByText('-s reload').waitFor();
		await bench.screenshot('nginx-reload');
		await dialog.getByRole('button', { name: 'Reload' }).click();
		await (await bench.notified('nginx was not reloaded')).waitFor({ timeout: 30_000 });
		await bench.runCommand('Notifications: Clear All Notifications');
	});

	test('the test is a task too', async () => {
		await bench.runCommand('Notifications: Clear All Notifications');
		await bench.openFile('nginx.conf');
		await bench.runCommand('Tasks: Run Task');
		const pick = bench.page.locator('.quick-input-widget');
		await pick.getByText('nginx', { exact: true }).first().click();
		await pick.getByText('nginx: Test configuration').first().click();
		await bench.notification('fails').first().waitFor({ timeout: 30_000 });
		await bench.screenshot('nginx-task');
	});
});
