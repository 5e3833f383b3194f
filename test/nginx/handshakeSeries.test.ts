import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { HandshakeExplanation } from '../../server/src/core/handshake/explanation.ts';
import { explainHold } from '../../server/src/core/handshake/hold.ts';
import { explainLegs } from '../../server/src/core/handshake/legs.ts';
import { capacityOf, explainLoad } from '../../server/src/core/handshake/load.ts';
import { explainSpread } from '../../server/src/core/handshake/spread.ts';
import { hold } from '../../server/src/node/handshake/hold.ts';
import { load } from '../../server/src/node/handshake/load.ts';
import { spread } from '../../server/src/node/handshake/spread.ts';
import { twoLegs } from '../../server/src/node/handshake/twoLegs.ts';
import { type ModelledNginx, startModelledNginx } from '../support/handshakeNginx.ts';
import { freePort, generations, nameOf } from '../support/nginx.ts';

/* Two legs, hold, spread and load, compared with what the backends themselves counted. */

const binaries = await generations();
const FORWARD = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Chat {
	readonly port: number;
	/** Handshakes that this backend accepted. */
	readonly accepted: () => number;
	/** Open now. */
	readonly open: () => number;
	readonly server: WebSocketServer;
}

interface ChatOptions {
	/** Refuses a handshake with 403 when this says no. */
	readonly allow?: (host: string | undefined, origin: string | undefined) => boolean;
	/** Header lines of the 101. */
	readonly headers?: readonly string[];
}

async function chat({ allow = () => true, headers = [] }: ChatOptions = {}): Promise<Chat> {
	const http = createServer((_request, response) => response.writeHead(426).end('Upgrade Required'));
	const server = new WebSocketServer({ noServer: true });
	server.on('headers', (lines) => lines.push(...headers));
	let accepted = 0;
	http.on('upgrade', (request, socket, head) => {
		if (!allow(request.headers.host, request.headers.origin)) {
			socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno');
			return;
		}
		accepted++;
		server.handleUpgrade(request, socket, head, (websocket) => server.emit('connection', websocket, request));
	});
	await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
	cleanups.push(() => {
		for (const client of server.clients) client.terminate();
		http.closeAllConnections();
		return new Promise((resolve) => http.close(resolve));
	});
	return { port: (http.address() as AddressInfo).port, accepted: () => accepted, open: () => server.clients.size, server };
}

async function running(...args: Parameters<typeof startModelledNginx>): Promise<ModelledNginx> {
	const started = await startModelledNginx(...args);
	cleanups.push(() => started.stop());
	return started;
}

function text({ why, advice }: Pick<HandshakeExplanation, 'why' | 'advice'>): string {
	return [...why, ...advice].map((line) => (line.where === undefined ? line.text : `${line.text} (${line.where})`)).join('\n');
}

describe.each(binaries.map((nginx) => [nameOf(nginx), nginx] as const))('nginx %s', (_, nginx) => {
	describe('two legs', () => {
		const legsOf = async (server: ModelledNginx, options: { readonly origin?: string } = {}) => {
			const legs = await twoLegs({
				url: server.url,
				timeoutMs: 3_000,
				upstream: server.prediction?.upstream ?? undefined,
				...options,
			});
			return { legs, explanation: explainLegs(legs, server) };
		};

		test('the backend is sound: nginx, and its line', async () => {
			const backend = await chat();
			const server = await running(
				nginx,
				(port) => `server {\nlisten ${port};\nlocation /ws/ {\nproxy_pass http://127.0.0.1:${backend.port};\n}\n}\n`,
			);
			const { legs, explanation } = await legsOf(server);
			expect(legs.through.response?.status).toBe(426);
			expect(legs.direct).toMatchObject([{ address: `127.0.0.1:${backend.port}`, trace: { outcome: 'upgraded' } }]);
			expect(backend.accepted()).toBe(1);
			expect(explanation.culprit).toBe('configuration');
			expect(text(explanation)).toContain('The backend gets no Upgrade header');
			expect(text(explanation)).toContain(
				`Straight to 127.0.0.1:${backend.port} the same handshake succeeds, so the backend is sound and nginx is where it breaks.`,
			);
		});

		test('the backend refuses everybody: its own 403', async () => {
			const backend = await chat({ allow: () => false });
			const server = await running(
				nginx,
				(port) => `server { listen ${port}; location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${backend.port}; } }`,
			);
			const { explanation } = await legsOf(server);
			expect(explanation.culprit).toBe('backend');
			expect(explanation.why[0]?.text).toBe(
				`Straight to 127.0.0.1:${backend.port} it is refused in the same way (403): the backend's own answer, not nginx's.`,
			);
		});

		test('the backend refuses the Host that nginx sends: the line that sets it', async () => {
			const backend = await chat({ allow: (host, origin) => origin === `http://${host}` });
			const server = await running(
				nginx,
				(port) =>
					`server {\nlisten ${port};\nlocation /ws/ {\n${FORWARD}\nproxy_set_header Host inside.example;\nproxy_pass http://127.0.0.1:${backend.port};\n}\n}`,
			);
			const { legs, explanation } = await legsOf(server, { origin: 'same' });
			expect(legs.through.response?.status).toBe(403);
			expect(explanation.culprit).toBe('configuration');
			expect(explanation.why[0]).toMatchObject({
				text: 'The backend refuses “Host: inside.example” and accepts the Host that the client sent.',
				where: 'conf.d/chat.conf, line 5',
			});
		});

		test('the backend is down', async () => {
			const dead = await freePort();
			const server = await running(
				nginx,
				(port) => `server { listen ${port}; location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${dead}; } }`,
			);
			const { explanation } = await legsOf(server);
			expect(explanation.culprit).toBe('backend');
			expect(explanation.why[0]?.text).toBe(`The backend is down: 127.0.0.1:${dead} refuses connections from here too.`);
		});

		test('both work; and of two backends one does not', async () => {
			const good = await chat();
			const bad = await chat({ allow: () => false });
			const server = await running(
				nginx,
				(port) =>
					`upstream u { server 127.0.0.1:${good.port}; server 127.0.0.1:${bad.port} backup; }\nserver { listen ${port}; location /ws/ { ${FORWARD} proxy_pass http://u; } }`,
			);
			const { legs, explanation } = await legsOf(server);
			expect(legs.through.outcome).toBe('upgraded');
			expect(explanation.culprit).toBe('backend');
			expect(text(explanation)).toContain(
				`Straight to 127.0.0.1:${bad.port} it fails: The handshake was answered 403 Forbidden, not 101.`,
			);
		});

		test('nginx runs another text than the file: reload', async () => {
			const backend = await chat();
			const server = await running(
				nginx,
				(port) => `server { listen ${port}; location /ws/ { proxy_pass http://127.0.0.1:${backend.port}; } }`,
				{
					read: (port) => `server { listen ${port}; location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${backend.port}; } }`,
				},
			);
			const { explanation } = await legsOf(server);
			expect(explanation).toMatchObject({ culprit: 'stale', agreement: 'disagrees' });
		});
	});

	describe('hold', () => {
		const idle = (timeout: string, backend: Chat) => (port: number) =>
			`server {\nlisten ${port};\nlocation /ws/ {\n${FORWARD}\nproxy_read_timeout ${timeout};\nproxy_pass http://127.0.0.1:${backend.port};\n}\n}`;

		test('nginx cuts an idle tunnel at its limit, and the line of the limit is named', async () => {
			const backend = await chat();
			const server = await running(nginx, idle('1s', backend));
			const progress: number[] = [];
			const trace = await hold({ url: server.url, holdMs: 5_000, onProgress: (ms) => progress.push(ms) });
			expect(trace.hold).toMatchObject({ ended: 'closed', serverPings: 0, serverMessages: 0 });
			expect(trace.hold?.silentMs).toBeGreaterThan(900);
			expect(trace.hold?.silentMs).toBeLessThan(2_500);
			expect(trace.handshake.close).toMatchObject({ code: 1006, by: 'peer' });
			expect(progress.length).toBeGreaterThan(0);
			const explanation = explainHold(trace, server);
			expect(explanation).toMatchObject({ culprit: 'configuration', agreement: 'agrees' });
			expect(text(explanation)).toContain('By this text nginx ends it after 1 s of silence. (conf.d/chat.conf, line 5)');
		});

		test('a backend that pings keeps it open past the limit', async () => {
			const backend = await chat();
			backend.server.on('connection', (socket) => {
				const timer = setInterval(() => socket.ping(), 100);
				socket.on('close', () => clearInterval(timer));
			});
			const server = await running(nginx, idle('400ms', backend));
			const trace = await hold({ url: server.url, holdMs: 900 });
			expect(trace.hold?.ended).toBe('asked');
			expect(trace.hold?.serverPings).toBeGreaterThan(3);
			expect(explainHold(trace, server)).toMatchObject({ culprit: 'nobody', agreement: 'agrees' });
		});

		test('a backend that ends idle clients itself is told from nginx', async () => {
			const backend = await chat();
			backend.server.on('connection', (socket) => {
				setTimeout(() => socket.close(4000, 'idle'), 200);
			});
			const server = await running(nginx, idle('1h', backend));
			const trace = await hold({ url: server.url, holdMs: 5_000 });
			const explanation = explainHold(trace, server);
			expect(explanation.culprit).toBe('backend');
			expect(text(explanation)).toContain('A close frame came (4000');
		});

		test('is over at once when it is cancelled', async () => {
			const backend = await chat();
			const server = await running(nginx, idle('1h', backend));
			const controller = new AbortController();
			const trace = await hold({
				url: server.url,
				holdMs: 600_000,
				signal: controller.signal,
				onProgress: () => controller.abort(),
			});
			expect(trace.hold?.ended).toBe('cancelled');
			expect(trace.hold?.heldMs).toBeLessThan(5_000);
			expect(explainHold(trace, server).headline).toMatch(/^The hold was cancelled/);
		});
	});

	describe('spread', () => {
		const balanced = (method: string, backends: readonly Chat[]) => (port: number) =>
			`upstream u { ${method} ${backends.map(({ port: one }) => `server 127.0.0.1:${one};`).join(' ')} }\nserver { listen ${port}; location /ws/ { ${FORWARD} proxy_pass http://u; } }`;
		const two = async (headers: (name: string) => readonly string[]) => [
			await chat({ headers: headers('a') }),
			await chat({ headers: headers('b') }),
		];

		test('counts by a chosen header, as the backends count', async () => {
			const backends = await two((name) => [`X-Backend: ${name}`]);
			const server = await running(nginx, balanced('', backends));
			const trace = await spread({ url: server.url, count: 20, header: 'X-Backend' });
			const report = explainSpread(trace, server);
			expect(report.counts).toEqual(
				[
					{ name: 'X-Backend: a', count: backends[0]?.accepted() },
					{ name: 'X-Backend: b', count: backends[1]?.accepted() },
				].sort((a, b) => (b.count ?? 0) - (a.count ?? 0)),
			);
			expect(report.counts.reduce((sum, { count }) => sum + count, 0)).toBe(20);
			expect(report.affinity).toBe(false);
			expect(text(report)).toContain('socket.io with its polling transport');
		});

		test('names the backends by asking them straight', async () => {
			const backends = await two((name) => [`X-Served-By: ${name}`]);
			const server = await running(nginx, balanced('', backends));
			const upstream = server.prediction?.upstream ?? undefined;
			const trace = await spread({ url: server.url, count: 10, upstream });
			const { counts } = explainSpread(trace, server);
			expect(counts.map(({ name }) => name).sort()).toEqual(backends.map(({ port }) => `127.0.0.1:${port}`).sort());
			// Each was asked once more, straight.
			for (const backend of backends)
				expect(counts.find(({ name }) => name.endsWith(`:${backend.port}`))?.count).toBe(backend.accepted() - 1);
		});

		test('ip_hash keeps one client at one backend', async () => {
			const backends = await two((name) => [`X-Backend: ${name}`]);
			const server = await running(nginx, balanced('ip_hash;', backends));
			const report = explainSpread(await spread({ url: server.url, count: 12, header: 'x-backend' }), server);
			expect(report.affinity).toBe(true);
			expect(report.counts).toHaveLength(1);
			expect(text(report)).toContain('as the configuration says');
		});

		test('a cookie keeps a client at one backend, once it has it', async () => {
			// One value from both: a cookie that names the backend would be hashed to the other one in turn.
			const backends = await two((name) => [`X-Backend: ${name}`, 'Set-Cookie: node=client-1; Path=/']);
			const server = await running(nginx, balanced('hash $cookie_node$connection;', backends), {});
			const kept = await running(nginx, balanced('hash $cookie_node consistent;', backends), {});
			const fresh = await spread({ url: server.url, count: 16, header: 'X-Backend' });
			expect(explainSpread(fresh, server).affinity).toBe(false);
			const same = await spread({ url: kept.url, count: 8, header: 'X-Backend', keepCookies: true });
			// The first handshake has no cookie yet, so it may land elsewhere.
			expect(new Set(same.handshakes.slice(1).map(({ fingerprint }) => fingerprint)).size).toBe(1);
		});

		test('backends that answer alike are not made up', async () => {
			const backends = await two(() => []);
			const server = await running(nginx, balanced('', backends));
			const trace = await spread({ url: server.url, count: 6, upstream: server.prediction?.upstream ?? undefined });
			const report = explainSpread(trace, server);
			expect(report.affinity).toBeUndefined();
			expect(report.headline).toBe('6 of 6 handshakes upgraded; which backend took each cannot be told.');
		});
	});

	describe('load', () => {
		test('holds as many as asked, as the backend counts, with the distribution of the times', async () => {
			const backend = await chat();
			const server = await running(
				nginx,
				(port) => `server { listen ${port}; location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${backend.port}; } }`,
			);
			let most = 0;
			const trace = await load({
				url: server.url,
				count: 100,
				holdMs: 100,
				onProgress: () => {
					most = Math.max(most, backend.open());
				},
			});
			expect(trace).toMatchObject({ asked: 100, opened: 100, peak: 100, failures: [], dropped: 0, cancelled: false });
			expect(backend.accepted()).toBe(100);
			expect(most).toBeGreaterThanOrEqual(99);
			const report = explainLoad(trace, server.configuration);
			expect(report.headline).toBe('100 of 100 WebSockets opened.');
			expect(report.plot.reduce((sum, { count }) => sum + count, 0)).toBe(100);
			expect(report.times?.p50).toBeLessThanOrEqual(report.times?.longest ?? 0);
		});

		test('meets worker_connections where the model says', async () => {
			const backend = await chat();
			const server = await running(
				nginx,
				(port) => `server { listen ${port}; location /ws/ { ${FORWARD} proxy_pass http://127.0.0.1:${backend.port}; } }`,
				{ events: 'worker_connections 40;' },
			);
			const { tunnels = 0 } = capacityOf(server.configuration);
			expect(tunnels).toBe(19);
			const trace = await load({ url: server.url, count: 40, ramp: 1, holdMs: 0, timeoutMs: 1_000 });
			expect(Math.abs(trace.peak - tunnels)).toBeLessThanOrEqual(1);
			const report = explainLoad(trace, server.configuration);
			expect(text(report)).toContain('nginx ran out of connections');
			expect(text(report)).toContain('room for about 19 tunnels in all. (nginx.conf, line 1)');
		});

		test('counts what the other side drops', async () => {
			const backend = await chat();
			const server = await running(
				nginx,
				(port) =>
					`server { listen ${port}; location /ws/ { ${FORWARD} proxy_read_timeout 300ms; proxy_pass http://127.0.0.1:${backend.port}; } }`,
			);
			const trace = await load({ url: server.url, count: 10, holdMs: 5_000 });
			expect(trace.dropped).toBe(10);
			expect(trace.rampMs).toBeLessThan(3_000);
		});
	});
});
