import { describe, expect, test } from 'vitest';
import { buildFragment } from '../../server/src/core/config/build.ts';
import type { Files } from '../../server/src/core/config/model.ts';
import { analyse } from '../../server/src/core/engine/analyse.ts';
import { analysed, versionOf } from '../support/analysed.ts';
import { memoryFiles } from '../support/memoryFiles.ts';

/* What a rule says, or does not say, of configurations that differ in one thing. */

const W =
	'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_read_timeout 1h;';

/** A server whose location /ws works, with something more in it. */
const works = (more: string, head = 'listen 80;'): string =>
	`server { ${head} location /ws { proxy_pass http://127.0.0.1:9000; ${W} ${more} } }`;
const cached = (more: string, http = ''): string =>
	`proxy_cache_path cache keys_zone=pages:1m; ${http} ${works(`proxy_cache pages; ${more}`)}`;
const limited = (more: string): string => `limit_conn_zone $binary_remote_addr zone=a:1m; ${works(`limit_conn a 2; ${more}`)}`;
const other = (head: string): string => `server { ${head} location / { return 404; } }`;

/** The rules and sentences for the inside of an http block. */
function said(http: string, rule: string, version = '1.22.1'): readonly string[] {
	const { findings } = analysed({ '/etc/nginx/nginx.conf': `events {}\nhttp {\n${http}\n}\n` }, { version: versionOf(version) });
	return findings.filter(({ ruleId }) => ruleId === rule).map(({ severity, message }) => `${severity}: ${message}`);
}

describe('cached-handshake', () => {
	test.each([
		['a map over Upgrade', 'proxy_cache_bypass $nocache;', 'map $http_upgrade $nocache { default 0; websocket 1; }'],
		['a bypass for everybody', 'proxy_cache_bypass 1;', ''],
		['no buffering, so nothing is stored', 'proxy_buffering off;', ''],
		['a key that holds Upgrade', 'proxy_cache_key $uri$http_upgrade;', ''],
	])('is silent about %s', (_, more, http) => {
		expect(said(cached(more, http), 'cached-handshake')).toEqual([]);
	});

	test('is not calmed by a bypass that says 0', () => {
		expect(
			said(cached('proxy_cache_bypass $nocache;', 'map $http_upgrade $nocache { default 0; h2c 1; }'), 'cached-handshake'),
		).toHaveLength(1);
	});

	test('names the one line that is missing', () => {
		expect(said(cached('proxy_no_cache $http_upgrade;'), 'cached-handshake').join()).toMatch(
			/Write `proxy_cache_bypass \$http_upgrade;` here\.$/,
		);
	});
});

describe('tunnel-limit', () => {
	test('names the status that the person chose', () => {
		expect(said(limited('limit_conn_status 429;'), 'tunnel-limit').join()).toContain('handshakes get 429');
	});

	test('is silent about a dry run', () => {
		expect(said(limited('limit_conn_dry_run on;'), 'tunnel-limit')).toEqual([]);
	});
});

describe('backend-keepalive-lost', () => {
	test('says one thing of a keepalive that is lost anyway', () => {
		const text = `map $http_upgrade $c { default upgrade; '' close; } upstream b { server 127.0.0.1:9000; keepalive 8; least_conn; }
server { listen 80; location /ws { proxy_pass http://b; ${W.replace('"upgrade"', '$c')} } }`;
		expect(said(text, 'backend-keepalive-lost')).toHaveLength(1);
		expect(said(text, 'backend-keepalive-lost').join()).toContain('Move least_conn above it');
	});
});

describe('server-unreachable', () => {
	test.each([
		['another port', other('listen 81; server_name a.example.com;'), 'listen 80; server_name a.example.com;'],
		['another name', other('listen 80; server_name b.example.com;'), 'listen 80; server_name a.example.com;'],
		['the default server', other('listen 80;'), 'listen 80 default_server;'],
	])('is silent about %s', (_, first, head) => {
		expect(said(`${first}\n${works('', head)}`, 'server-unreachable')).toEqual([]);
	});

	test('warns of the one name that leads elsewhere', () => {
		const first = other('listen 80; server_name a.example.com;');
		const text = `${first}\n${works('', 'listen 80; server_name a.example.com b.example.com;')}`;
		expect(said(text, 'server-unreachable').join()).toMatch(/^warning: .*handshakes for that name go there/);
	});

	test('only informs where TLS still leads here', () => {
		const head = 'listen 80; listen 443 ssl; ssl_certificate c.pem; ssl_certificate_key c.key; server_name a.example.com;';
		expect(said(`${other('listen 80; server_name a.example.com;')}\n${works('', head)}`, 'server-unreachable').join()).toMatch(
			/^information: .* comes first on port 80 \(/,
		);
	});
});

describe('server-name-odd', () => {
	test.each([
		'_',
		'a.example.com',
		'*.example.com',
		'.example.com',
		'www.example.*',
		'~^a,b$',
		'""',
		'a_b.example.com',
		'$hostname',
	])('is silent about %s', (name) => {
		expect(said(`${other('listen 80;')}\n${works('', `listen 80; server_name ${name};`)}`, 'server-name-odd')).toEqual([]);
	});

	test('only informs about the default server', () => {
		expect(said(works('', 'listen 80; server_name a.example.com,;'), 'server-name-odd').join()).toMatch(/^information: /);
	});
});

describe('listen-without-tls', () => {
	const certificate = 'ssl_certificate c.pem; ssl_certificate_key c.key;';
	test('is silent where another server brings TLS to the port', () => {
		const first = other(`listen 443 ssl; server_name b.example.com; ${certificate}`);
		expect(said(`${first}\n${works('', `listen 443; ${certificate}`)}`, 'listen-without-tls')).toEqual([]);
	});

	test('is silent without a certificate', () => {
		expect(said(works('', 'listen 443;'), 'listen-without-tls')).toEqual([]);
	});
});

/** The titles of the fixes that a rule offers for the inside of an http block. */
function fixes(http: string, rule: string): readonly string[] {
	return analysed({ '/etc/nginx/nginx.conf': `events {}\nhttp {\n${http}\n}\n` })
		.findings.filter(({ ruleId }) => ruleId === rule)
		.flatMap((finding) => finding.fixes().map(({ title }) => title));
}

test.each(['https://a.example.com', 'a.example.com:8080', 'a.example.com,', 'http://a.example.com/'])(
	'server-name-odd mends %s also where the default server answers everything',
	(name) => {
		const text = `server { listen 80 default_server; return 404; }\n${works('', `listen 80; server_name ${name};`)}`;
		expect(fixes(text, 'server-name-odd')).toEqual(['Write a.example.com']);
		// Not the return of the other server is to blame.
		expect(said(text, 'handshake-answered')).toEqual([]);
	},
);

describe('proxy-target-unusable', () => {
	const passes = (lines: string, http = ''): string => `${http} server { listen 80; location /ws { ${lines} ${W} } }`;
	const titles = (http: string): readonly string[] => fixes(http, 'proxy-target-unusable');

	test('puts http:// in front where no value has a scheme', () => {
		expect(titles(passes('set $b 127.0.0.1:9000; proxy_pass $b;'))).toEqual(['Write http:// in front of $b']);
		expect(titles(passes('proxy_pass $b;', 'map $server_port $b { default 127.0.0.1:9000; 81 127.0.0.1:9001; }'))).toHaveLength(
			1,
		);
	});

	test('but not where another value has one', () => {
		expect(titles(passes('proxy_pass $b;', 'map $server_port $b { default 127.0.0.1:9000; 81 http://127.0.0.1:9001; }'))).toEqual(
			[],
		);
	});

	test('speaks of a resolver only where a variable gives the host', () => {
		const down = passes('proxy_pass http://b;', 'upstream b { server 127.0.0.1:9000 down; server 127.0.0.1:9001 down; }');
		expect(said(down, 'proxy-target-unusable').join()).toContain('both servers of upstream "b"');
		expect(said(down, 'proxy-target-unusable').join()).not.toContain('resolver');
	});
});

describe('read-timeout-zero', () => {
	test('is silent about connect timeouts of 0 to a socket, which connects at once', () => {
		const text = works('proxy_connect_timeout 0;').replace('http://127.0.0.1:9000', 'http://unix:/run/chat.sock');
		expect(said(text, 'read-timeout-zero')).toEqual([]);
	});
});

describe('listen-quic-only', () => {
	test('is silent where another port speaks TLS over TCP', () => {
		const head = 'listen 443 quic; listen 8443 ssl; ssl_certificate c.pem; ssl_certificate_key c.key;';
		expect(said(works('', head), 'listen-quic-only', '1.30.0')).toEqual([]);
	});
});

describe('proxy-target-unusable, of all values', () => {
	const to = (target: string, http = '', more = ''): string =>
		`${http} server { listen 80; ${more} location /ws { proxy_pass ${target}; ${W} } }`;
	const map = (entries: string): string => `map $arg_room $pool { ${entries} }`;

	test.each([
		['values with their scheme', to('$pool', map('default http://127.0.0.1:1; a http://127.0.0.1:2;'))],
		['a scheme in front of the values', to('$scheme://$pool', map('default 127.0.0.1:1; a 127.0.0.1:2;'))],
		['a value that a capture gives', to('$pool', map('~^(?<b>.+)$ $b; default http://127.0.0.1:1;'))],
		['a word that stands for none', to('$pool', map('default http://127.0.0.1:1; a off;'))],
		[
			'an if that asks for the empty value',
			to('http://$p', 'split_clients $uri $p { 50% 127.0.0.1:1; }', 'if ($p = "") { return 404; }'),
		],
		[
			'what another server sets',
			`${to('$b', '', 'set $b http://127.0.0.1:1;')} server { listen 81; set $b 127.0.0.1:1; location / { proxy_pass http://$b; } }`,
		],
	])('is silent about %s', (_, http) => {
		expect(said(http, 'proxy-target-unusable')).toEqual([]);
	});

	test.each([
		['error', to('$pool', map('default 127.0.0.1:1; a 127.0.0.1:2;'))],
		['error', to('http://$pool', map(''))],
		['error', to('http:/$pool', map('default 127.0.0.1:1; a 127.0.0.1:2;'))],
		['error', to('htp://$arg_host')],
		['warning', to('$pool', map('default http://127.0.0.1:1; a 127.0.0.1:2;'))],
		['warning', to('http://$p', 'split_clients $uri $p { 50% 127.0.0.1:1; }')],
	])('says %s of %s', (severity, http) => {
		expect(said(http, 'proxy-target-unusable').join()).toMatch(new RegExp(`^${severity}: nginx answers 500 to`));
	});
});

describe('what one version refuses and another takes', () => {
	test.each([
		['directive-value', 'server { listen 80; set $r 1k; location / { proxy_limit_rate $r; } }', '1.26.3', '1.27.0'],
		['directive-value', 'server { listen 80; resolver 127.0.0.1 ipv4=off; }', '1.22.1', '1.23.1'],
	])('%s: %s', (rule, http, before, from) => {
		expect(said(http, rule, before)).toHaveLength(1);
		expect(said(http, rule, from)).toEqual([]);
	});

	test('resolve was in nginx Plus alone, and wants a zone since', () => {
		const http = 'upstream b { server a.example:80 resolve; } server { listen 80; location / { proxy_pass http://b; } }';
		expect(said(http, 'upstream-refused', '1.26.3').join()).toMatch(/^information: Only nginx Plus/);
		expect(said(http, 'upstream-refused', '1.30.0').join()).toMatch(/^error: .* needs its upstream in shared memory/);
		expect(said(http.replace('{ server', '{ zone b 64k; server'), 'upstream-refused', '1.30.0')).toEqual([]);
	});

	test('http2 on becomes a parameter of listens with TLS, and is left out beside a plain one', () => {
		const fixOf = (listen: string): string | undefined =>
			analysed(
				{ '/etc/nginx/nginx.conf': `events {}\nhttp {\nserver {\n${listen}\nhttp2 on;\nreturn 404;\n}\n}\n` },
				{ version: versionOf('1.22.1') },
			)
				.findings.find(({ ruleId }) => ruleId === 'directive-version')
				?.fixes()[0]?.title;
		expect(fixOf('listen 443 ssl;')).toBe('Write http2 on the listen instead');
		expect(fixOf('listen 80;')).toBe('Leave http2 out');
	});
});

describe('events-missing', () => {
	const findings = (path: string, text: string): readonly string[] =>
		analysed({ [path]: text }).findings.flatMap(({ ruleId }) => (ruleId === 'events-missing' ? [ruleId] : []));

	test('speaks of a main file alone', () => {
		const http = 'http { server { listen 80; } }\n';
		expect(findings('/etc/nginx/nginx.conf', http)).toEqual(['events-missing']);
		expect(findings('/etc/nginx/nginx.conf', `include more/*.conf;\n${http}`)).toEqual([]);
		expect(findings('/etc/nginx/nginx.conf', 'server { listen 80; }\n')).toEqual([]);
	});
});

describe('certificate-missing', () => {
	test.each([
		[
			'the default server of the port has one',
			'server { listen 443 ssl; ssl_certificate a; ssl_certificate_key b; } server { listen 443 ssl; }',
		],
		['the http block has one', 'ssl_certificate a; ssl_certificate_key b; server { listen 443 ssl; }'],
		['the handshake is refused', 'server { listen 443 ssl; ssl_reject_handshake on; }'],
		['a file is not here', 'server { listen 443 ssl; include snippets/tls.conf; }'],
		['servers are not here', 'include sites/*.conf; server { listen 443 ssl; }'],
		['the key comes from around', 'ssl_certificate_key b; server { listen 443 ssl; ssl_certificate a; }'],
	])('is silent where %s', (_, http) => {
		expect(said(http, 'certificate-missing')).toEqual([]);
	});

	test('sees the default server of the port', () => {
		expect(
			said(
				'server { listen 443 ssl; ssl_certificate a; ssl_certificate_key b; } server { listen 443 ssl default_server; }',
				'certificate-missing',
			),
		).toHaveLength(1);
		expect(said('server { listen 443 quic; }', 'certificate-missing', '1.30.0')).toHaveLength(1);
	});
});

test('a fragment may stand in stream', () => {
	const files = memoryFiles({ '/w/dns.conf': 'server { listen 53 udp; return $remote_addr; }\n' });
	const rebuild = (changed: Files) => buildFragment('/w/dns.conf', changed, 'http', 'content');
	const { findings } = analyse(rebuild(files), { version: versionOf('1.22.1'), files, rebuild });
	expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
});
describe('values that are known only while nginx runs', () => {
	const sends = (upgrade: string, connection: string): string =>
		`server { listen 80; location /feed { proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; proxy_set_header Upgrade ${upgrade}; proxy_set_header Connection ${connection}; } }`;
	const wrong = (http: string): readonly string[] =>
		['upgrade-value-wrong', 'connection-not-upgrade', 'map-wrong-value', 'handshake-fails'].flatMap((rule) => said(http, rule));

	test.each([
		['an argument', '', '$arg_up', 'upgrade'],
		['a header of the client', '', '$http_x_up', 'upgrade'],
		['a share that is websocket', 'split_clients $remote_addr $v { 50% websocket; * ""; }', '$v', 'upgrade'],
		['a network that is let in', 'geo $v { default ""; 10.0.0.0/8 websocket; }', '$v', 'upgrade'],
		['a map over the address', 'map $remote_addr $v { default h2c; 10.0.0.1 websocket; }', '$v', 'upgrade'],
		['a map over the host', 'map $host $v { default h2c; ws.test websocket; }', '$v', 'upgrade'],
		['a word in two parts', 'split_clients $remote_addr $v { 50% socket; * site; }', 'web$v', 'upgrade'],
		['a number that an entry fits', 'map $connection $v { default close; ~1$ upgrade; }', '$http_upgrade', '$v'],
		[
			'a map that passes on what it is asked',
			'map $remote_addr $v { default $http_connection; 10.0.0.1 close; }',
			'$http_upgrade',
			'$v',
		],
	])('may be right: %s', (_, http, upgrade, connection) => {
		expect(wrong(`${http} ${sends(upgrade, connection)}`)).toEqual([]);
	});

	test.each([
		['the address of the client', '', '$remote_addr', 'upgrade'],
		['the host that is asked for', '', '$http_upgrade', '$host'],
		['the path', '', '$request_uri', 'upgrade'],
		['shares of which none is right', 'split_clients $remote_addr $v { 50% blue; * green; }', '$v', 'upgrade'],
		['networks of which none is right', 'geo $v { default blue; 10.0.0.0/8 green; }', '$v', 'upgrade'],
		['a map of which no value is right', 'map $remote_addr $v { default close; 10.0.0.1 keep-alive; }', '$http_upgrade', '$v'],
		['a number that no entry fits', 'map $connection $v { default close; ~*upgrade upgrade; }', '$http_upgrade', '$v'],
	])('are never right: %s', (_, http, upgrade, connection) => {
		expect(wrong(`${http} ${sends(upgrade, connection)}`)).toHaveLength(1);
	});
});

describe('what fails behind auth_request', () => {
	const behind = (lines: string, auth = 'proxy_pass http://127.0.0.1:9001;'): string =>
		`server { listen 80; location = /auth { internal; ${auth} } location /ws { auth_request /auth; ${lines} ${W} } }`;

	test.each([
		['a host that nothing resolves', 'set $b app; proxy_pass http://$b:3000;'],
		['a scheme that is none', 'set $p ws; proxy_pass $p://127.0.0.1:3000;'],
	])('is said, as for a client that is let in: %s', (_, lines) => {
		expect(said(behind(lines), 'proxy-target-unusable')).toHaveLength(1);
		expect(said(behind(lines), 'handshake-fails')).toEqual([]);
	});

	test('is not said where the one that is let in gets through', () => {
		expect(said(behind('proxy_pass http://127.0.0.1:9000;'), 'handshake-fails')).toEqual([]);
		expect(said(behind('if ($arg_t = "") { return 403; } proxy_pass http://127.0.0.1:9000;'), 'handshake-fails')).toEqual([]);
	});

	test.each(['', 'error_page 404 /404.html;'])('auth_request to a location with nothing in it fails: %s', (more) => {
		expect(said(behind('proxy_pass http://127.0.0.1:9000;', more), 'auth-request-broken')).toHaveLength(1);
	});

	test.each(['error_page 404 =204 /none;', 'error_page 404 @ok;', 'root /srv;', 'auth_by_lua x;', 'try_files $uri =204;'])(
		'it may not where there is something: %s',
		(auth) => {
			expect(said(behind('proxy_pass http://127.0.0.1:9000;', auth), 'auth-request-broken')).toEqual([]);
		},
	);
});
describe('what a template language replaces is not judged', () => {
	/** Findings worth a warning, for the lines of a location /ws and a path of the file. */
	function alarms(lines: string, path = '/etc/nginx/nginx.conf', head = ''): readonly string[] {
		const text = `events {}\nhttp {\nserver {\nlisten 80;\n${head}\nlocation /ws {\n${lines}\n}\n}\n}\n`;
		const { findings } = analysed({ [path]: text }, { version: versionOf('1.22.1') });
		return findings
			.filter(({ severity }) => severity === 'error' || severity === 'warning')
			.map(({ ruleId, message }) => `${ruleId}: ${message}`);
	}
	const pass = 'proxy_pass http://127.0.0.1:9000;';

	test.each([
		['a variable of Go in a value', `${pass} ${W} proxy_set_header X {{ $undefined }};`],
		['a variable of Go in a condition', `${pass} ${W} if ($host = {{ $h }}) { return 301 https://{{ $h }}$request_uri; }`],
		['a variable of Go in the address', `proxy_pass http://{{ trim $host }}; ${W}`],
		['a variable of Go in Upgrade', `${pass} ${W.replace('$http_upgrade', '{{ $http_connection }}')}`],
		['a variable of EPP', `proxy_pass http://<%= $backend %>; ${W.replace('"upgrade"', '"<%= $c %>"')}`],
		['names of build tools', `proxy_pass __URL__; ${W.replace('"upgrade"', '@CONNECTION@').replace('1.1', '%%VERSION%%')}`],
		['names of the environment', `proxy_pass http://\${H}:$PORT; ${W.replace('"upgrade"', '"$CONN"')}`],
		['a status', `${pass} ${W} if ($arg_a) { return {{ status }} https://a; }`],
		['lines that are brought', `${pass}\nproxy_http_version 1.1;\n{{ headers }}\n`],
		['lines that are brought by Go', `${pass}\n{{- include "headers" . | nindent 4 }}\n`],
		['lines that a statement brings', `${pass}\n{% include 'headers.j2' %}\n`],
		['a map that is brought', `${pass} ${W.replace('"upgrade"', '$c')}`, undefined, '{% include "maps.j2" %}'],
		['a name of the environment in small letters', `proxy_pass http://$backend; ${W}`, '/etc/nginx/default.conf.template'],
	])('%s', (_, lines, path?: string, head?: string) => {
		expect(alarms(lines, path, head)).toEqual([]);
	});

	test('what stands beside the marks is judged', () => {
		expect(alarms(`proxy_pass http://{{ host }}:{{ port }};\nproxy_set_header Connection "upgrade";`).join()).toContain(
			'upgrade-not-forwarded',
		);
		expect(
			alarms(`${pass}\nproxy_http_version 1.1;\n{% if a %}\nproxy_set_header Connection "upgrade";\n{% endif %}`).join(),
		).toContain('upgrade-not-forwarded');
	});
});

describe('a quote that is not closed', () => {
	const text = (entry: string, more = ''): string => `events {}
http {
	map $http_upgrade $c { default upgrade; '' ${entry} }
	limit_req_zone $binary_remote_addr zone=api:1m rate=1r/s;
	server {
		listen 80;
		${more}
		location /ws { limit_req zone=api; proxy_pass http://127.0.0.1:9000; ${W.replace('"upgrade"', '$c')} }
	}
}
`;
	const rules = (config: string): readonly string[] =>
		analysed({ '/etc/nginx/nginx.conf': config }, { version: versionOf('1.22.1') }).findings.map(({ ruleId }) => ruleId);

	test('is all that is told of what stands behind it', () => {
		expect(rules(text("'close;"))).toEqual(['syntax-error']);
		expect(rules(text("'close';", 'set $a "b;'))).toEqual(['syntax-error']);
	});

	test('hides nothing that is so without it', () => {
		expect(rules(text("'close;", 'listen 80;'))).toEqual(['syntax-error', 'definition-duplicate']);
	});
});

describe('handshake-fails', () => {
	const locations = ['/ws', '/chat', '/live'].map(
		(path) =>
			`location ${path} { proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $cu; proxy_read_timeout 1h; }`,
	);

	test('repeats nothing for the other locations of a map that is wrong', () => {
		const { findings } = analysed({
			'/etc/nginx/nginx.conf': `events {}\nhttp { map $http_upgrade $cu { default close; websocket close; } server { listen 80; ${locations.join(' ')} } }\n`,
		});
		expect(findings.map(({ ruleId }) => ruleId)).toEqual(['map-wrong-value']);
	});

	test('says nothing of what a rule would say that is switched off', () => {
		const http =
			'server { listen 80; location /ws { return 404; proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_read_timeout 1h; } }';
		const { findings } = analysed(
			{ '/etc/nginx/nginx.conf': `events {}\nhttp { ${http} }\n` },
			{ severities: { 'handshake-answered': 'off' } },
		);
		expect(findings).toEqual([]);
	});
});
