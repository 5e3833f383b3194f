import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { isHealthy } from '../../server/src/core/handshake/trace.ts';
import { type ProbeOptions, probe } from '../../server/src/node/handshake/probe.ts';
import { flood, type OddServer, oddServer, rightAnswer } from '../support/handshakeBackends.ts';

/* One handshake against servers that are right, wrong and hostile. */

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function odd(...args: Parameters<typeof oddServer>): Promise<OddServer> {
	const server = await oddServer(...args);
	cleanups.push(() => server.stop());
	return server;
}

async function chat(
	onConnection: (socket: WebSocket) => void = () => undefined,
	options: ConstructorParameters<typeof WebSocketServer>[0] = {},
): Promise<number> {
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
	await new Promise((resolve) => server.once('listening', resolve));
	server.on('connection', onConnection);
	cleanups.push(() => {
		for (const client of server.clients) client.terminate();
		return new Promise((resolve) => server.close(resolve));
	});
	return (server.address() as AddressInfo).port;
}

const at = (port: number, options: Partial<ProbeOptions> = {}): Promise<Awaited<ReturnType<typeof probe>>> =>
	probe({ url: `ws://127.0.0.1:${port}/ws`, timeoutMs: 5_000, ...options });

describe('a right server', () => {
	test('upgrades, answers the ping, and the close has a code', async () => {
		const trace = await at(await chat());
		expect(trace.outcome).toBe('upgraded');
		expect(trace.response?.status).toBe(101);
		expect(trace.checks).toEqual({
			accept: 'right',
			upgrade: 'right',
			connection: 'right',
			subprotocol: 'none',
			extensions: 'none',
		});
		expect(trace.ping).toHaveProperty('roundTripMs');
		expect(trace.close).toEqual({ code: 1000, reason: '', by: 'us' });
		expect(trace.connectedTo).toMatch(/^127\.0\.0\.1:\d+$/);
		expect(isHealthy(trace)).toBe(true);
		const { tcpMs, upgradeMs, totalMs, dnsMs, tlsMs } = trace.timing;
		expect(dnsMs).toBeUndefined();
		expect(tlsMs).toBeUndefined();
		expect((tcpMs ?? Number.NaN) + (upgradeMs ?? Number.NaN)).toBeLessThanOrEqual(totalMs);
	});

	test('tells its stages in order', async () => {
		const stages: string[] = [];
		await at(await chat(), { onStage: (stage) => stages.push(stage) });
		expect(stages).toEqual(['dns', 'tcp', 'upgrade', 'ping', 'close']);
	});

	test('gets the name of the URL while the connection goes elsewhere', async () => {
		const port = await chat();
		const trace = await probe({ url: 'ws://chat.example:8080/ws', connectTo: `127.0.0.1:${port}` });
		expect(trace.outcome).toBe('upgraded');
		expect(trace.overridden).toBe(true);
		expect(trace.request.headers).toContainEqual(['Host', 'chat.example:8080']);
	});

	test('gets a message, and the reply is compared', async () => {
		const port = await chat((socket) => {
			socket.send('welcome');
			socket.on('message', (text) => socket.send(`you said ${text}`));
		});
		const right = await at(port, { message: { text: 'hello', expected: 'said hello' } });
		expect(right.message).toMatchObject({ sent: 'hello', reply: 'you said hello', matched: true });
		const wrong = await at(port, { message: { text: 'hello', expected: 'goodbye' }, timeoutMs: 300 });
		expect(wrong.message).toMatchObject({ reply: 'you said hello', matched: false });
		expect(wrong.outcome).toBe('upgraded');
		expect(isHealthy(wrong)).toBe(false);
	});

	test('chooses a subprotocol of those that are offered', async () => {
		const port = await chat(undefined, { handleProtocols: (offered) => [...offered][1] ?? false });
		const trace = await at(port, { subprotocols: ['v1.chat', 'v2.chat'] });
		expect(trace.checks?.subprotocol).toBe('right');
		expect(trace.response?.headers).toContainEqual(['Sec-WebSocket-Protocol', 'v2.chat']);
	});

	test('compresses when both want it', async () => {
		const port = await chat((socket) => socket.on('message', (text) => socket.send(text.toString())), {
			perMessageDeflate: { threshold: 0 },
		});
		const trace = await at(port, { message: { text: 'hello', expected: 'hello' } });
		expect(trace.checks?.extensions).toBe('right');
		expect(trace.message?.matched).toBe(true);
	});
});

describe('what is sent', () => {
	const seen = async (options: Partial<ProbeOptions>): Promise<{ wire: string; trace: Awaited<ReturnType<typeof probe>> }> => {
		const server = await odd((socket, header) => socket.end(`HTTP/1.1 403 Forbidden\r\n\r\n${header}`));
		const trace = await at(server.port, options);
		return { wire: server.received(), trace };
	};

	test('Origin: same, other, none', async () => {
		expect((await seen({ origin: 'same' })).wire).toMatch(/^Origin: http:\/\/127\.0\.0\.1:\d+\r$/m);
		expect((await seen({ origin: 'https://other.example' })).wire).toContain('Origin: https://other.example\r\n');
		expect((await seen({ origin: 'none' })).wire).not.toMatch(/^origin:/im);
	});

	test('headers of one name keep their lines; Connection can be what old Firefox sends; the key stays ours', async () => {
		const { wire } = await seen({
			headers: [
				['X-Trace', '1'],
				['X-Trace', '2'],
				['Connection', 'keep-alive, Upgrade'],
				['Sec-WebSocket-Key', 'mine'],
			],
		});
		expect(wire).toContain('X-Trace: 1\r\nX-Trace: 2\r\n');
		expect(wire).toContain('Connection: keep-alive, Upgrade\r\n');
		expect(wire).not.toContain('mine');
	});

	test('secrets go over the wire and never into the trace, also when the server echoes them', async () => {
		const { wire, trace } = await seen({
			headers: [['X-Api-Key', 'k3y-very-secret']],
			cookies: [['sid', 'c00kie-value']],
			auth: { kind: 'basic', user: 'ada', password: 'l0velace!' },
		});
		const basic = Buffer.from('ada:l0velace!').toString('base64');
		for (const secret of ['k3y-very-secret', 'c00kie-value', basic]) {
			expect(wire).toContain(secret);
			expect(JSON.stringify(trace)).not.toContain(secret);
		}
		expect(trace.request.headers).toContainEqual(['Cookie', 'sid=•••']);
		expect(trace.request.headers).toContainEqual(['Authorization', 'Basic •••']);
		expect(trace.response?.body).toContain('X-Api-Key: •••');
	});

	test('a header that cannot be sent is said so, and nothing is sent', async () => {
		const { trace, wire } = await seen({ headers: [['X-Bad', 'a\r\nX-Injected: b']] });
		expect(trace.failure).toMatchObject({ stage: 'request', code: 'BAD_REQUEST' });
		expect(wire).toBe('');
	});
});

describe('a refusal', () => {
	test('shows status, headers and the first bytes of the body', async () => {
		const server = await odd((socket) =>
			socket.end('HTTP/1.1 426 Upgrade Required\r\nServer: nginx\r\nSet-Cookie: sid=abc; Path=/\r\n\r\nNo upgrade here'),
		);
		const trace = await at(server.port);
		expect(trace.outcome).toBe('refused');
		expect(trace.response).toMatchObject({
			status: 426,
			reason: 'Upgrade Required',
			body: 'No upgrade here',
			bodyTruncated: false,
		});
		expect(trace.response?.headers).toContainEqual(['Set-Cookie', 'sid=•••; Path=/']);
		expect(trace.checks).toBeUndefined();
	});

	test('a body without end is cut at 4 KiB', async () => {
		const server = await odd((socket) => {
			socket.write('HTTP/1.1 200 OK\r\n\r\n');
			flood(socket, 'x'.repeat(65_536));
		});
		const trace = await at(server.port);
		expect(trace.response?.body.length).toBe(4096);
		expect(trace.response?.bodyTruncated).toBe(true);
		expect(trace.timing.totalMs).toBeLessThan(2_000);
	});

	test('a body that never comes is not waited for to the end of time', async () => {
		const server = await odd((socket) => socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nabc'));
		const trace = await at(server.port, { timeoutMs: 200 });
		expect(trace.outcome).toBe('refused');
		expect(trace.response).toMatchObject({ status: 403, body: 'abc', bodyTruncated: true });
	});

	test('what would move a terminal is shown as dots', async () => {
		const server = await odd((socket) => socket.end('HTTP/1.1 500 Oops\r\n\r\n\u001b[2J\u0007red\u202eder'));
		expect((await at(server.port)).response?.body).toBe('·[2J·red·der');
	});

	test('a redirect is shown, and not followed', async () => {
		const server = await odd((socket) => socket.end('HTTP/1.1 301 Moved\r\nLocation: /ws/\r\n\r\n'));
		const trace = await at(server.port);
		expect(trace.outcome).toBe('refused');
		expect(trace.response?.status).toBe(301);
		expect(server.connections()).toBe(1);
	});

	test('a redirect is followed on request; credentials stay with the first host and port', async () => {
		const target = await odd((socket, header) => socket.write(rightAnswer(header)));
		const server = await odd((socket) =>
			socket.end(`HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:${target.port}/other\r\n\r\n`),
		);
		const trace = await at(server.port, {
			followRedirects: 1,
			auth: { kind: 'bearer', token: 'very-secret-token' },
			headers: [
				['X-Api-Key', 'abcdef'],
				['X-Plain', 'stays'],
			],
			timeoutMs: 500,
		});
		expect(trace.redirects).toMatchObject([{ status: 302 }]);
		expect(trace.url).toBe(`ws://127.0.0.1:${target.port}/other`);
		expect(trace.outcome).toBe('upgraded');
		expect(server.received()).toContain('Bearer very-secret-token');
		expect(target.received()).not.toMatch(/very-secret-token|abcdef/);
		expect(target.received()).toContain('X-Plain: stays');
	});

	test('a circle of redirects ends', async () => {
		const server = await odd((socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n'));
		const trace = await at(server.port, { followRedirects: 99 });
		expect(trace.redirects).toHaveLength(10);
		expect(trace.outcome).toBe('refused');
	});

	test('a redirect does not lead off this machine', async () => {
		const server = await odd((socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/ws\r\n\r\n'));
		const trace = await at(server.port, { followRedirects: 3 });
		expect(trace.failure).toMatchObject({ code: 'NOT_LOOPBACK' });
	});
});

describe('a 101 that is none', () => {
	test.each([
		['a wrong accept key', 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: nonsense', { accept: 'wrong' }],
		['no accept key', 'Upgrade: websocket\r\nConnection: Upgrade', { accept: 'missing' }],
		['no Upgrade', 'Connection: Upgrade\r\nSec-WebSocket-Accept: x', { upgrade: 'missing' }],
		['another Upgrade', 'Upgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x', { upgrade: 'wrong' }],
		['no header at all', 'X-None: 1', { accept: 'missing', upgrade: 'missing', connection: 'missing' }],
	])('%s', async (_, headers, checks) => {
		const server = await odd((socket) => socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers}\r\n\r\n`));
		const trace = await at(server.port);
		expect(trace.outcome).toBe('refused');
		expect(trace.response?.status).toBe(101);
		expect(trace.checks).toMatchObject(checks);
	});

	test('a right key without Connection: browsers refuse it, and so do we', async () => {
		const server = await odd((socket, header) => socket.write(rightAnswer(header).replace('Connection: Upgrade\r\n', '')));
		const trace = await at(server.port);
		expect(trace.outcome).toBe('refused');
		expect(trace.checks).toMatchObject({ accept: 'right', connection: 'missing' });
	});

	test.each([
		['two Upgrade headers', 'Upgrade: websocket\r\n', { upgrade: 'wrong' }],
		['a subprotocol that nobody asked for', 'Sec-WebSocket-Protocol: chat\r\n', { subprotocol: 'wrong' }],
		['an extension that nobody offered', 'Sec-WebSocket-Extensions: x-webkit-zip\r\n', { extensions: 'wrong' }],
		[
			'nonsense for an extension',
			'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99\r\n',
			{ extensions: 'wrong' },
		],
	])('%s', async (_, more, checks) => {
		const server = await odd((socket, header) => socket.write(rightAnswer(header, more)));
		const trace = await at(server.port);
		expect(trace.outcome).toBe('refused');
		expect(trace.checks).toMatchObject(checks);
	});

	test('a subprotocol that was asked for and not answered', async () => {
		const server = await odd((socket, header) => socket.write(rightAnswer(header)));
		const trace = await at(server.port, { subprotocols: ['chat'] });
		expect(trace.checks?.subprotocol).toBe('missing');
		expect(trace.outcome).toBe('refused');
	});
});

describe('after the 101', () => {
	test('a server that closes at once: opened, no pong, 1006', async () => {
		const server = await odd((socket, header) => socket.end(rightAnswer(header)));
		const trace = await at(server.port);
		expect(trace.outcome).toBe('upgraded');
		expect(trace.ping).toHaveProperty('problem');
		expect(trace.close).toMatchObject({ code: 1006, by: 'peer' });
		expect(isHealthy(trace)).toBe(false);
	});

	test('a server that says why it closes', async () => {
		const port = await chat((socket) => socket.close(1008, 'sign in first'));
		expect((await at(port)).close).toEqual({ code: 1008, reason: 'sign in first', by: 'peer' });
	});

	test('a server that never speaks: no pong, and our close is not waited for', async () => {
		const server = await odd((socket, header) => socket.write(rightAnswer(header)));
		const trace = await at(server.port, { timeoutMs: 300 });
		expect(trace.outcome).toBe('upgraded');
		expect(trace.ping).toHaveProperty('problem');
		expect(trace.timing.totalMs).toBeLessThan(1_500);
	});

	test('bytes that are no frames', async () => {
		const server = await odd((socket, header) => socket.write(`${rightAnswer(header)}HTTP is not a frame`));
		const trace = await at(server.port);
		expect(trace.outcome).toBe('upgraded');
		expect(trace.checks?.extensions).toBe('none');
		expect(trace.failure).toMatchObject({ stage: 'websocket' });
		expect(isHealthy(trace)).toBe(false);
	});

	test('a flood of messages is cut after 16 MiB', async () => {
		const message = Buffer.concat([Buffer.from([0x81, 126, 0x3e, 0x80]), Buffer.alloc(16_000, 97)]);
		const server = await odd((socket, header) => {
			socket.write(rightAnswer(header));
			flood(socket, message);
		});
		const before = process.memoryUsage().rss;
		const trace = await at(server.port);
		expect(trace.failure?.code).toBe('FLOOD');
		expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
	});
});

describe('no HTTP at all', () => {
	test.each([
		['a banner of another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'SSH-2.0-OpenSSH_9.2\n'],
		['HTTP/0.9', '<html>hello</html>', '<html>hello</html>'],
		['frames of HTTP/2', Buffer.from('00000c0400000000', 'hex'), '········'],
	])('%s is shown', async (_, bytes, shown) => {
		const server = await odd((socket) => socket.end(bytes));
		const trace = await at(server.port);
		expect(trace.outcome).toBe('failed');
		expect(trace.failure).toMatchObject({ stage: 'response', code: 'NOT_HTTP' });
		expect(trace.garbage).toBe(shown);
	});

	test('closed without an answer', async () => {
		const server = await odd((socket) => socket.end());
		expect((await at(server.port)).failure).toMatchObject({ stage: 'response', code: 'CLOSED_WITHOUT_ANSWER' });
	});

	test('closed in the middle of the header', async () => {
		const server = await odd((socket) => socket.end('HTTP/1.1 200 OK\r\nX-'));
		expect((await at(server.port)).failure).toMatchObject({ stage: 'response', code: 'CLOSED_IN_HEADER' });
	});

	test('gigabytes of headers end after a few KiB', async () => {
		const server = await odd((socket) => {
			socket.write('HTTP/1.1 200 OK\r\n');
			flood(socket, `X-Much: ${'a'.repeat(60_000)}\r\n`);
		});
		const before = process.memoryUsage().rss;
		const trace = await at(server.port);
		expect(trace.failure).toMatchObject({ stage: 'response', code: 'HEADERS_TOO_BIG' });
		expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
	});

	test('early hints without end', async () => {
		const server = await odd((socket) => flood(socket, 'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n'.repeat(50)));
		expect((await at(server.port)).failure).toMatchObject({ code: 'HEADERS_TOO_BIG' });
	});
});

describe('bounds', () => {
	test('a server that hangs is a timeout, at the time that was asked for', async () => {
		const server = await odd(() => undefined);
		const trace = await at(server.port, { timeoutMs: 150 });
		expect(trace.outcome).toBe('timeout');
		expect(trace.timing.totalMs).toBeGreaterThanOrEqual(140);
		expect(trace.timing.totalMs).toBeLessThan(1_000);
	});

	test('a cancelled test is over at once, wherever it is', async () => {
		for (const stage of ['dns', 'tcp', 'upgrade', 'ping'] as const) {
			const server = await odd((socket, header) => {
				if (stage === 'ping') socket.write(rightAnswer(header));
			});
			const controller = new AbortController();
			const trace = await at(server.port, {
				signal: controller.signal,
				onStage: (now) => {
					if (now === stage) queueMicrotask(() => controller.abort());
				},
			});
			expect(trace.outcome, stage).toBe('cancelled');
			expect(trace.timing.totalMs, stage).toBeLessThan(1_000);
		}
	});

	test('a name server that hangs is a timeout too', async () => {
		const trace = await probe({ url: 'ws://slow.example/', timeoutMs: 100, lookup: () => new Promise(() => undefined) });
		expect(trace.outcome).toBe('timeout');
	});

	test('nothing but loopback is contacted unless that was allowed', async () => {
		let asked = 0;
		const lookup = async () => {
			asked++;
			return [{ address: '192.0.2.1', family: 4 }];
		};
		const trace = await probe({ url: 'ws://somewhere.example/', lookup });
		expect(trace.failure).toMatchObject({ stage: 'tcp', code: 'NOT_LOOPBACK' });
		expect(trace.failure?.message).toContain('somewhere.example (192.0.2.1)');
		expect(asked).toBe(1);
	});

	test('a name with one address elsewhere is not loopback', async () => {
		const lookup = async () => [
			{ address: '127.0.0.1', family: 4 },
			{ address: '2001:db8::1', family: 6 },
		];
		expect((await probe({ url: 'ws://both.example/', lookup })).failure?.code).toBe('NOT_LOOPBACK');
	});

	test('localhost is this machine, whatever DNS says', async () => {
		const port = await chat();
		const lookup = () => Promise.reject(new Error('asked'));
		for (const host of ['localhost', 'chat.localhost']) {
			expect((await probe({ url: `ws://${host}:${port}/`, lookup })).outcome).toBe('upgraded');
		}
	});
});

describe('nobody there', () => {
	test('a refused port', async () => {
		const server = await odd(() => undefined);
		const { port } = server;
		await server.stop();
		expect((await at(port)).failure).toMatchObject({ stage: 'tcp', code: 'ECONNREFUSED' });
	});

	test('a name without address', async () => {
		const lookup = () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND x.example'), { code: 'ENOTFOUND' }));
		const trace = await probe({ url: 'ws://x.example/', lookup, reach: 'any' });
		expect(trace.failure).toMatchObject({ stage: 'dns', code: 'ENOTFOUND' });
	});

	test.each([
		['no url', 'BAD_URL', {}],
		['ftp://x/', 'BAD_URL', {}],
		['ws://x/', 'BAD_CONNECT_TO', { connectTo: 'a b' }],
	])('%s', async (url, code, options) => {
		expect((await probe({ url, ...options })).failure).toMatchObject({ stage: 'url', code });
	});
});

describe('a unix socket', () => {
	test('is connected to, with the name of the URL', async () => {
		const { mkdtempSync, rmSync } = await import('node:fs');
		const { tmpdir } = await import('node:os');
		const { join } = await import('node:path');
		const folder = mkdtempSync(join(tmpdir(), 'nginx-websocket-'));
		cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
		const path = join(folder, 'chat.sock');
		const http = createServer();
		const server = new WebSocketServer({ server: http });
		await new Promise<void>((resolve) => http.listen(path, resolve));
		cleanups.push(() => new Promise((resolve) => http.close(resolve)));
		cleanups.push(() => server.close());
		const trace = await probe({ url: 'ws://chat.example/ws', connectTo: `unix:${path}` });
		expect(trace.outcome).toBe('upgraded');
		expect(trace.connectedTo).toBe(`unix:${path}`);
	});
});
