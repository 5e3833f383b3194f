import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { explainHandshake } from '../../server/src/core/handshake/explain.ts';
import { probe } from '../../server/src/node/handshake/probe.ts';
import { CLIENT_CERTIFICATE, SERVER_CERTIFICATE, TEST_CA } from '../support/certificates.ts';
import { oddServer } from '../support/handshakeBackends.ts';

/* The same over TLS, and through a proxy. */

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Serves WebSockets over TLS; what the clients asked for by SNI and ALPN is kept. */
async function secureChat(options: TlsOptions = {}): Promise<{ port: number; names: (string | undefined)[] }> {
	const names: (string | undefined)[] = [];
	const http = createTlsServer({
		...SERVER_CERTIFICATE,
		...options,
		SNICallback: (name, done) => {
			names.push(name);
			done(null, createSecureContext({ ...SERVER_CERTIFICATE, ca: options.ca }));
		},
	});
	http.on('tlsClientError', () => undefined);
	const server = new WebSocketServer({ server: http });
	await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
	cleanups.push(() => {
		for (const client of server.clients) client.terminate();
		http.closeAllConnections();
		return new Promise((resolve) => http.close(resolve));
	});
	return { port: (http.address() as AddressInfo).port, names };
}

describe('TLS', () => {
	test('with the right authority: HTTP/1.1 is agreed on, and all of it is timed', async () => {
		const { port } = await secureChat();
		const trace = await probe({ url: `wss://localhost:${port}/`, tls: { ca: TEST_CA } });
		expect(trace.outcome).toBe('upgraded');
		expect(trace.tls).toMatchObject({ alpn: 'http/1.1', authorized: true, problem: undefined });
		expect(trace.tls?.protocol).toMatch(/^TLSv1\.[23]$/);
		expect(trace.timing.tlsMs).toBeGreaterThan(0);
	});

	test('the name of the URL is asked for and checked, wherever the connection goes', async () => {
		const { port, names } = await secureChat();
		const way = { connectTo: `127.0.0.1:${port}`, tls: { ca: TEST_CA } };
		expect((await probe({ url: 'wss://secure.example/', ...way })).outcome).toBe('upgraded');
		expect(names).toEqual(['secure.example']);
		const other = await probe({ url: 'wss://other.example/', ...way });
		expect(other.failure).toMatchObject({ stage: 'tls', code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
		expect(other.tls?.certificate?.names).toEqual(['localhost', 'secure.example', '127.0.0.1']);
		expect(other.request.headers).toEqual([]);
		const { headline, why } = explainHandshake(other);
		expect(headline).toContain('for another name');
		expect(why[0]?.text).toContain('localhost, secure.example, 127.0.0.1');
	});

	test('an address has no SNI', async () => {
		const { port, names } = await secureChat();
		expect((await probe({ url: `wss://127.0.0.1:${port}/`, tls: { ca: TEST_CA } })).outcome).toBe('upgraded');
		expect(names).toEqual([]);
	});

	test('an unknown authority is refused before anything is sent, and taken on request', async () => {
		const { port } = await secureChat();
		const refused = await probe({ url: `wss://localhost:${port}/` });
		expect(refused.failure).toMatchObject({ stage: 'tls', code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
		expect(refused.tls?.certificate?.issuer).toBe('Test authority');
		const taken = await probe({ url: `wss://localhost:${port}/`, tls: { insecure: true } });
		expect(taken.outcome).toBe('upgraded');
		expect(taken.tls).toMatchObject({ authorized: false, problem: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
	});

	test('a client certificate where one is wanted', async () => {
		const { port } = await secureChat({ requestCert: true, rejectUnauthorized: true, ca: TEST_CA });
		const url = `wss://localhost:${port}/`;
		expect((await probe({ url, tls: { ca: TEST_CA, ...CLIENT_CERTIFICATE } })).outcome).toBe('upgraded');
		expect((await probe({ url, tls: { ca: TEST_CA } })).outcome).toBe('failed');
		const unreadable = await probe({ url, tls: { ca: TEST_CA, cert: 'nonsense', key: 'nonsense' } });
		expect(unreadable.failure).toMatchObject({ stage: 'tls', code: 'BAD_CREDENTIALS' });
	});

	test('a server that speaks plain text', async () => {
		const server = await oddServer(() => undefined, { onConnect: (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n') });
		cleanups.push(() => server.stop());
		const trace = await probe({ url: `wss://localhost:${server.port}/` });
		expect(trace.failure).toMatchObject({ stage: 'tls', code: 'ERR_SSL_WRONG_VERSION_NUMBER' });
		expect(explainHandshake(trace).headline).toBe('This port does not speak TLS; the test used wss://.');
	});

	test('a server that speaks HTTP/2 alone', async () => {
		const { port } = await secureChat({ ALPNProtocols: ['h2'] });
		const trace = await probe({ url: `wss://localhost:${port}/`, tls: { ca: TEST_CA } });
		expect(trace.failure?.stage).toBe('tls');
		expect(explainHandshake(trace).headline).toContain('does not offer HTTP/1.1');
	});

	test('a server that takes the connection and says nothing', async () => {
		const server = await oddServer(() => undefined);
		cleanups.push(() => server.stop());
		const trace = await probe({ url: `wss://localhost:${server.port}/`, timeoutMs: 150 });
		expect(trace.outcome).toBe('timeout');
		expect(explainHandshake(trace).headline).toContain('TLS handshake');
	});
});

describe('a proxy', () => {
	/** A proxy that connects every name to this machine, or answers with a status. */
	async function proxy(answer?: string): Promise<{ port: number; asked: string[]; authorizations: (string | undefined)[] }> {
		const asked: string[] = [];
		const authorizations: (string | undefined)[] = [];
		const server: Server = createServer();
		server.on('connect', (request: IncomingMessage, socket: Socket) => {
			asked.push(request.url ?? '');
			authorizations.push(request.headers['proxy-authorization']);
			if (answer !== undefined) {
				socket.end(`HTTP/1.1 ${answer}\r\n\r\n`);
				return;
			}
			const target = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
				socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
				socket.pipe(target).pipe(socket);
			});
			for (const end of [socket, target]) end.on('error', () => end.destroy());
			cleanups.push(() => target.destroy());
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		cleanups.push(() => {
			server.closeAllConnections();
			server.close();
		});
		return { port: (server.address() as AddressInfo).port, asked, authorizations };
	}

	test('is asked for the name and the port; TLS goes through to the server', async () => {
		const { port } = await secureChat();
		const way = await proxy();
		const trace = await probe({
			url: `wss://secure.example:${port}/`,
			proxy: `http://ada:l0velace@127.0.0.1:${way.port}`,
			reach: 'any',
			tls: { ca: TEST_CA },
		});
		expect(trace.outcome).toBe('upgraded');
		expect(way.asked).toEqual([`secure.example:${port}`]);
		expect(way.authorizations).toEqual([`Basic ${Buffer.from('ada:l0velace').toString('base64')}`]);
		expect(trace.proxy).toBe(`127.0.0.1:${way.port}`);
		expect(trace.timing.proxyMs).toBeGreaterThan(0);
		expect(JSON.stringify(trace)).not.toContain('l0velace');
	});

	test('that refuses is named, and not taken for nginx', async () => {
		const way = await proxy('407 Proxy Authentication Required');
		const trace = await probe({ url: 'ws://x.example/', proxy: `http://127.0.0.1:${way.port}`, reach: 'any' });
		expect(trace.failure).toMatchObject({ stage: 'proxy', code: 'PROXY_407' });
		expect(trace.response).toBeUndefined();
		expect(explainHandshake(trace)).toMatchObject({
			headline: `The proxy 127.0.0.1:${way.port} refused to connect (407).`,
			culprit: 'proxy',
		});
	});

	test('is not used while only this machine may be reached', async () => {
		const way = await proxy();
		await probe({ url: 'ws://127.0.0.1:9/', proxy: `http://127.0.0.1:${way.port}` });
		expect(way.asked).toEqual([]);
	});

	test('that nobody runs, or that is none', async () => {
		const server = await oddServer(() => undefined);
		await server.stop();
		const gone = await probe({ url: 'ws://x.example/', proxy: `http://127.0.0.1:${server.port}`, reach: 'any' });
		expect(gone.failure).toMatchObject({ stage: 'proxy', code: 'ECONNREFUSED' });
		const none = await probe({ url: 'ws://x.example/', proxy: 'socks5://x', reach: 'any' });
		expect(none.failure).toMatchObject({ stage: 'proxy', code: 'PROXY_URL' });
	});
});
