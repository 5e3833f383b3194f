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

	test.each([
		['with an ignore comment between', '# websocket\n# nginx-websocket-ignore host-not-forwarded ours'],
		['with remarks between', '# websocket\n# the chat\n# of the shop'],
		['said as a person says it', '# WebSocket endpoint.'],
	])('a comment decides %s', (_, comments) => {
		expect(intents(`${comments}\nlocation /events { proxy_pass http://127.0.0.1:9000; }`)).toEqual({ '/events': 'certain' });
		expect(intents(`location /events {\n${comments}\nproxy_pass http://127.0.0.1:9000; }`)).toEqual({ '/events': 'certain' });
	});

	test.each([
		['on the far side of a blank line', '# websocket\n'],
		['behind a directive', 'server_tokens off; # websocket'],
		['that is a sentence', '# websocket clients use /live'],
	])('a comment %s does not', (_, comments) => {
		expect(intents(`${comments}\nlocation /events { proxy_pass http://127.0.0.1:9000; }`)).toEqual({ '/events': 'none' });
	});

	test('what is lost from a location around the whole site makes its parts likely, what is lost from an endpoint certain', () => {
		const nested = (outer: string, inner: string): Record<string, string> =>
			intents(
				`location ${outer} { ${FORWARDS} location ${inner} { proxy_pass http://127.0.0.1:9000; proxy_set_header Host $host; } }`,
			);
		expect(nested('/', '/feed')).toEqual({ '/': 'certain', '/feed': 'likely' });
		expect(nested('/', '/cable')).toEqual({ '/': 'certain', '/cable': 'certain' });
		expect(nested('/live', '/live/feed')).toEqual({ '/live': 'certain', '/live/feed': 'certain' });
	});

	test('a location without a handler is meant for files where root stands around it, unless it tells how to proxy', () => {
		const nested = (lines: string): Record<string, string> =>
			intents(`location /live { ${FORWARDS} location /live/a { ${lines} } }`);
		expect(nested('')).toEqual({ '/live': 'certain', '/live/a': 'certain' });
		expect(nested('nchan_subscriber;')).toEqual({ '/live': 'certain' });
		expect(intents(`root /srv; location /live { ${FORWARDS} location /live/a { } }`)).toEqual({ '/live': 'certain' });
		expect(intents(`root /srv; location /live { ${FORWARDS} location /live/a { proxy_read_timeout 1h; } }`)).toEqual({
			'/live': 'certain',
			'/live/a': 'certain',
		});
	});

	test('one that sets the headers and hands its requests on is a route, one that answers is none', () => {
		const headers = 'proxy_set_header Upgrade $http_upgrade;';
		expect(intents(`location /live { ${headers} rewrite ^ /app last; }`)).toEqual({ '/live': 'certain' });
		expect(intents(`location /live { ${headers} try_files $uri @app; }`)).toEqual({ '/live': 'certain' });
		expect(intents(`location /live { ${headers} error_page 418 = @app; return 418; }`)).toEqual({ '/live': 'certain' });
		expect(intents(`location /live { ${headers} error_page 418 = @app; return 404; }`)).toEqual({});
		expect(intents(`location /live { ${headers} rewrite ^ /app permanent; }`)).toEqual({});
		expect(intents('location /ws { rewrite ^ /app last; }')).toEqual({});
	});

	test.each([
		'if ($host = evil.test) { return 403; }',
		'error_page 404 /x;',
		'rewrite ^/live/old /x last;',
		'root www;',
		'deny 192.0.2.1;',
		'expires off;',
	])('one that sets the headers and has no handler is a route beside %s', (beside) => {
		expect(intents(`location /live { proxy_set_header Upgrade $http_upgrade; ${beside} }`)).toEqual({ '/live': 'certain' });
	});

	test.each(['return 404;', 'index index.html;', 'try_files $uri =404;', 'stub_status;', 'location /live/a { return 204; }'])(
		'but not beside %s',
		(beside) => {
			expect(intents(`location /live { proxy_set_header Upgrade $http_upgrade; ${beside} }`)).toEqual({});
		},
	);

	/** The intent of one location with one header line, in a server with `set` lines, below maps. */
	function intentBelow(line: string, http: string, server = ''): string | undefined {
		const { routes } = analysed({
			'nginx.conf': `events {}\nhttp {\n${http}\nserver {\n${server}\nlocation /feed { proxy_pass http://127.0.0.1:9000; ${line} }\n}\n}\n`,
		});
		return routes[0]?.intent.level;
	}

	test.each([
		['a map over Upgrade', "map $http_upgrade $c { default upgrade; '' close; }", ''],
		['a map over a map over Upgrade', "map $http_upgrade $a { default 1; '' ''; } map $a $c { default ''; 1 on; }", ''],
		['a map that says it', 'map $connection $c { default close; ~*upgrade Upgrade; }', ''],
		['a set', '', 'set $c upgrade;'],
	])('a Connection from %s is an attempt, whatever the variable is called', (_, http, server) => {
		expect(intentBelow('proxy_set_header Connection $c;', http, server)).toBe('certain');
	});

	test.each([
		['the Connection of the client', '$http_connection', ''],
		['nothing', "''", ''],
		['a map that never says it', '$c', 'map $uri $c { default close; /live keep-alive; }'],
		['two maps that ask for each other', '$c', 'map $d $c { default $d; } map $c $d { default $c; }'],
	])('a Connection that is %s is none', (_, value, http) => {
		expect(intentBelow(`proxy_set_header Connection ${value};`, http)).toBe('none');
	});

	test('the Connection of the client is one beside the name of an endpoint', () => {
		expect(
			intents('location /cable { proxy_pass http://127.0.0.1:9000; proxy_set_header Connection $http_connection; }'),
		).toEqual({
			'/cable': 'certain',
		});
	});

	test.each(['$http_upgrade Upgrade', '$connection_upgrade Connection', '$c Connection'])(
		'name and value the wrong way round are an attempt: %s',
		(words) => {
			expect(intentBelow(`proxy_set_header ${words};`, "map $http_upgrade $c { default upgrade; '' close; }")).toBe('certain');
		},
	);

	const RIGHT = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';
	const PASS = 'proxy_pass http://127.0.0.1:9000;';

	test('headers of a server that every location cancels were meant for those', () => {
		const app = `location /app { ${PASS} proxy_set_header Host $host; }`;
		expect(intents(`${RIGHT} location = / { return 302 /app; } ${app}`)).toEqual({ '/app': 'likely' });
		expect(intents(`${RIGHT} location / { ${PASS} proxy_set_header Connection ''; } ${app}`)).toEqual({
			'/': 'none',
			'/app': 'likely',
		});
		expect(intents(`${RIGHT} ${app} location /app/status { ${PASS} proxy_set_header Host $host; }`)).toEqual({
			'/app': 'likely',
			'/app/status': 'none',
		});
		expect(
			intents(`${RIGHT} location / { try_files $uri @app; } location @app { ${PASS} proxy_set_header Host $host; }`),
		).toEqual({
			'@app': 'likely',
		});
	});

	test.each([
		['one location has them', `location /live { ${PASS} }`, 'none'],
		['one location sets its own', `location /live { ${FORWARDS} proxy_set_header Connection upgrade; }`, 'certain'],
		['one location has the name of an endpoint', `location /cable { ${PASS} }`, 'likely'],
		['it is not known what one location sets', `location /live { include missing.conf; ${PASS} }`, 'none'],
	])('but not where %s', (_, other, intent) => {
		expect(Object.values(intents(`${RIGHT} location /app { ${PASS} proxy_set_header Host $host; } ${other}`))).toEqual([
			'none',
			intent,
		]);
	});

	test.each([
		['proxy_set_header Upgrade $http_upgrade;'],
		['proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection close;'],
		['proxy_set_header Upgrade $http_upgrad; proxy_set_header Connection upgrade;'],
		['proxy_set_header Upgrade $http_upgrade; proxy_set_header Host upgrade; proxy_set_header Connection $host;'],
	])('headers of a server that do not work were meant for the location of all: %s', (lines) => {
		expect(intents(`${lines} location / { ${PASS} }`)).toEqual({ '/': 'likely' });
		expect(intents(`${lines} location /app { ${PASS} }`)).toEqual({ '/app': 'none' });
		expect(intents(`${lines} location / { ${PASS} } location /live { ${FORWARDS} }`)).toEqual({
			'/': 'none',
			'/live': 'certain',
		});
	});

	test('headers of a server that work make the location of all able, not meant', () => {
		expect(intents(`${RIGHT} location / { ${PASS} }`)).toEqual({ '/': 'none' });
	});

	test.each([
		['auth_request /auth;', '= /auth { internal;'],
		['auth_request /auth;', '= /auth {'],
		['auth_request /internal/ws?a=$args;', '/internal/ { internal;'],
		['mirror /ws-copy;', '= /ws-copy { internal;'],
	])('what %s asks at %s is no route, whatever it sets', (line, head) => {
		expect(Object.values(intents(`location /live { ${line} ${FORWARDS} }\nlocation ${head} ${FORWARDS} }`))).toEqual([
			'certain',
			'none',
		]);
	});

	test.each([
		['auth_request off;', '= /off {'],
		['auth_request /auth;', '/auth {'],
		['mirror /ws/copy;', '/ws {'],
	])('but beside %s clients ask %s', (line, head) => {
		expect(Object.values(intents(`location /live { ${line} ${FORWARDS} }\nlocation ${head} ${FORWARDS} }`))).toEqual([
			'certain',
			'certain',
		]);
	});

	test('headers that pass in the wrong direction are an attempt', () => {
		expect(intents('location /feed { proxy_pass http://127.0.0.1:9000; proxy_pass_header Upgrade; }')).toEqual({
			'/feed': 'certain',
		});
	});
});
