import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { bundledCommandLine, type CommandLine, type Workspace, workspaceOf } from '../support/cli.ts';
import { freePort, generations, globals, PRIVATE_HTTP, startNginx } from '../support/nginx.ts';

/* `test` with everything that a handshake may need, and the longer trials, against a real nginx and two real backends. */

const [nginx] = await generations();
const TOKEN = 'tok-3f9a2c77';

describe.skipIf(nginx === undefined)('test, on the command line', () => {
	let line: CommandLine;
	let workspace: Workspace;
	let url: string;
	const accepted: [number, number] = [0, 0];
	const closing: (() => unknown)[] = [];
	/** What the backends were sent with the last handshake. */
	let sent: Readonly<Record<string, string | string[] | undefined>> = {};

	async function backend(index: 0 | 1): Promise<number> {
		const http = createServer((_request, response) => response.writeHead(426).end());
		const server = new WebSocketServer({ noServer: true, handleProtocols: (protocols) => [...protocols][0] ?? false });
		server.on('headers', (headers) => headers.push(`X-Backend: number ${index}`));
		http.on('upgrade', (request, socket, head) => {
			sent = request.headers;
			if (request.headers.origin === 'https://evil.test') {
				socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
				return;
			}
			accepted[index]++;
			server.handleUpgrade(request, socket, head, (socket) =>
				socket.on('message', (data) => socket.send(`you said ${String(data)}`)),
			);
		});
		await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
		closing.push(() => {
			for (const client of server.clients) client.terminate();
			http.closeAllConnections();
			return new Promise((resolve) => http.close(resolve));
		});
		return (http.address() as AddressInfo).port;
	}

	beforeAll(async () => {
		if (nginx === undefined) return;
		line = bundledCommandLine();
		const [one, other, port] = [await backend(0), await backend(1), await freePort()];
		const http = `
	upstream nodes {
		server 127.0.0.1:${one};
		server 127.0.0.1:${other};
	}
	server {
		listen 127.0.0.1:${port};
		location /ws {
			proxy_pass http://nodes;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_set_header Host $http_host;
			proxy_read_timeout 1s;
		}
		location /old {
			return 302 /ws;
		}
	}
`;
		workspace = workspaceOf({ 'nginx.conf': `events {}\nhttp {${http}}\n` });
		const running = await startNginx(
			nginx,
			(folder) => ({ 'nginx.conf': `${globals(folder)}\nevents {}\nhttp {\naccess_log off; ${PRIVATE_HTTP}\n${http}}\n` }),
			port,
		);
		closing.push(() => running.stop());
		url = `ws://localhost:${port}/ws`;
	});
	afterAll(async () => {
		for (const close of closing.reverse()) await close();
		workspace?.remove();
		line?.remove();
	});

	const run = (...args: readonly string[]) => line.run(['test', workspace.at('nginx.conf'), ...args]);

	test('sends cookies, a subprotocol, an origin and a token, and shows no secret', async () => {
		process.env.CHAT_TOKEN = TOKEN;
		const { code, stdout } = await run(
			url,
			'--cookie',
			'session=very-secret-cookie',
			'--subprotocol',
			'chat',
			'--origin',
			'same',
			'--bearer-env',
			'CHAT_TOKEN',
			'--message',
			'hello',
			'--expect',
			'you said hello',
		);
		delete process.env.CHAT_TOKEN;
		expect(stdout).toContain('101');
		expect(code).toBe(0);
		expect(sent.cookie).toBe('session=very-secret-cookie');
		expect(sent.authorization).toBe(`Bearer ${TOKEN}`);
		expect(sent.origin).toBe(url.replace(/^ws/, 'http').replace(/\/ws$/, ''));
		expect(sent['sec-websocket-protocol']).toBe('chat');
		expect(stdout).not.toContain('very-secret-cookie');
		expect(stdout).not.toContain(TOKEN);
	});

	test('follows a redirect only when it is told to', async () => {
		const old = url.replace('/ws', '/old').replace('ws:/', 'ws:/');
		expect((await run(old)).code).toBe(1);
		expect((await run(old, '--follow', '1')).code).toBe(0);
	});

	test('--direct tells that the backend itself says no', async () => {
		const { code, stdout } = await run(url, '--direct', '--origin', 'https://evil.test');
		expect(code).toBe(1);
		expect(stdout).toContain('403');
		expect(stdout).toMatch(/Straight to the backend\n {2}127\.0\.0\.1:\d+: refused, status 403/);
	});

	test('--hold finds the limit of the configuration, with its line', async () => {
		const { code, stdout } = await run(url, '--hold', '5');
		expect(code).toBe(1);
		expect(stdout).toMatch(/proxy_read_timeout/);
		expect(stdout).toMatch(/nginx\.conf:\d+|nginx\.conf, line \d+/);
	});

	test('--spread counts what the backends counted', async () => {
		const before = [...accepted];
		const { code, stdout } = await run(url, '--spread', '10', '--by', 'X-Backend');
		expect(code).toBe(0);
		const counted = accepted.map((count, index) => count - (before[index] ?? 0));
		// Each backend is asked straight once as well, to know it by its answer.
		expect(counted).toEqual([6, 6]);
		expect(stdout.match(/^ +5 {2}127\.0\.0\.1:\d+$/gm)).toHaveLength(2);
	});

	test('--load opens as many tunnels as the backends see', async () => {
		const before = accepted[0] + accepted[1];
		const { code, stdout } = await run(url, '--load', '40', '--hold', '0.2', '--format', 'json');
		expect(code).toBe(0);
		expect(accepted[0] + accepted[1] - before).toBe(40);
		expect(JSON.parse(stdout)).toMatchObject({ results: [{ trace: { asked: 40, opened: 40, dropped: 0 } }] });
	});

	test.each([
		[['--bearer-env', 'NO_SUCH_VARIABLE'], 'the environment has no variable of that name'],
		[['--user', 'me'], '--user needs --password-env'],
		[['--cookie', 'nonsense'], 'write it like --cookie name=value'],
		[['--load', 'many'], 'write a whole number from 1 to 5000'],
		[['--hold', 'x'], 'write the seconds as a number'],
		[['--spread', '3', '--direct'], 'ask for one at a time'],
		[['--by', 'X-Backend'], 'belong to --spread'],
		[['--expect', 'x'], '--expect needs a --message'],
		[['--cacert', '/no/such/file'], 'cannot be read'],
		[['--proxy', 'http://proxy.test:1'], '--proxy needs --anywhere'],
	])('%j is told what is wrong', async (args, sentence) => {
		const { code, stderr } = await run(url, ...args);
		expect(stderr).toContain(sentence);
		expect(code).toBe(2);
	});
});
