import { describe, expect, it } from 'vitest';
import { type Asked, forward, inShort, modelOf } from './asking.ts';

/** What runs of nginx 1.22.1, 1.26.3 and 1.30.6 showed where a model would easily be wrong; each was found by comparing them with it. */
const ROWS: readonly (readonly [says: string, server: string, asked: Asked, answer: string])[] = [
	[
		'a server that is alone on its address looks at its names when the last expression captures',
		'server_name ~^(.+)\\.example$; location / { proxy_pass http://127.0.0.1:1/$1; }',
		{ host: 'a.example' },
		'GET /a → 127.0.0.1:1',
	],
	[
		'and does not when the last one captures nothing',
		'server_name ~^(.+)\\.example$ ~^www; location / { set $b 127.0.0.1:1; proxy_pass http://$b/$1; }',
		{ host: 'a.example' },
		'GET / → 127.0.0.1:1',
	],
	[
		'a limit_except does not take over memcached_pass: it looks for a file',
		'location / { set $memcached_key $uri; memcached_pass 127.0.0.1:1; limit_except POST { } }',
		{},
		'file',
	],
	[
		'as it takes over every other pass',
		'location / { uwsgi_pass 127.0.0.1:1; limit_except POST { } }',
		{},
		'GET / → 127.0.0.1:1',
	],
	[
		'a refused request line has no URI: no named location takes it',
		`error_page 400 @ws; location @ws { ${forward(1)} }`,
		{ uri: '/%' },
		'500',
	],
	[
		'a refused Host still has one',
		`error_page 400 = @ws; location @ws { ${forward(1)} }`,
		{ uri: '/x', host: 'a..b' },
		'GET /x → 127.0.0.1:1',
	],
	[
		'$invalid_referer keeps its first value, that of the server',
		'if ($invalid_referer) { return 400; } location / { valid_referers x; if ($invalid_referer) { return 403; } return 204; }',
		{},
		'204',
	],
	[
		'$request_method keeps its first value',
		'if ($request_method = x) { } error_page 404 = /m; location / { return 404; } location /m { if ($request_method = POST) { return 201; } return 202; }',
		{ method: 'POST', plain: true },
		'201',
	],
	[
		'memcached_pass takes GET and HEAD only',
		'location / { set $memcached_key a; memcached_pass 127.0.0.1:1; }',
		{ method: 'PUT' },
		'405',
	],
	['and needs a key', 'location / { memcached_pass 127.0.0.1:1; }', {}, '500'],
	[
		'limit_except runs none of its location’s rewrites',
		`location / { limit_except POST { allow all; } rewrite ^ /new break; ${forward(1)} }`,
		{},
		'GET / → 127.0.0.1:1',
	],
	[
		'a rewrite … break in the server puts the URI part of proxy_pass out of force',
		'rewrite ^/a(.*)$ /b$1 break; location /b { proxy_pass http://127.0.0.1:1/x; }',
		{ uri: '/a/y' },
		'GET /b/y → 127.0.0.1:1',
	],
	[
		'the error page for a method keeps no method but GET and HEAD',
		`error_page 404 = @m; location / { return 404; } location @m { ${forward(1)} }`,
		{ method: 'PUT', plain: true },
		'PUT / → 127.0.0.1:1',
	],
	[
		'unless it is a URI: then the method becomes GET',
		`error_page 404 = /m; location / { return 404; } location /m { ${forward(1)} }`,
		{ method: 'PUT', plain: true },
		'GET /m → 127.0.0.1:1',
	],
	['a return of 497 is seen as 400', 'location / { return 497; }', {}, '400'],
	['a return without an address still redirects', 'location / { return 301; }', {}, '301 '],
	[
		'real_ip_header decides who is denied',
		'set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For; location / { deny 9.9.9.9; proxy_pass http://127.0.0.1:1; }',
		{ headers: [['X-Forwarded-For', '1.1.1.1, 9.9.9.9']] },
		'403',
	],
];

describe('found by comparing with nginx', () => {
	it.each(ROWS)('%s', (_says, server, asked, answer) => {
		expect(inShort(modelOf(`server { listen 8080; ${server} }`).predict(asked))).toBe(answer);
	});

	it('headers behind a bad Host are not read', () => {
		const model = modelOf(
			'server { listen 8080; error_page 400 /e; location / { proxy_pass http://127.0.0.1:1; proxy_set_header X "$http_upgrade$http_x_a"; } }',
		);
		expect(model.predict({ host: 'a..b', headers: [['X-A', 'a']] }).upstream?.headers.get('x')).toBeUndefined();
	});

	it('a URI with a space is no request for a conforming backend', () => {
		const location = forward(1, '$uri').replace('127.0.0.1:1', '$b');
		const { obstacles } = modelOf(`server { listen 8080; set $b 127.0.0.1:1; location / { ${location} } }`).predict({
			uri: '/a%20b',
		});
		expect(obstacles.map(({ code }) => code)).toEqual(['request-target']);
	});
});
