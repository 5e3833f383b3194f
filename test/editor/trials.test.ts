import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, FrameLocator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { CodeServer } from '../support/codeServer.ts';
import { startCodeServer } from '../support/codeServer.ts';
import { startBrowser } from './support/browser.ts';
import { keepFailure } from './support/failures.ts';
import { Workbench } from './support/workbench.ts';

/* What is set for a test, the trials that make many handshakes, and what is given to other tools. A WebSocket server stands where nginx would. */

const TOKEN = 'canary-7f3a9c51';

let server: CodeServer;
let browser: Browser;
let folder: string;
let bench: Workbench;
let http: Server;
let url: string;
const asked: IncomingMessage[] = [];

beforeAll(async () => {
	http = createServer((_request, response) => response.writeHead(426).end());
	const websockets = new WebSocketServer({ server: http });
	websockets.on('headers', (lines, request) => {
		asked.push(request);
		lines.push('X-Backend: first');
	});
	await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
	const address = http.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	url = `ws://localhost:${port}/ws`;
	folder = await mkdtemp(join(tmpdir(), 'nginx-websocket-workspace-'));
	await writeFile(
		join(folder, 'nginx.conf'),
		`events {
}

http {
    server {
        listen 127.0.0.1:${port};
        server_name localhost;

        location = /ws {
            proxy_pass http://127.0.0.1:9000;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
        }
    }
}
`,
	);
	[server, browser] = await Promise.all([startCodeServer({ install: true }), startBrowser()]);
	bench = await Workbench.open(browser, server, folder);
	await bench.openFile('nginx.conf');
	await bench.codeLens('Test WebSocket route').waitFor();
});

beforeEach(() => keepFailure(bench));

afterAll(async () => {
	await browser?.close();
	await server?.stop();
	http?.closeAllConnections();
	http?.close();
	await rm(folder, { recursive: true, force: true });
});

/** Puts the keyboard back into the configuration, with nothing in its way. */
async function toConfiguration(): Promise<void> {
	await bench.runCommand('Notifications: Clear All Notifications');
	await bench.openFile('nginx.conf');
}

/** The page of the report that is in front. */
function page(): FrameLocator {
	return bench.page.frameLocator('iframe.webview.ready >> visible=true').frameLocator('iframe#active-frame');
}

/** Every file of the editor and of the workspace that holds a text. */
async function filesWith(text: string): Promise<readonly string[]> {
	const found: string[] = [];
	for (const root of [server.folder, folder])
		for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
			if (!entry.isFile()) continue;
			const path = join(entry.parentPath, entry.name);
			const content = await readFile(path).catch(() => Buffer.alloc(0));
			if (content.includes(text)) found.push(path);
		}
	return found;
}

describe('what a test sends', () => {
	test('is set from the palette; a token is sent, and stands neither in the report nor in any file', async () => {
		await bench.runCommand('NGINX: Set Handshake Options');
		await bench.quickRow(/^Origin/).click();
		await bench.quickRow('As a page of the same host').click();
		await bench.quickRow(/^Sign-in/).click();
		await bench.quickRow('Bearer').click();
		await bench.quickInput.fill(TOKEN);
		await bench.page.keyboard.press('Enter');
		await bench.quickRow('Bearer token').waitFor();
		await bench.screenshot('handshake-options');
		await bench.quickRow('Test Now').click();
		const notified = await bench.notified('The WebSocket handshake succeeded');
		await notified.waitFor();
		expect(asked.at(-1)?.headers).toMatchObject({
			authorization: `Bearer ${TOKEN}`,
			origin: url.replace('ws:', 'http:').replace('/ws', ''),
		});
		await page().getByText('Bearer •••').waitFor();
		expect(await page().locator('body').textContent()).not.toContain(TOKEN);
		expect(await filesWith(TOKEN)).toEqual([]);
	});

	test('is forgotten on request', async () => {
		await toConfiguration();
		await bench.runCommand('NGINX: Forget Handshake Options and Their Secrets');
		const notified = await bench.notified('The handshake options of one host are forgotten, secrets included.');
		await notified.waitFor();
		await toConfiguration();
		await bench.runCommand('NGINX: Test WebSocket Route');
		await (await bench.notified('The WebSocket handshake succeeded')).waitFor();
		expect(asked.at(-1)?.headers.authorization).toBeUndefined();
		expect(asked.at(-1)?.headers.origin).toBeUndefined();
	});
});

describe('for other tools', () => {
	test('the handshake goes into the clipboard as a curl and as a wscat command', async () => {
		await bench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
		for (const tool of ['curl', 'wscat']) {
			await toConfiguration();
			await bench.runCommand(`NGINX: Copy WebSocket Handshake as ${tool}`);
			await (await bench.notified(`The ${tool} command is in the clipboard.`)).waitFor();
			const copied = await bench.page.evaluate(() => navigator.clipboard.readText());
			expect(copied).toMatch(new RegExp(`^${tool} `));
			expect(copied).toContain(url.slice('ws'.length));
		}
	});

	test('the route is exported as a k6 script and as an Artillery scenario', async () => {
		for (const [title, text] of [
			['k6 Script', "import ws from 'k6/ws'"],
			['Artillery Scenario', 'engine: ws'],
		] as const) {
			await toConfiguration();
			await bench.runCommand(`NGINX: Export WebSocket Route as ${title}`);
			await bench.page.locator('.tab.active', { hasText: 'Untitled' }).waitFor();
			await expect.poll(() => bench.visibleText()).toContain(text);
			await bench.runCommand('View: Revert and Close Editor');
		}
	});
});

test('what changes with another version of nginx is a list of routes that leads to their lines', async () => {
	await toConfiguration();
	await bench.runCommand('NGINX: What Changes If I Upgrade');
	await bench.quickInput.fill('1.26.3');
	await bench.page.keyboard.press('Enter');
	await expect.poll(() => bench.quickInput.inputValue()).toBe('1.30.0');
	await bench.page.keyboard.press('Enter');
	await bench.page.locator('.tab', { hasText: 'From nginx 1.26.3 to 1.30.0' }).waitFor();
	const report = bench.page.locator('.editor-instance', { hasText: 'location = /ws' }).last();
	await expect.poll(() => report.textContent()).toMatch(/1\.29\.7/);
	await bench.screenshot('what-changes');
});

describe('many handshakes', () => {
	test('spread: counted by a header, as many as the server saw', async () => {
		await toConfiguration();
		const before = asked.length;
		await bench.runCommand('NGINX: Try WebSocket Route');
		await bench.quickRow('which backend gets how many').click();
		await bench.quickInput.fill('7');
		await bench.page.keyboard.press('Enter');
		await expect.poll(() => bench.quickInput.inputValue()).toBe('');
		await bench.quickInput.fill('X-Backend');
		await bench.page.keyboard.press('Enter');
		await page().getByRole('status').filter({ hasText: '7 of 7 handshakes upgraded' }).waitFor();
		expect(await page().locator('body').textContent()).toContain('X-Backend: first');
		// One more for each backend that is asked straight; the one of the configuration does not listen.
		expect(asked.length - before).toBe(7);
		await bench.screenshot('spread');
	});

	test('load: so many tunnels at the same time, with the times of their handshakes', async () => {
		await toConfiguration();
		const before = asked.length;
		await bench.runCommand('NGINX: Try WebSocket Route');
		await bench.quickRow('Many tunnels at the same time').click();
		await bench.quickInput.fill('25');
		await bench.page.keyboard.press('Enter');
		await page().getByRole('status').filter({ hasText: '25 of 25 WebSockets opened' }).waitFor();
		await page().getByRole('heading', { name: 'Time of the handshakes' }).waitFor();
		expect(asked.length - before).toBe(25);
		await bench.screenshot('load');
	});
});

test('a report is there again when the window is loaded anew, and tests again', async () => {
	await bench.page.reload({ waitUntil: 'domcontentloaded' });
	// The editor keeps its layout every few seconds: which of the reports was in front then is not ours to say.
	const status = page()
		.getByRole('status')
		.filter({ hasText: /succeeded|handshakes upgraded|WebSockets opened/ });
	await status.waitFor({ timeout: 60_000 });
	const before = asked.length;
	await page().getByRole('button', { name: 'Test Again' }).click();
	await expect.poll(() => asked.length - before, { timeout: 30_000 }).toBeGreaterThan(0);
	await status.waitFor();
	await bench.screenshot('restored');
});
