import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { afterEach, describe, expect, test } from 'vitest';
import { analyse } from '../../server/src/core/engine/analyse.ts';
import { explainTrial, type TrialReport } from '../../server/src/core/handshake/trial.ts';
import type { NginxVersion } from '../../server/src/core/reference/versions.ts';
import { sessions } from '../../server/src/node/handshake/sessions.ts';
import { type ModelledNginx, startModelledNginx } from '../support/handshakeNginx.ts';
import { generations, nameOf } from '../support/nginx.ts';

/*
 * socket.io's own servers behind a balancing nginx: what its own client meets, what the trial says of it, and what the check says, are one
 * and the same.
 */

const binaries = await generations();
const FORWARD = 'proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection "upgrade";';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface SocketIoBackend {
	readonly port: number;
	/** Sessions whose transport became a WebSocket, by what the server itself counted. */
	readonly upgraded: () => number;
	/** Sessions that were opened here. */
	readonly opened: () => number;
}

async function socketIo(options: ConstructorParameters<typeof Server>[1] = {}): Promise<SocketIoBackend> {
	const http = createServer((_request, response) => response.writeHead(404).end('Not Found'));
	const server = new Server(http, { serveClient: false, ...options });
	let upgraded = 0;
	let opened = 0;
	server.engine.on('connection', (socket: { once(name: string, listener: () => void): void }) => {
		opened++;
		socket.once('upgrading', () => {
			upgraded++;
		});
	});
	await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
	cleanups.push(() => server.close());
	return { port: (http.address() as AddressInfo).port, upgraded: () => upgraded, opened: () => opened };
}

/** nginx over these backends, told apart by how the upstream balances. */
async function balanced(
	nginx: (typeof binaries)[number],
	balancing: string,
	backends: readonly SocketIoBackend[],
	location = `${FORWARD}\nproxy_pass http://nodes;`,
) {
	const started = await startModelledNginx(
		nginx,
		(port) => `upstream nodes {
${balancing}
${backends.map((backend) => `server 127.0.0.1:${backend.port};`).join('\n')}
}
server {
listen ${port};
location /socket.io/ {
${location}
}
}`,
		{ path: '/socket.io/' },
	);
	cleanups.push(() => started.stop());
	return started;
}

async function tried(server: ModelledNginx, count: number): Promise<TrialReport> {
	const { url, prediction, configuration } = server;
	return explainTrial(
		url,
		{ kind: 'socket-io', sessions: await sessions({ url, count }) },
		{ prediction, configuration, cures: [] },
	);
}

/** What socket.io's own client comes to: the transport it ends with, or its error. */
function ownClient(server: ModelledNginx, transports: readonly string[]): Promise<string> {
	const socket = io(new URL(server.url).origin.replace('ws:', 'http:'), {
		transports: [...transports],
		reconnection: false,
		forceNew: true,
	});
	cleanups.push(() => socket.disconnect());
	return new Promise((resolve) => {
		socket.on('connect_error', (error) => resolve(`error: ${error.message}`));
		socket.on('connect', () => {
			const { engine } = socket.io;
			if (engine.transport.name === 'websocket') resolve('websocket');
			else {
				engine.once('upgrade', (transport) => resolve(transport.name));
				engine.once('upgradeError', (error) => resolve(`no upgrade: ${error.message}`));
			}
		});
	});
}

const findingsOf = (server: ModelledNginx, version: NginxVersion): readonly string[] =>
	analyse(server.configuration, { version }).findings.map(({ ruleId }) => ruleId);

describe.each(binaries.map((nginx) => [nameOf(nginx), nginx] as const))('socket.io behind nginx %s', (_, nginx) => {
	test('sticky: every session changes over, at one server, and the check is silent', async () => {
		const backends = [await socketIo(), await socketIo()];
		const server = await balanced(nginx, 'ip_hash;', backends);
		const report = await tried(server, 6);
		expect(report.ok).toBe(true);
		expect(report.headline).toBe('6 of 6 socket.io sessions changed over to WebSocket.');
		expect(backends.map(({ upgraded }) => upgraded()).sort()).toEqual([0, 6]);
		expect(await ownClient(server, ['polling', 'websocket'])).toBe('websocket');
		expect(findingsOf(server, nginx.version)).not.toContain('socket-io-affinity');
	});

	test('not sticky: the session is unknown to the other server; the upstream is named, as the check names it', async () => {
		const backends = [await socketIo(), await socketIo()];
		const server = await balanced(nginx, '', backends);
		const report = await tried(server, 4);
		expect(report.ok).toBe(false);
		expect(report.headline).toBe('0 of 4 socket.io sessions changed over to WebSocket.');
		expect(report.text.join('\n')).toContain('4  400 “Session ID unknown”');
		expect(report.text.join('\n')).toContain(
			'The plain request opened the session at one server, and its handshake went to another, which does not know it.',
		);
		expect(report.markdown(({ where }) => where)).toContain(
			'nginx spreads the requests over 2 servers here (round robin). ([conf.d/chat.conf, line',
		);
		expect(report.text.join('\n')).toContain(
			'Put ip_hash; first into this upstream, or let clients use the websocket transport alone.',
		);
		expect(backends.reduce((sum, { upgraded }) => sum + upgraded(), 0)).toBe(0);
		expect(await ownClient(server, ['polling'])).toMatch(/^error: xhr p\w+ error$/);
		expect(await ownClient(server, ['websocket'])).toBe('websocket');
		expect(findingsOf(server, nginx.version)).toContain('socket-io-affinity');
	});

	test('a location that loses the path: no socket.io server answers, and what nginx asks for instead', async () => {
		const server = await balanced(nginx, '', [await socketIo()], `${FORWARD}\nproxy_pass http://nodes/;`);
		const report = await tried(server, 1);
		expect(report.ok).toBe(false);
		expect(report.text.join('\n')).toContain('the first request was answered 404, by no socket.io server');
		expect(report.markdown(({ where }) => where)).toMatch(/nginx asks the backend for \/\. \(\[conf\.d\/chat\.conf, line \d+/);
	});

	test('a server without the WebSocket transport says so itself', async () => {
		const server = await balanced(nginx, '', [await socketIo({ transports: ['polling'] })]);
		const report = await tried(server, 1);
		expect(report.text.join('\n')).toContain('The server opened a session and said that it has no WebSocket transport.');
	});

	test('a route without the headers: the first request works, the handshake is explained by the file', async () => {
		const backend = await socketIo();
		const server = await balanced(nginx, '', [backend], 'proxy_pass http://nodes;');
		const report = await tried(server, 1);
		expect(backend.opened()).toBe(1);
		expect(report.text.join('\n')).toContain('the handshake was answered 400');
		expect(report.text.join('\n')).toMatch(/Upgrade/);
	});

	test('nobody behind it: the first request already tells', async () => {
		const backend = await socketIo();
		const server = await balanced(nginx, '', [{ ...backend, port: 1 }]);
		const report = await tried(server, 1);
		expect(report.text.join('\n')).toContain('nginx could not get an answer from 127.0.0.1:1');
	});
});
