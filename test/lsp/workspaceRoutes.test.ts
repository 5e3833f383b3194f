import { expect, test } from 'vitest';
import { WORKSPACE_ROUTES, type WorkspaceRoutesResult } from '../../server/src/protocol/requests.ts';
import { uriOf } from '../support/lspSession.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';
const SITE = '/w/conf.d/chat.conf';
const HTTP = 'events {}\nhttp {\n\tinclude conf.d/*.conf;\n}\n';
const CHAT = `server {
	listen 8080;
	listen 8443 ssl;
	server_name chat.example.com;
	location /chat {
		proxy_pass http://127.0.0.1:9000;
		proxy_set_header Upgrade $http_upgrade;
	}
	location /page {
		root html;
	}
}
`;
const LOOSE = 'server {\n\tlisten 81;\n\tlocation /ws {\n\t\tproxy_pass http://127.0.0.1:9001;\n\t}\n}\n';

const titles = ({ routes }: WorkspaceRoutesResult) => routes.map(({ uri, server, title }) => [uri, server, title]);

test('lists the routes of files that nobody has opened, with the lines of route and server', async () => {
	const session = await start({ files: { [MAIN]: HTTP, [SITE]: CHAT } });
	const answer: WorkspaceRoutesResult = await session.client.sendRequest(WORKSPACE_ROUTES);
	expect(titles(answer)).toEqual([[uriOf(SITE), 'chat.example.com', 'location /chat']]);
	expect(answer.routes[0]?.range.start).toEqual({ line: 4, character: 1 });
	expect(answer.routes[0]?.serverRange?.start).toEqual({ line: 0, character: 0 });
	expect(answer.routes[0]?.urls.map(({ scheme, port }) => `${scheme} ${port}`)).toEqual(['wss 8443', 'ws 8080']);
});

test('a configuration that two main files include is listed once; follows what is typed', async () => {
	const session = await start({
		files: { [MAIN]: HTTP, '/w/other/nginx.conf': HTTP.replace('conf.d', '../conf.d'), [SITE]: CHAT },
	});
	await session.open(SITE, CHAT.replace('/chat', '/talk'));
	const answer: WorkspaceRoutesResult = await session.client.sendRequest(WORKSPACE_ROUTES);
	expect(titles(answer)).toEqual([[uriOf(SITE), 'chat.example.com', 'location /talk']]);
});

test('a document that no main file includes is listed while it is open', async () => {
	const session = await start({ files: { [MAIN]: HTTP, '/w/loose.conf': LOOSE } });
	expect(titles(await session.client.sendRequest(WORKSPACE_ROUTES))).toEqual([]);
	await session.open('/w/loose.conf', LOOSE);
	expect(titles(await session.client.sendRequest(WORKSPACE_ROUTES))).toEqual([
		[uriOf('/w/loose.conf'), 'server on port 81', 'location /ws'],
	]);
});
