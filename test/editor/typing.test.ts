import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CodeServer } from '../support/codeServer.ts';
import { startCodeServer } from '../support/codeServer.ts';
import { startBrowser } from './support/browser.ts';
import { keepFailure } from './support/failures.ts';
import { Workbench } from './support/workbench.ts';

/* Writing a configuration from nothing: what a person types, sees and takes. */

let server: CodeServer;
let browser: Browser;
let folder: string;
let bench: Workbench;

const MAIN = `events {
}

http {
    server {
        listen 8080;
        server_name chat.example.com;

    }
}
`;
/** The empty line in the server block. */
const INSIDE_SERVER = 8;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'nginx-websocket-workspace-'));
	await writeFile(join(folder, 'nginx.conf'), MAIN);
	[server, browser] = await Promise.all([startCodeServer({ install: true }), startBrowser()]);
	bench = await Workbench.open(browser, server, folder);
});

beforeEach(() => keepFailure(bench));

afterAll(async () => {
	await browser?.close();
	await server?.stop();
	await rm(folder, { recursive: true, force: true });
});

describe('typing', () => {
	test('a mistake is underlined as it is typed', async () => {
		await bench.openFile('nginx.conf');
		await bench.goToLine(INSIDE_SERVER);
		await bench.page.keyboard.press('Tab');
		await bench.type('location /ws {');
		await bench.page.keyboard.press('Enter');
		await bench.type('proxy_pass http://127.0.0.1:9000;');
		await bench.page.keyboard.press('Enter');
		await bench.type('proxy_set_header Upgrade $http_upgrade;');
		await bench.squiggles('error').first().waitFor();
		await bench.codeLens('fails').waitFor();
		await bench.screenshot('typed-mistake', { picture: true });
	});

	test('the light bulb offers the fix, and taking it removes the underline', async () => {
		await bench.caretOn('proxy_pass');
		const entries = await bench.lightBulb();
		await bench.screenshot('light-bulb', { picture: true });
		await entries.filter({ hasText: 'Make this location a WebSocket route' }).first().click();
		await expect.poll(() => bench.visibleText()).toContain('proxy_http_version 1.1;');
		await expect.poll(() => bench.visibleText()).toContain('map $http_upgrade $connection_upgrade {');
		await bench.squiggles('error').first().waitFor({ state: 'detached' });
		await bench.squiggles('warning').first().waitFor({ state: 'detached' });
		await bench.screenshot('light-bulb-taken');
	});

	test('a forgotten semicolon is reported where it was forgotten', async () => {
		await bench.runCommand('File: Revert File');
		await bench.goToLine(INSIDE_SERVER);
		await bench.page.keyboard.press('Tab');
		await bench.type('root /srv/www');
		await bench.page.keyboard.press('Enter');
		await bench.type('index index.html;');
		const rows = await bench.problems();
		await rows
			.filter({ hasText: `[Ln ${INSIDE_SERVER},` })
			.first()
			.waitFor();
		await bench.screenshot('semicolon');
		await bench.runCommand('View: Toggle Panel');
		await bench.runCommand('File: Revert File');
	});

	test('a snippet comes by its prefix, where it fits', async () => {
		await bench.goToLine(INSIDE_SERVER);
		await bench.page.keyboard.press('Tab');
		await bench.type('ws-');
		await bench.suggestion('ws-location').first().waitFor();
		expect(await bench.suggestion('ws-map').count()).toBe(0);
		await bench.screenshot('snippet-prefix');
		await bench.suggestion('ws-location').first().click();
		await expect.poll(() => bench.visibleText()).toContain('proxy_set_header Connection "upgrade";');
		await bench.page.keyboard.press('Escape');
		await bench.codeLens('upgrades').waitFor();
		expect(await bench.squiggles('error').count()).toBe(0);
		expect(await bench.squiggles('warning').count()).toBe(0);
		await bench.screenshot('snippet-taken');
		await bench.runCommand('File: Revert File');
	});

	test('a snippet comes from the palette, and only those that fit are offered', async () => {
		await bench.goToLine(4, 7);
		await bench.page.keyboard.press('Enter');
		await bench.runCommand('NGINX: Insert Snippet');
		await bench.quickRow('WebSocket map').waitFor();
		expect(await bench.quickRow('WebSocket location').count()).toBe(0);
		await bench.screenshot('snippet-palette', { picture: true });
		await bench.quickRow('WebSocket map').click();
		await expect.poll(() => bench.visibleText()).toContain('map $http_upgrade $connection_upgrade {');
		await bench.page.keyboard.press('Escape');
		expect(await bench.squiggles('error').count()).toBe(0);
		await bench.runCommand('File: Revert File');
	});
});
