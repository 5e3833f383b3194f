import { describe, expect, test } from 'vitest';
import { analysed, wholeConfiguration } from '../../support/analysed.ts';

const W =
	'proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_read_timeout 1h;';

/** The rules that speak of a server with these locations. */
function said(locations: string, http = ''): readonly string[] {
	const text = wholeConfiguration(`${http}\nserver {\nlisten 8080;\n${locations}\n}\n`, 'http');
	return analysed({ '/etc/nginx/nginx.conf': text })
		.findings.filter(({ ruleId }) => !['idle-timeout', 'include-missing'].includes(ruleId))
		.map(({ ruleId, severity }) => `${severity} ${ruleId}`);
}

describe('where nobody can know who leads handshakes to a location, nothing is said of it', () => {
	test.each([
		['a script', 'location / { content_by_lua_block { ngx.exec("@ws") } }'],
		['an include that is not there', 'include gone.conf; location / { return 404; }'],
		['a name in a variable', 'location / { try_files $uri @$arg_kind; }'],
		['a failure that happens by itself', 'location / { error_page 502 = @ws; proxy_pass http://127.0.0.1:9001; }'],
		[
			'a status of the backend',
			'location / { proxy_intercept_errors on; error_page 418 = @ws; proxy_pass http://127.0.0.1:9001; }',
		],
		[
			'a return for some requests',
			'location / { error_page 418 = @ws; if ($arg_ws) { return 418; } proxy_pass http://127.0.0.1:9001; }',
		],
	])('%s', (_, other) => {
		expect(said(`${other}\nlocation @ws { ${W} }`)).toEqual([]);
	});

	test.each([
		['a script', 'location / { content_by_lua_block { ngx.exec("/_ws") } }'],
		['a variable', 'location /chat { rewrite ^ $arg_where last; }'],
		['what a rewrite keeps of the path', 'location /chat { rewrite ^/chat(.*)$ /_$1 last; }'],
		['server side includes', 'ssi on; location / { root /srv; }'],
	])('of an internal one: %s', (_, other) => {
		expect(said(`${other}\nlocation /_ws { internal; ${W} }`)).toEqual([]);
	});
});

describe('where it is known', () => {
	test('a name that is not there is reported once, at the jump', () => {
		expect(said(`location /ws { error_page 418 = @websocket; return 418; }\nlocation @ws { ${W} }`)).toEqual([
			'error named-location-missing',
		]);
		expect(said(`location /ws { try_files $uri @gone; ${W} }`)).toEqual(['error named-location-missing']);
	});

	test('a page of errors that is not there is no matter of handshakes', () => {
		expect(said(`error_page 502 @maintenance;\nlocation /ws { ${W} }`)).toEqual([]);
	});

	test('rewrites that undo each other are reported at each', () => {
		expect(
			said(`location /ws { rewrite ^/ws(.*)$ /app$1 last; ${W} }\nlocation /app { rewrite ^/app(.*)$ /ws$1 last; ${W} }`),
		).toEqual(['error rewrite-cycle', 'error rewrite-cycle']);
	});

	test('error pages that lead elsewhere do not excuse internal', () => {
		expect(said(`location /ws { internal; ${W} }`, 'error_page 500 502 503 504 /50x.html;')).toEqual([
			'warning location-internal',
		]);
		expect(said(`error_page 404 /missing$uri;\nlocation /ws { internal; ${W} }`)).toEqual(['warning location-internal']);
	});
});

describe('a location that matches nothing', () => {
	test.each([
		'ws',
		'^/ws',
		'*/ws',
		'= ws',
		'/ws?token=abc',
		'/ws?$',
		'= /ws?x',
		'~ ^/socket\\.io/\\?EIO',
		'~ ^ws',
		'/ws%20x',
		'//ws',
		'/a/../ws',
		'ws.example.com/ws',
		'http://example.com/ws',
		'$base/ws',
		'/ws/#/chat',
	])('%s: certainly', (pattern) => {
		expect(said(`location ${pattern} { ${W} }`)).toEqual(['error location-unmatchable']);
	});

	test.each(['/ws*', '/ws/*', '/ws$', '/ws(.*)', '/api/*/ws', '/users/$id/ws', '^~ /ws/.*'])('%s: probably', (pattern) => {
		expect(said(`location ${pattern} { ${W} }`)).toEqual(['warning location-unmatchable']);
	});

	test.each([
		'/ws',
		'~ ws',
		'~ ^/ws(\\?.*)?$',
		'~ ^/a\\?x|^/ws',
		'/c++',
		'"/my ws"',
		'SUBFOLDERws',
		'${BASE}/ws',
		'__PATH__/ws',
		'@@path@@/ws',
	])('%s is none, or nobody knows', (pattern) => {
		expect(said(`location ${pattern} { ${W} }`)).not.toContainEqual(expect.stringContaining('location-unmatchable'));
	});
});
