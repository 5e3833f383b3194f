import type { IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { buildConfiguration } from '../../server/src/core/config/build.ts';
import { explainHandshake } from '../../server/src/core/handshake/explain.ts';
import type { HandshakeExplanation } from '../../server/src/core/handshake/explanation.ts';
import { reportText } from '../../server/src/core/handshake/report.ts';
import type { HandshakeTrace } from '../../server/src/core/handshake/trace.ts';
import { createPredictor } from '../../server/src/core/request/predict.ts';
import { readUrl, requestOfUrl } from '../../server/src/features/requestOfUrl.ts';
import { type ProbeOptions, probe } from '../../server/src/node/handshake/probe.ts';
import type { NginxBinary } from '../../server/src/node/nginx/acquire.ts';
import { type Backend, startBackend } from '../support/backend.ts';
import { certificatePath, SERVER_CERTIFICATE, TEST_CA } from '../support/certificates.ts';
import { flood, type OddServer, oddServer, rightAnswer } from '../support/handshakeBackends.ts';
import { memoryFiles } from '../support/memoryFiles.ts';
import { freePort, generations, globals, nameOf, PRIVATE_HTTP, startNginx } from '../support/nginx.ts';

/* What a person reads after a test of a route, with a real nginx of each generation and backends that are right, wrong and hostile. */

const binaries = await generations();

/** What a flood of any length may cost, bytes; both ends of it run in this process. */
const LITTLE_MEMORY = 300 * 1024 * 1024;

const FORWARD = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';

describe.each(binaries.map((nginx) => [nameOf(nginx), nginx] as const))('nginx %s', (_, nginx) => {
	let good: Backend;
	beforeAll(async () => {
		good = await startBackend(1);
	});
	afterAll(() => good.stop());

	const odd: OddServer[] = [];
	afterEach(async () => {
		for (const server of odd.splice(0)) await server.stop();
	});
	async function oddBackend(...args: Parameters<typeof oddServer>): Promise<number> {
		const server = await oddServer(...args);
		odd.push(server);
		return server.port;
	}
	const goodPort = (): number => good.ports[0] ?? 0;

	test('426, the reason with its line; after the cure 101', async () => {
		const bad = await tested(nginx, { locations: `\nlocation /ws/ {\n  proxy_pass http://127.0.0.1:${goodPort()};\n}\n` });
		expect(bad.trace.response?.status).toBe(426);
		expect(bad.explanation).toMatchObject({ culprit: 'configuration', agreement: 'agrees' });
		expect(bad.text).toContain('The backend gets no Upgrade header');
		expect(bad.text).toMatch(/\(conf\.d\/chat\.conf, line 5\)/);
		expect(bad.report).toContain('Received: 426 Refused');
		const cured = await tested(nginx, {
			locations: `\nlocation /ws/ {\n  ${FORWARD}\n  proxy_pass http://127.0.0.1:${goodPort()};\n}\n`,
		});
		expect(cured.trace.outcome).toBe('upgraded');
		expect(cured.explanation).toMatchObject({ culprit: 'nobody', agreement: 'agrees' });
		expect(cured.trace.ping).toHaveProperty('roundTripMs');
	});

	test('/ws for /ws/: the redirect and where to; followed only on request', async () => {
		const locations = `location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${goodPort()}; }`;
		const shown = await tested(nginx, { locations, path: '/ws' });
		expect(shown.trace.response?.status).toBe(301);
		expect(shown.explanation).toMatchObject({ culprit: 'configuration', agreement: 'agrees' });
		expect(shown.explanation.headline).toMatch(
			/was redirected \(301\) to http:\/\/localhost:\d+\/ws\/; WebSocket clients do not follow/,
		);
		const followed = await tested(nginx, { locations, path: '/ws', options: { followRedirects: 1 } });
		expect(followed.trace.outcome).toBe('upgraded');
		expect(followed.text).toContain('a browser follows none');
	});

	test('a backend that is down: 502, and which line points there', async () => {
		const port = await freePort();
		const { trace, explanation } = await tested(nginx, {
			locations: `location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${port}; }`,
		});
		expect(trace.response?.status).toBe(502);
		expect(explanation).toMatchObject({ culprit: 'backend', agreement: 'agrees' });
		expect(explanation.why[0]).toMatchObject({
			text: `nginx could not get an answer from 127.0.0.1:${port}: nobody listens there, or it hung up.`,
			where: 'conf.d/chat.conf, line 3',
		});
	});

	test('a backend that hangs: no answer, and that nginx waits for it', async () => {
		const port = await oddBackend(() => undefined);
		const { trace, explanation } = await tested(nginx, {
			locations: `location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${port}; }`,
			options: { timeoutMs: 250 },
		});
		expect(trace.outcome).toBe('timeout');
		expect(explanation.culprit).toBe('backend');
		expect(explanation.why[0]).toMatchObject({
			text: `nginx took the request and waits for 127.0.0.1:${port}, by default for 60 s before it gives up with 504.`,
			where: 'conf.d/chat.conf, line 3',
		});
	});

	test('a backend that hangs longer than nginx waits: 504', async () => {
		const port = await oddBackend(() => undefined);
		const { trace, explanation } = await tested(nginx, {
			locations: `location /ws/ { ${FORWARD} proxy_read_timeout 200ms; proxy_pass http://127.0.0.1:${port}; }`,
		});
		expect(trace.response?.status).toBe(504);
		expect(explanation).toMatchObject({ culprit: 'backend', agreement: 'agrees' });
	});

	test('a backend that refuses the Origin: its own 403, and the Host that it compares with', async () => {
		const backend = new WebSocketServer({
			port: 0,
			host: '127.0.0.1',
			verifyClient: (
				{ origin, req }: { origin: string; req: IncomingMessage },
				answer: (allowed: boolean, status?: number) => void,
			) => answer(origin === `http://${req.headers.host}`, 403),
		});
		await new Promise((resolve) => backend.once('listening', resolve));
		try {
			const { port } = backend.address() as { port: number };
			const locations = (more: string) => `location /ws/ { ${FORWARD} ${more} proxy_pass http://127.0.0.1:${port}; }`;
			const bad = await tested(nginx, { locations: locations(''), options: { origin: 'same' } });
			expect(bad.trace.response?.status).toBe(403);
			expect(bad.explanation).toMatchObject({ culprit: 'backend', agreement: 'disagrees' });
			expect(bad.text).toContain(
				`The backend is told “Host: 127.0.0.1:${port}” (the default) while the Origin is http://localhost:`,
			);
			expect(bad.text).toContain('set “proxy_set_header Host $http_host;” in this location');
			const cured = await tested(nginx, {
				locations: locations('proxy_set_header Host $http_host;'),
				options: { origin: 'same' },
			});
			expect(cured.trace.outcome).toBe('upgraded');
		} finally {
			backend.close();
		}
	});

	test.each([
		[
			'a wrong accept key',
			'a wrong Sec-WebSocket-Accept',
			'Sec-WebSocket-Accept does not follow from the key that was sent: the answer belongs to another request, is fixed text, or the key was changed on the way.',
			{ accept: 'wrong' },
			(socket: { write(text: string): void }, header: string) => {
				socket.write(rightAnswer(header).replace(/Accept: .*/, 'Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r'));
			},
		],
		[
			'no accept key',
			'no Sec-WebSocket-Accept',
			'Sec-WebSocket-Accept is missing: it proves that a WebSocket server read the key.',
			{ accept: 'missing' },
			(socket: { write(text: string): void }, header: string) => {
				socket.write(rightAnswer(header).replace(/Sec-WebSocket-Accept: .*\r\n/, ''));
			},
		],
	] as const)('a backend that sends %s', async (_name, short, sentence, checks, serve) => {
		const port = await oddBackend(serve);
		const { trace, explanation } = await tested(nginx, {
			locations: `location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${port}; }`,
		});
		expect(trace.outcome).toBe('refused');
		expect(explanation.headline).toBe(`101 came, but a browser refuses it: ${short}.`);
		expect(explanation.why[0]?.text).toBe(sentence);
		expect(trace.checks).toMatchObject(checks);
		expect(explanation).toMatchObject({ culprit: 'backend', agreement: 'disagrees' });
	});

	test('a backend that redirects by itself: that it is the backend, and where it points', async () => {
		const port = await oddBackend((socket) => {
			socket.end('HTTP/1.1 301 Moved Permanently\r\nLocation: /elsewhere/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
		});
		const { explanation, text } = await tested(nginx, {
			locations: `location /ws/ { ${FORWARD}\nproxy_pass http://127.0.0.1:${port}/app/; }`,
		});
		expect(explanation).toMatchObject({ culprit: 'backend', agreement: 'disagrees' });
		expect(explanation.headline).toBe(
			'The handshake was redirected (301) to /elsewhere/; WebSocket clients do not follow redirects.',
		);
		expect(text).toBe(
			[
				`nginx sends 127.0.0.1:${port} a right handshake; the 301 is the backend's own. (conf.d/chat.conf, line 4)`,
				'The server redirects instead of answering.',
				'What the backend is asked: GET /app/.',
				'Let the client open /elsewhere/ at once; WebSocket clients do not follow redirects.',
			].join('\n'),
		);
	});

	describe('a backend that speaks TLS', () => {
		const upgrades = (socket: { write(text: string): void }, header: string): void => {
			socket.write(rightAnswer(header));
		};

		test('through https:// it opens', async () => {
			const port = await oddBackend(upgrades, { tls: SERVER_CERTIFICATE });
			const { trace, explanation } = await tested(nginx, {
				locations: `location /ws/ { ${FORWARD} proxy_pass https://127.0.0.1:${port}; }`,
			});
			expect(trace.response?.status).toBe(101);
			expect(explanation).toMatchObject({ agreement: 'agrees' });
		});

		test('through http:// it hangs up: 502, and what to write', async () => {
			const port = await oddBackend(upgrades, { tls: SERVER_CERTIFICATE });
			const { trace, text } = await tested(nginx, {
				locations: `location /ws/ { ${FORWARD}\nproxy_pass http://127.0.0.1:${port}; }`,
			});
			expect(trace.response?.status).toBe(502);
			expect(text).toContain(
				`nginx could not get an answer from 127.0.0.1:${port}: nobody listens there, or it hung up. (conf.d/chat.conf, line 4)`,
			);
			expect(text).toContain('If the backend speaks TLS, write https:// in proxy_pass.');
		});

		test('https:// to a backend that speaks plain text: it waits for more, or hangs up, and what to write', async () => {
			const patient = await oddServer(() => undefined);
			odd.push(patient);
			const waiting = await tested(nginx, {
				locations: `location /ws/ { ${FORWARD}\nproxy_pass https://127.0.0.1:${patient.port}; }`,
				options: { timeoutMs: 300 },
			});
			expect(waiting.trace.outcome).toBe('timeout');
			expect(waiting.text).toContain(
				'proxy_pass says https:// here: a backend that speaks plain text may wait for more; write http:// then.',
			);
			const server = await oddServer(() => undefined, { onConnect: (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n') });
			odd.push(server);
			const closed = await tested(nginx, {
				locations: `location /ws/ { ${FORWARD}\nproxy_pass https://127.0.0.1:${server.port}; }`,
			});
			expect(closed.trace.response?.status).toBe(502);
			expect(closed.text).toContain(
				`nginx could not get an answer from 127.0.0.1:${server.port} over TLS: nobody listens there, it hung up, or TLS failed. (conf.d/chat.conf, line 4)`,
			);
			expect(closed.text).toContain('If the backend speaks plain text, write http:// in proxy_pass.');
		});

		test('a certificate that nginx does not trust: 502, and the line that makes nginx look', async () => {
			const port = await oddBackend(upgrades, { tls: SERVER_CERTIFICATE });
			const { trace, text } = await tested(nginx, {
				locations: `proxy_ssl_trusted_certificate ${certificatePath('client')}; location /ws/ { ${FORWARD}\nproxy_ssl_verify on;\nproxy_pass https://127.0.0.1:${port}; }`,
			});
			expect(trace.response?.status).toBe(502);
			expect(text).toContain(
				'nginx checks the backend’s certificate here, and one that it does not trust, or that names another host, ends in this 502. (conf.d/chat.conf, line 4)',
			);
		});
	});

	test('a backend that sends a gigabyte of headers: nginx says 502, in bounded time', async () => {
		const port = await oddBackend((socket) => {
			socket.write('HTTP/1.1 101 Switching Protocols\r\n');
			flood(socket, `X-Much: ${'a'.repeat(60_000)}\r\n`);
		});
		const before = process.memoryUsage.rss();
		const { trace, text } = await tested(nginx, {
			locations: `location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${port}; }`,
		});
		expect(process.memoryUsage.rss() - before).toBeLessThan(LITTLE_MEMORY);
		expect(trace.response?.status).toBe(502);
		expect(text).toContain('a header that is too big');
		expect(trace.timing.totalMs).toBeLessThan(5_000);
	});

	test('a backend that floods the open tunnel', async () => {
		const frame = Buffer.concat([Buffer.from([0x82, 126, 0xff, 0xff]), Buffer.alloc(65_535)]);
		const port = await oddBackend((socket, header) => {
			socket.write(rightAnswer(header));
			flood(socket, frame);
		});
		const before = process.memoryUsage.rss();
		const { trace, explanation } = await tested(nginx, {
			locations: `location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${port}; }`,
		});
		expect(process.memoryUsage.rss() - before).toBeLessThan(LITTLE_MEMORY);
		expect(trace.failure?.code).toBe('FLOOD');
		expect(explanation.why[0]?.text).toBe('The test cut it because the server sent more than 16 MiB that nobody asked for.');
		expect(explanation.headline).toBe('The WebSocket opened, but the server floods it.');
	});

	test('a Upgrade header that nginx hides from the client', async () => {
		const { trace, explanation } = await tested(nginx, {
			locations: `location /ws/ { ${FORWARD}\nproxy_hide_header Upgrade;\nproxy_pass http://127.0.0.1:${goodPort()}; }`,
		});
		expect(trace.checks?.upgrade).toBe('missing');
		expect(explanation).toMatchObject({ culprit: 'configuration', agreement: 'agrees' });
		expect(explanation.why[0]?.where).toBe('conf.d/chat.conf, line 4');
	});

	test('return 444, and a listen that wants the PROXY protocol: closed without an answer, and why', async () => {
		const closed = await tested(nginx, { locations: 'location /ws/ { return 444; }' });
		expect(closed.trace.failure?.code).toBe('CLOSED_WITHOUT_ANSWER');
		expect(closed.explanation).toMatchObject({ culprit: 'configuration', agreement: 'agrees' });
		const proxied = await tested(nginx, {
			listen: 'proxy_protocol',
			locations: `location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${goodPort()}; }`,
		});
		expect(proxied.text).toMatch(/PROXY protocol.*\(conf\.d\/chat\.conf, line 2\)/);
	});

	describe('over TLS', () => {
		const ssl = `ssl_certificate ${certificatePath('server')}; ssl_certificate_key ${certificatePath('server.key')};`;
		const locations = (): string => `${ssl} location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${goodPort()}; }`;

		test('101 on a listener that also speaks HTTP/2, and where the connection goes is ours to choose', async () => {
			const { trace, explanation } = await tested(nginx, {
				listen: 'ssl http2',
				locations: locations(),
				host: 'secure.example',
				scheme: 'wss',
				options: { tls: { ca: TEST_CA } },
				here: true,
			});
			expect(trace.outcome).toBe('upgraded');
			expect(trace.tls).toMatchObject({ alpn: 'http/1.1', authorized: true });
			expect(explanation.agreement).toBe('agrees');
		});

		test('plain text to it: 400, and that it wants wss', async () => {
			const { trace, text } = await tested(nginx, { listen: 'ssl', locations: locations() });
			expect(trace.response?.status).toBe(400);
			expect(text).toContain('This port speaks TLS, and the test spoke plain text.');
		});

		test('wss to a listen without ssl: the listen that lacks it', async () => {
			const { explanation } = await tested(nginx, {
				locations: `location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${goodPort()}; }`,
				scheme: 'wss',
			});
			expect(explanation.headline).toBe('This port does not speak TLS; the test used wss://.');
		});

		test('a certificate that nobody vouches for: its line', async () => {
			const { explanation } = await tested(nginx, { listen: 'ssl', locations: locations(), scheme: 'wss' });
			expect(explanation.culprit).toBe('certificate');
			expect(explanation.why.at(-1)).toMatchObject({ where: 'conf.d/chat.conf, line 3' });
		});

		test('a client certificate that is wanted', async () => {
			const { trace, text } = await tested(nginx, {
				listen: 'ssl',
				locations: `ssl_verify_client on; ssl_client_certificate ${certificatePath('ca')}; ${locations()}`,
				scheme: 'wss',
				options: { tls: { ca: TEST_CA } },
			});
			expect(trace.response?.status).toBe(400);
			expect(text).toContain('nginx wants a client certificate');
		});
	});

	test('a file that nginx has not read yet: reload', async () => {
		const running = `location /ws/ { proxy_pass http://127.0.0.1:${goodPort()}; }`;
		const saved = `location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${goodPort()}; }`;
		const { trace, explanation } = await tested(nginx, { locations: running, read: saved });
		expect(trace.response?.status).toBe(426);
		expect(explanation).toMatchObject({ culprit: 'stale', agreement: 'disagrees' });
		expect(explanation.advice[0]?.text).toContain('nginx -s reload');
	});
});

interface Case {
	/** What the server holds beside its listen (line 2). */
	readonly locations: string;
	/** The same as the model reads it, when that is another text than nginx runs. */
	readonly read?: string;
	/** Parameters of the listen. */
	readonly listen?: string;
	readonly path?: string;
	readonly host?: string;
	readonly scheme?: 'ws' | 'wss';
	/** Connects to this machine whatever the name. */
	readonly here?: boolean;
	readonly options?: Partial<ProbeOptions>;
}

/** Runs nginx on the case, makes one handshake, and explains it by the same text. */
async function tested(
	nginx: NginxBinary,
	{ locations, read, listen = '', path = '/ws/', host = 'localhost', scheme = 'ws', here = false, options }: Case,
): Promise<{ trace: HandshakeTrace; explanation: HandshakeExplanation; text: string; report: string }> {
	const port = await freePort();
	const main = `events {}\nhttp {\naccess_log off; ${PRIVATE_HTTP}\ninclude conf.d/*.conf;\n}\n`;
	const chat = (inside: string): string => `server {\nlisten 127.0.0.1:${port} ${listen};\n${inside}\n}\n`;
	const running = await startNginx(
		nginx,
		(folder) => ({ 'nginx.conf': `${globals(folder)}\n${main}`, 'conf.d/chat.conf': chat(locations) }),
		port,
	);
	try {
		const url = `${scheme}://${host}:${port}${path}`;
		const trace = await probe({ url, timeoutMs: 5_000, ...(here ? { connectTo: `127.0.0.1:${port}` } : {}), ...options });
		const files = memoryFiles({ '/n/nginx.conf': main, '/n/conf.d/chat.conf': chat(read ?? locations) });
		const configuration = buildConfiguration('/n/nginx.conf', files);
		const parts = readUrl(trace.url);
		const prediction =
			parts === undefined
				? undefined
				: createPredictor(configuration, nginx.version).predict(
						requestOfUrl(configuration, parts, [['Origin', options?.origin === 'same' ? `http://${host}:${port}` : '']]),
					);
		const explanation = explainHandshake(trace, { prediction, configuration });
		const text = [...explanation.why, ...explanation.advice]
			.map((line) => (line.where === undefined ? line.text : `${line.text} (${line.where})`))
			.join('\n');
		return { trace, explanation, text, report: reportText(trace, explanation).join('\n') };
	} finally {
		await running.stop();
	}
}
