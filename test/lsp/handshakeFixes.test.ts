import { expect, test } from 'vitest';
import { newDraft } from '../../server/src/node/handshake/draft.ts';
import {
	type HandshakeReport,
	ROUTES,
	type RoutesResult,
	TEST_HANDSHAKE,
	TRUST_GRANTED,
} from '../../server/src/protocol/requests.ts';
import { uriOf } from '../support/lspSession.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';
// The map goes in front of the server, so that the route's place moves before its other mistake is cured.
const TEXT = `events {}
http {
	server {
		listen 8080;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_set_header Upgrade $http_upgrade;
		}
	}
}
`;

test('one click after a failed test cures all mistakes of the route, also when the first cure moves it', async () => {
	const session = await start({
		host: {
			nginxVersion: async () => ({ text: 'nginx/1.26.3' }),
			handshake: async ({ url }) => newDraft(url, false),
		},
	});
	await session.open(MAIN, TEXT);
	await session.client.sendNotification(TRUST_GRANTED);
	const { routes } = await session.client.sendRequest<RoutesResult>(ROUTES, { uri: uriOf(MAIN) });
	const report = await session.client.sendRequest<HandshakeReport>(TEST_HANDSHAKE, {
		uri: uriOf(MAIN),
		routeId: routes[0]?.routeId,
		url: 'ws://localhost:8080/ws',
	});
	const [all] = report.fixes;
	expect(all?.title).toBe('Solve the 2 problems of this route');
	const text = JSON.stringify(all?.edits);
	expect(text).toContain('map $http_upgrade $connection_upgrade');
	expect(text).toContain('proxy_set_header Connection $connection_upgrade;');
	expect(text).toContain('proxy_http_version 1.1;');
});
