import { describe, expect, test } from 'vitest';
import { analysed } from '../../support/analysed.ts';

/** The intent of each location of one server, by its pattern. */
function intents(locations: string): Record<string, string> {
	const { routes } = analysed({ 'nginx.conf': `events {}\nhttp {\nserver {\nlisten 8080;\n${locations}\n}\n}\n` });
	return Object.fromEntries(routes.map((route) => [route.at.node.args.map(({ value }) => value).join(' '), route.intent.level]));
}

const FORWARDS = 'proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;';

describe('what a location is meant for', () => {
	test('a health check, figures and files beside an endpoint are not meant for WebSockets, whatever backend they share', () => {
		const plain = [
			'/ws/health',
			'/ws/healthz',
			'/socket.io/metrics',
			'/socket.io/socket.io.js',
			'~ ^/ws/.*\\.(?:css|js)$',
			'/sockjs-node/info',
		];
		expect(
			intents(
				`location /ws { ${FORWARDS} }\n${plain.map((path) => `location ${path} { proxy_pass http://127.0.0.1:9000; }`).join('\n')}`,
			),
		).toEqual({ '/ws': 'certain', ...Object.fromEntries(plain.map((path) => [path, 'none'])) });
	});

	test('nor are they by the name of their upstream', () => {
		expect(intents('location /ws/health { proxy_pass http://websocket_backend/health; }')).toEqual({ '/ws/health': 'none' });
		expect(intents('location /live { proxy_pass http://websocket_backend; }')).toEqual({ '/live': 'likely' });
	});

	test('the same path is meant for them once it forwards the upgrade', () => {
		expect(intents(`location /ws/health { ${FORWARDS} }`)).toEqual({ '/ws/health': 'certain' });
	});

	test('a well-known path is likely; with the backend of a certain route it is certain', () => {
		expect(intents('location /cable { proxy_pass http://127.0.0.1:9000; }')).toEqual({ '/cable': 'likely' });
		expect(intents(`location /cable { proxy_pass http://127.0.0.1:9000; } location /chat { ${FORWARDS} }`)).toEqual({
			'/cable': 'certain',
			'/chat': 'certain',
		});
	});

	test('headers at server level make locations able, not meant', () => {
		expect(
			intents(
				'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; location /api { proxy_pass http://127.0.0.1:9000; }',
			),
		).toEqual({ '/api': 'none' });
	});

	test('a comment decides', () => {
		expect(
			intents(
				'# websocket\nlocation /events { proxy_pass http://127.0.0.1:9000; }\n# not websocket\nlocation /ws { proxy_pass http://127.0.0.1:9000; }',
			),
		).toEqual({ '/events': 'certain', '/ws': 'none' });
	});
});
