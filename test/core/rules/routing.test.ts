import { describe, expect, test } from 'vitest';
import { verdictOf } from '../../../server/src/core/routes/verdict.ts';
import { analysed, wholeConfiguration } from '../../support/analysed.ts';

/* Which location takes a handshake, and what is said where it is the wrong one. That nginx does so is proved by the examples and the guards. */

const P = 'proxy_pass http://127.0.0.1:9000;';
const H =
	'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_read_timeout 1h;';
const W = `${P} ${H}`;

const analysis = (locations: string, http: string) =>
	analysed({ '/etc/nginx/nginx.conf': wholeConfiguration(`${http}\nserver {\nlisten 8080;\n${locations}\n}\n`, 'http') });

/** The findings about a server with these locations, those of the idle timeout left out. */
const said = (locations: string, http = '') =>
	analysis(locations, http).findings.filter(({ ruleId }) => ruleId !== 'idle-timeout' && ruleId !== 'origin-unchecked');

const rules = (locations: string, http = ''): readonly string[] =>
	said(locations, http).map(({ ruleId, severity }) => `${severity} ${ruleId}`);

const titles = (locations: string, http = ''): readonly string[] =>
	said(locations, http).flatMap((finding) => finding.fixes().map(({ title }) => title));

const verdicts = (locations: string): readonly string[] =>
	analysis(locations, '').routes.map((route) => {
		const { verdict, reason } = verdictOf(route);
		return `${route.match?.pattern}: ${verdict}${reason === '' ? '' : `: ${reason}`}`;
	});

describe('the path of the location itself', () => {
	test.each([
		['an expression for one segment', `location /ws { ${W} } location ~ ^/[a-z]+$ { return 404; }`],
		[
			'of Jitsi Meet',
			`location /xmpp-websocket { ${W} } location ~ ^/([^/?&:'"]+)$ { try_files $uri @root_path; } location @root_path { root /x; }`,
		],
		['a rewrite of the server', `rewrite ^(.+)/$ $1 permanent; location /socket.io/ { ${W} }`],
		['a rewrite of the location', `location /socket.io { rewrite ^(.+)/$ $1 permanent; ${W} }`],
		['a condition on the request line', `if ($request_uri ~ ^/(.+)/$) { return 301 /$1; } location /ws/ { ${W} }`],
	])('is taken by %s', (_, locations) => {
		expect(rules(locations)).toEqual(['warning own-path-lost']);
	});

	test('is information where the location is not named as an endpoint', () => {
		expect(rules(`location /meet { ${W} } location ~ ^/[a-z]+$ { return 404; }`)).toEqual(['information own-path-lost']);
	});

	test('no cure does away with an expression that is there for it', () => {
		expect(titles(`location /ws { ${W} } location ~ ^/ws$ { root /x; }`)).toEqual([]);
	});

	test('is nothing where a token decides', () => {
		expect(rules(`location /ws { if ($arg_token = '') { return 401; } ${W} }`)).toEqual([]);
	});

	test('is named in the verdict', () => {
		expect(verdicts(`location /ws { ${W} } location ~ ^/[a-z]+$ { return 404; }`)).toEqual([
			'/ws: upgrades: for other paths than /ws; there nginx answers 404 itself',
		]);
	});
});

describe('an expression behind a prefix', () => {
	test.each(['^~ / { return 404; }', '^~ / { root /x; }', '^~ /rt/ { return 404; }'])('is hidden by location %s', (hidden) => {
		expect(rules(`location ~ ^/rt/[0-9]+$ { ${W} } location ${hidden}`)).toEqual(['error location-shadowed']);
	});

	test('is hidden by an exact location where it has that path alone', () => {
		expect(rules(`location ~ ^/rt$ { ${W} } location = /rt { return 404; }`)).toEqual(['error location-shadowed']);
		expect(rules(`location ~ ^/rt { ${W} } location = /rt { return 404; }`)).toEqual([]);
	});

	test('may have paths elsewhere', () => {
		expect(rules(`location ~ /rt/[0-9]+$ { ${W} } location ^~ /rt/ { return 404; }`)).toEqual([]);
	});
});

describe('try_files before proxy_pass', () => {
	test.each([
		['a page', `location /ws { try_files $uri /index.html; ${W} } location / { root html; }`],
		[
			'PHP',
			`location /app { try_files $uri /index.php?$query_string; ${W} } location ~ \\.php$ { fastcgi_pass 127.0.0.1:9001; }`,
		],
		['a named location', `location /ws { try_files $uri @web; ${W} } location @web { root /x; }`],
	])('leads to %s', (_, locations) => {
		expect(rules(locations)).toEqual(['error handshake-answered']);
		expect(titles(locations).join()).toContain('Remove this try_files');
	});

	test('leads to another backend without the headers: it is in the way', () => {
		const locations = (other: string): string => `location /ws { try_files $uri @web; ${W} } location @web { ${other} }`;
		expect(titles(locations('proxy_pass http://127.0.0.1:9001;'))[0]).toMatch(/^Remove this try_files \(also changes plain/);
		expect(titles(locations(P))[0]).toMatch(/^Forward the upgrade headers/);
	});

	test('is not taken away where a password guards what it leads to', () => {
		const guarded = `${P} auth_basic x; auth_basic_user_file htpasswd;`;
		expect(
			titles(`location /ws { try_files $uri @web; proxy_pass http://127.0.0.1:9001; ${H} } location @web { ${guarded} }`).join(),
		).not.toContain('Remove this try_files');
	});
});

describe('a rewrite', () => {
	test('that leads some paths to a WebSocket location is no certain loss', () => {
		const locations = `location /ws/ { ${W} } location /v2/ { rewrite ^/v2/(.*)$ /$1 last; ${W} } location / { ${P} }`;
		expect(rules(locations).filter((rule) => !rule.startsWith('information'))).toEqual([]);
		expect(verdicts(locations)[1]).toBe('/v2/: upgrades: for other paths than /v2/; there the backend gets no Upgrade header');
	});

	test('of the server takes the path before any location', () => {
		const locations = `rewrite ^/grafana/(.*) /$1 break; location / { ${P} } location /grafana/api/live { ${W} }`;
		expect(rules(locations)).toEqual(['error handshake-fails']);
		expect(said(locations)[0]?.message).toContain('changes the path before nginx looks for a location');
		expect(verdicts(locations)[1]).toMatch(/: fails: a rewrite of the server leads it to location \/, and/);
	});
});

describe('a named location that is not there', () => {
	test.each([
		['try_files', 'location /ws { try_files /nope @b; }'],
		['error_page', 'location /ws { error_page 418 = @b; return 418; }'],
		['a status of try_files', 'location /ws { error_page 404 = @b; try_files $uri =404; }'],
		['behind a password', 'location /ws { auth_basic x; auth_basic_user_file htpasswd; try_files /nope @b; }'],
	])('%s', (_, locations) => {
		expect(rules(locations)).toEqual(['warning named-location-missing']);
	});

	test('every jump to it is mended at once', () => {
		const fixed = said(
			`location / { try_files $uri @b; } location /cable { try_files /nope @b; } location @bx { ${W} }`,
		)[0]?.fixes()[0];
		expect(fixed?.edits.map(({ text }) => text)).toEqual(['@bx', '@bx']);
	});

	test('is nothing of handshakes where no endpoint leads there', () => {
		expect(rules('location /shop { try_files $uri @gone; }')).toEqual([]);
	});
});

test('slash-redirect is silent about socket.io, whose clients send the slash', () => {
	expect(rules(`location /socket.io/ { ${W} } location / { ${P} }`)).toEqual([]);
});
