import { expect, test } from 'vitest';
import { UPGRADE_REPORT, type UpgradeReport } from '../../server/src/protocol/requests.ts';
import { uriOf } from '../support/lspSession.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';
const SITE = '/w/conf.d/chat.conf';
const HTTP = 'events {}\nhttp {\n\tinclude conf.d/*.conf;\n}\n';
const CHAT = `server {
	listen 8080;
	server_name chat.example.com;
	location /chat {
		proxy_pass http://127.0.0.1:9000;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location /plain {
		proxy_pass http://127.0.0.1:9000;
	}
}
`;

test('names the route whose handshake ends differently, with a link to its line in its own file', async () => {
	const session = await start({ files: { [MAIN]: HTTP, [SITE]: CHAT } });
	await session.open(MAIN, HTTP);
	const params = { uri: uriOf(MAIN), from: '1.22.1', to: '1.30' };
	const answer: UpgradeReport = await session.client.sendRequest(UPGRADE_REPORT, params);
	expect(answer.headline).toBe('From nginx 1.22.1 to 1.30.0, 1 route ends a WebSocket handshake differently.');
	expect(answer.routes).toEqual([
		{
			title: 'location /chat',
			server: 'chat.example.com',
			at: { uri: uriOf(SITE), range: { start: { line: 3, character: 1 }, end: { line: 3, character: 15 } } },
			verdicts: [
				{
					from: '1.22.1',
					verdict: 'fails',
					reason: 'the backend gets an HTTP/1.0 request, which 4 of 21 tested backends refuse',
				},
				{ from: '1.29.7', verdict: 'upgrades', reason: '' },
			],
		},
	]);
	expect(answer.report).toContain(`[chat.conf, line 4](${uriOf(SITE)}#L4)`);
	expect(answer.report).toContain(
		'- nginx 1.22.1: fails: the backend gets an HTTP/1.0 request, which 4 of 21 tested backends refuse\n- nginx 1.29.7 and newer: upgrades',
	);
});

test('takes the versions in either order, the text as it is typed, and says when nothing changes', async () => {
	const session = await start({ files: { [MAIN]: HTTP, [SITE]: CHAT } });
	await session.open(SITE, CHAT.replace('proxy_pass', 'proxy_http_version 1.1;\n\t\tproxy_pass'));
	const answer: UpgradeReport = await session.client.sendRequest(UPGRADE_REPORT, {
		uri: uriOf(SITE),
		from: '1.30.0',
		to: '1.22.0',
	});
	expect(answer.routes).toEqual([]);
	expect(answer.headline).toBe('From nginx 1.22.0 to 1.30.0, no route ends a WebSocket handshake differently.');
});

test('lists findings that only one of the versions has', async () => {
	const session = await start();
	await session.open(MAIN, `events {}\nhttp {\n${CHAT.replace('listen 8080;', 'listen 8080;\n\tssl off;')}}\n`);
	const answer: UpgradeReport = await session.client.sendRequest(UPGRADE_REPORT, { uri: uriOf(MAIN), from: '1.22', to: '1.28' });
	expect(answer.report).toMatch(
		/Findings of some of these versions only\n\n- \[nginx\.conf, line 5\]\(.*\): .*ssl.*\(Holds from nginx 1\.25\.1\.\)/,
	);
});

test('a text that is no version is refused in a sentence', async () => {
	const session = await start();
	await session.open(MAIN, HTTP);
	await expect(session.client.sendRequest(UPGRADE_REPORT, { uri: uriOf(MAIN), from: 'newest', to: '1.30' })).rejects.toThrow(
		'newest is not a version of nginx; write it like 1.26.3.',
	);
});
