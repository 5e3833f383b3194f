import { expect, test } from 'vitest';
import { DEFAULT_VERSION } from '../../server/src/core/reference/versions.ts';
import { analysed, versionOf, wholeConfiguration } from '../support/analysed.ts';
import { CHOOSY_GUARDS } from './choosyGuards.ts';
import { GUARDS } from './guards.ts';
import { ROUTING_GUARDS } from './routingGuards.ts';

/* Where nothing is wrong, nothing is said. That the handshake works there is asked of nginx in test/nginx/guards.test.ts. */

test.each(
	[...GUARDS, ...CHOOSY_GUARDS, ...ROUTING_GUARDS].map((guard) => [`${guard.rows.join(' ')}: ${guard.title}`, guard] as const),
)('%s: no error and no warning', (_, guard) => {
	const version = guard.from === undefined ? DEFAULT_VERSION : versionOf(guard.from);
	const { findings, routes } = analysed({ '/etc/nginx/nginx.conf': wholeConfiguration(guard.http, 'http') }, { version });
	expect(
		findings
			.filter(({ severity }) => severity === 'error' || severity === 'warning')
			.map(({ ruleId, message }) => `${ruleId}: ${message}`),
	).toEqual([]);
	expect(routes.length).toBeGreaterThan(0);
});

test('RT19: the path of a unix socket is no URI part', () => {
	const { findings } = analysed({
		'/etc/nginx/nginx.conf': wholeConfiguration(
			'server { listen 80; location / { try_files $uri @ws; } location @ws { proxy_pass http://unix:/run/ws.sock; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_read_timeout 1h; } }\n',
			'http',
		),
	});
	expect(findings.map(({ ruleId }) => ruleId)).toEqual([]);
});

test('PR2: HTTP/3 beside TLS over TCP', () => {
	const text = wholeConfiguration(
		'server { listen 443 ssl; listen 443 quic; http2 on; ssl_certificate a; ssl_certificate_key b; location /ws { proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_read_timeout 1h; } }\n',
		'http',
	);
	expect(analysed({ '/etc/nginx/nginx.conf': text }).findings.map(({ ruleId }) => ruleId)).toEqual([]);
});
