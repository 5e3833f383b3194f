import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { nodeHost } from '../../server/src/node/host.ts';
import {
	HANDSHAKE_TEXT,
	type HandshakeTextResult,
	TRIAL_PROGRESS,
	TRY_ROUTE,
	type TrialProgress,
	type TryRouteReport,
} from '../../server/src/protocol/trials.ts';
import { uriOf } from '../support/lspSession.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';
const TEXT = 'events {}\nhttp { server { listen 8080; location /ws { proxy_pass http://127.0.0.1:9000; } } }\n';
const { trial } = nodeHost();
const host = trial === undefined ? {} : { trial };

let server: WebSocketServer;
let url: string;
let accepted = 0;
beforeAll(async () => {
	server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
	server.on('connection', () => {
		accepted++;
	});
	await new Promise((resolve) => server.on('listening', resolve));
	url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws?token=very-secret`;
});
afterAll(() => {
	for (const client of server.clients) client.terminate();
	server.close();
});

test('a load opens as many tunnels as the server counts, tells how far it is, and shows no secret', async () => {
	const session = await start({ initializationOptions: { trusted: true }, host });
	await session.open(MAIN, TEXT);
	const shares: number[] = [];
	session.client.onNotification(TRIAL_PROGRESS, ({ share }: TrialProgress) => {
		shares.push(share);
	});
	const { ok, headline, report, record } = await session.client.sendRequest<TryRouteReport>(TRY_ROUTE, {
		uri: uriOf(MAIN),
		url,
		trial: { kind: 'load', count: 12, holdMs: 50 },
		progressToken: 'load',
	});
	expect(ok).toBe(true);
	expect(headline).toBe('12 of 12 WebSockets opened.');
	expect(accepted).toBe(12);
	expect(shares.at(-1)).toBe(1);
	expect(record).toMatchObject({ trace: { opened: 12 }, report: { headline } });
	expect(report).toContain('## Time of the handshakes');
	expect(report).not.toContain('very-secret');
});

test('a workspace that is not trusted makes no trial, and says why', async () => {
	const session = await start({ host });
	await session.open(MAIN, TEXT);
	const before = accepted;
	await expect(
		session.client.sendRequest(TRY_ROUTE, { uri: uriOf(MAIN), url, trial: { kind: 'hold', holdMs: 1 } }),
	).rejects.toThrow('only in a workspace that you trust');
	expect(accepted).toBe(before);
});

test('the handshake as a command is given without contacting anything, in any workspace', async () => {
	const session = await start({ host: {} });
	const { text } = await session.client.sendRequest<HandshakeTextResult>(HANDSHAKE_TEXT, { url, tool: 'curl' });
	expect(text).toMatch(/^curl --http1\.1 /);
	expect(text).not.toContain('very-secret');
});
