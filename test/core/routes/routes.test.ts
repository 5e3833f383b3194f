import { describe, expect, test } from 'vitest';
import { formatUrl } from '../../../server/src/core/routes/urls.ts';
import { verdictOf } from '../../../server/src/core/routes/verdict.ts';
import { analysed, versionOf } from '../../support/analysed.ts';

const WORKS =
	'proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';

function routes(http: string, version = '1.28.0', more: Readonly<Record<string, string>> = {}) {
	return analysed({ '/etc/nginx/nginx.conf': `events {}\nhttp {\n${http}\n}\n`, ...more }, { version: versionOf(version) })
		.routes;
}

/** `location /ws: fails: …` for each route. */
const verdicts = (http: string, version?: string): readonly string[] =>
	routes(http, version).map((route) => {
		const { verdict, reason } = verdictOf(route);
		return `${route.at.node.args.map(({ value }) => value).join(' ')}: ${verdict}${reason === '' ? '' : `: ${reason}`}`;
	});

describe('the verdict of a route', () => {
	test.each([
		['works', `location /ws { ${WORKS} }`, ['/ws: upgrades']],
		[
			'lacks the headers',
			'location /ws { proxy_pass http://127.0.0.1:9000; }',
			[expect.stringMatching(/^\/ws: fails: the backend gets no Upgrade/)],
		],
		[
			'asks for a token',
			`location /ws { if ($arg_token = '') { return 401; } ${WORKS} }`,
			['/ws: upgrades: for clients that bring what it asks for; without that nginx answers 401 itself'],
		],
		[
			'asks for a token, and lacks the headers',
			"location /ws { if ($arg_token = '') { return 401; } proxy_pass http://127.0.0.1:9000; }",
			[expect.stringMatching(/^\/ws: fails: the backend gets no Upgrade/)],
		],
		['is answered by the server', `return 403; location /ws { ${WORKS} }`, ['/ws: fails: nginx answers 403 itself']],
		[
			'is redirected by the server',
			`return 301 https://x$request_uri; location /ws { ${WORKS} }`,
			['/ws: fails: nginx answers 301 itself'],
		],
		[
			'is taken by a regular expression',
			`location ~ ^/w { return 404; } location /ws { ${WORKS} }`,
			['/ws: fails: nginx answers 404 itself'],
		],
		[
			'depends on an include that is not there',
			`location /ws { ${WORKS} include missing.conf; }`,
			[expect.stringMatching(/^\/ws: unknown: include missing\.conf/)],
		],
	])('%s', (_, locations, expected) => {
		expect(verdicts(`server { listen 8080; ${locations} }`)).toEqual(expected);
	});

	test('stands for a version', () => {
		const http = `server { listen 8080; location /ws { ${WORKS.replace(' proxy_http_version 1.1;', '')} } }`;
		expect(verdicts(http, '1.28.0')).toEqual([
			'/ws: fails: the backend gets an HTTP/1.0 request, which 4 of 21 tested backends refuse',
		]);
		expect(verdicts(http, '1.29.7')).toEqual(['/ws: upgrades']);
	});
});

describe('which places are routes', () => {
	test('every location that proxies, in the order of the file, nested ones and those of includes too', () => {
		const found = routes(
			'server { listen 80; location /a { proxy_pass http://x; location /a/b { proxy_pass http://y; } } location /static { root /srv; } include more.conf; }',
			'1.28.0',
			{ '/etc/nginx/more.conf': 'location /c { uwsgi_pass z; }\n' },
		);
		expect(found.map(({ at }) => at.node.args[0]?.value)).toEqual(['/a', '/a/b', '/c']);
		expect(found.map(({ at }) => at.file.path.split('/').at(-1))).toEqual(['nginx.conf', 'nginx.conf', 'more.conf']);
	});

	test('a location that lost its handler only where it is meant for WebSockets', () => {
		const at = (name: string): number =>
			routes(`server { listen 80; location /x { ${WORKS} location /x/${name} { proxy_read_timeout 1h; } } }`).length;
		expect(at('room')).toBe(2);
		expect(
			routes('server { listen 80; location /x { proxy_pass http://x; location /x/y { proxy_read_timeout 1h; } } }'),
		).toHaveLength(1);
	});

	test('one file included by two servers is a route in each, with an id of its own', () => {
		const found = routes('server { listen 80; include ws.conf; } server { listen 81; include ws.conf; }', '1.28.0', {
			'/etc/nginx/ws.conf': `location /ws { ${WORKS} }\n`,
		});
		expect(new Set(found.map(({ id }) => id)).size).toBe(2);
		expect(found.flatMap(({ urls }) => urls.map(({ port }) => port))).toEqual([80, 81]);
	});

	test('a stream server', () => {
		const { routes: found } = analysed({
			'nginx.conf': 'events {}\nstream { server { listen 9100; proxy_pass 127.0.0.1:9000; } }\n',
		});
		expect(found.map((route) => [route.match, verdictOf(route).verdict])).toEqual([[undefined, 'upgrades']]);
	});
});

describe('the URL of a route', () => {
	test.each([
		['listen 80; server_name chat.example.com;', '/ws', ['ws://chat.example.com/ws']],
		['listen 443 ssl; server_name chat.example.com;', '/ws/', ['wss://chat.example.com/ws/']],
		['listen 8080; listen 8443 ssl;', '= /ws', ['wss://localhost:8443/ws', 'ws://localhost:8080/ws']],
		['listen 80; server_name *.example.com;', '/ws', [expect.stringMatching(/^ws:\/\/[a-z]+\.example\.com\/ws$/)]],
		['listen 80;', '@named', []],
		['listen 80;', '~ ^/cool/(.*)/ws$', ['ws://localhost/cool/x/ws']],
		['listen 80;', '~* \\.(?:ws|js)$', ['ws://localhost/index.ws']],
	])('%s location %s', (server, location, urls) => {
		const [route] = routes(`server { ${server} location ${location} { ${WORKS} } }`);
		expect(route?.urls.map(formatUrl)).toEqual(urls);
	});

	test('tells what is only an example: the rest of a prefix, a name out of a pattern', () => {
		const [prefix] = routes(`server { listen 80; server_name a.example; location /ws { ${WORKS} } }`);
		expect(prefix?.urls[0]).toMatchObject({ pathOpen: true, hostOpen: false });
		const [exact] = routes(`server { listen 80; server_name ~^w; location = /ws { ${WORKS} } }`);
		expect(exact?.urls[0]).toMatchObject({ pathOpen: false, hostOpen: true });
	});

	test('an internal location has none', () => {
		expect(routes(`server { listen 80; location /ws { internal; ${WORKS} } }`)[0]?.urls).toEqual([]);
	});
});
