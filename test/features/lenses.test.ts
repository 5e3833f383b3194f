import { expect, test } from 'vitest';
import type { CodeLens } from 'vscode-languageserver/node';
import {
	EXPLAIN_ROUTE,
	EXPLAIN_ROUTE_COMMAND,
	type ExplainRouteResult,
	ROUTES,
	type RoutesResult,
	TEST_ROUTE_COMMAND,
} from '../../server/src/protocol/requests.ts';
import { uriOf } from '../support/lspSession.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';
const TEXT = `events {}
http {
	server {
		listen 8080;
		server_name chat.example.com;
		location / {
			proxy_pass http://127.0.0.1:9001;
		}
		location /ws/ {
			proxy_pass http://127.0.0.1:9000;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
		}
	}
}
`;

test('above each WebSocket location stand the test and, once resolved, what nginx would do', async () => {
	const session = await start({ initializationOptions: { commands: [TEST_ROUTE_COMMAND, EXPLAIN_ROUTE_COMMAND] } });
	await session.open(MAIN, TEXT);
	const lenses = await session.about<CodeLens[]>('textDocument/codeLens', MAIN);
	expect(lenses.map(({ range }) => range.start.line)).toEqual([8, 8]);
	expect(lenses[0]?.command).toMatchObject({ title: 'Test WebSocket route', command: TEST_ROUTE_COMMAND });
	const verdict = await session.client.sendRequest<CodeLens>('codeLens/resolve', lenses[1]);
	expect(verdict.command).toMatchObject({
		command: EXPLAIN_ROUTE_COMMAND,
		title: expect.stringMatching(/^✗ fails: .*HTTP\/1\.0/),
	});
});

test('a client without the commands gets the verdict as plain text only', async () => {
	const session = await start();
	await session.open(MAIN, TEXT);
	const lenses = await session.about<CodeLens[]>('textDocument/codeLens', MAIN);
	expect(lenses).toHaveLength(1);
	expect((await session.client.sendRequest<CodeLens>('codeLens/resolve', lenses[0])).command?.command).toBe('');
});

test('the setting switches the lenses off', async () => {
	const session = await start({ settings: { codeLens: false } });
	await session.open(MAIN, TEXT);
	expect(await session.about<CodeLens[]>('textDocument/codeLens', MAIN)).toEqual([]);
});

test('the routes of a document tell their URLs, what is open in them, and their verdict', async () => {
	const session = await start();
	await session.open(MAIN, TEXT);
	const result = await session.client.sendRequest<RoutesResult>(ROUTES, { uri: uriOf(MAIN) });
	expect(result).toMatchObject({ nginxVersion: '1.28.0', mainUri: uriOf(MAIN) });
	expect(result.routes).toMatchObject([
		{
			title: 'location /ws/',
			server: 'chat.example.com',
			intent: 'certain',
			verdict: 'fails',
			urls: [{ scheme: 'ws', host: 'chat.example.com', port: 8080, path: '/ws/', listenAddress: '*', hostOpen: false }],
		},
	]);
});

test('a route is explained step by step, each step with its line', async () => {
	const session = await start({ settings: { nginxVersion: '1.30' } });
	await session.open(MAIN, TEXT);
	const { routes } = await session.client.sendRequest<RoutesResult>(ROUTES, { uri: uriOf(MAIN) });
	const explained = await session.client.sendRequest<ExplainRouteResult>(EXPLAIN_ROUTE, {
		uri: uriOf(MAIN),
		routeId: routes[0]?.routeId,
	});
	expect(explained.headline).toBe('ws://chat.example.com:8080/ws/: the handshake upgrades, idle limit 60 s (default).');
	expect(explained.explanation.find(({ text }) => text.startsWith('location /ws/'))?.at?.range.start.line).toBe(8);
	expect(explained.report).toContain('As nginx 1.30.0 does it');
	expect(explained.report).toContain(`${uriOf(MAIN)}#L9`);
});

test('a URL is explained, whichever location takes it', async () => {
	const session = await start();
	await session.open(MAIN, TEXT);
	const explained = await session.client.sendRequest<ExplainRouteResult>(EXPLAIN_ROUTE, {
		uri: uriOf(MAIN),
		routeId: '',
		url: 'ws://chat.example.com:8080/other',
	});
	expect(explained.headline).toMatch(/does not upgrade/);
	expect(explained.explanation.some(({ text }) => text.includes('127.0.0.1:9001'))).toBe(true);
});

test('what is no URL is refused with a sentence', async () => {
	const session = await start();
	await session.open(MAIN, TEXT);
	await expect(
		session.client.sendRequest(EXPLAIN_ROUTE, { uri: uriOf(MAIN), routeId: '', url: 'chat.example.com' }),
	).rejects.toThrow(/is no URL of a WebSocket; write one such as/);
});
