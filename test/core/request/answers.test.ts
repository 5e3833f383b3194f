import { describe, expect, it } from 'vitest';
import { type Asked, forward, inShort, modelOf } from './asking.ts';

interface Row {
	readonly says: string;
	readonly server: string;
	readonly asked?: Asked;
	readonly answer: string;
	readonly upgrade?: boolean;
}

const WS = `location @ws { ${forward(9001)} }`;
const proxied = (uri = '/'): string => `GET ${uri} → 127.0.0.1:9001`;

const ROWS: readonly Row[] = [
	{
		says: 'RT10: return in the server answers before any location',
		server: `return 444; location / { ${forward(9001)} }`,
		answer: '444',
	},
	{ says: 'RT11: return beats proxy_pass', server: `location / { ${forward(9001)} return 403; }`, answer: '403' },
	{
		says: 'RT7: error_page 418 = @ws dispatches',
		server: `${WS} location / { error_page 418 = @ws; return 418; }`,
		answer: proxied(),
		upgrade: true,
	},
	{
		says: 'RT8: without = the 101 is relabelled',
		server: `${WS} location / { error_page 418 @ws; return 418; }`,
		answer: proxied(),
		upgrade: false,
	},
	{
		says: 'DU10: a named location that is not there is 500',
		server: 'location / { error_page 418 = @none; return 418; }',
		answer: '500',
	},
	{
		says: 'error_page to an address redirects with 302',
		server: 'location / { error_page 404 http://x.example$uri; return 404; }',
		answer: '302 http://x.example/',
	},
	{
		says: 'or with the redirect it says',
		server: 'location / { error_page 404 =307 http://x.example/; return 404; }',
		answer: '307 http://x.example/',
	},
	{
		says: 'error_page to a URI keeps the status of the error',
		server: 'error_page 404 /nf; location / { return 404; } location /nf { return 200; }',
		answer: '404',
	},
	{
		says: 'with = it takes the new one',
		server: 'error_page 404 = /nf; location / { return 404; } location /nf { return 202; }',
		answer: '202',
	},
	{
		says: 'with =code that code',
		server: 'error_page 404 =203 /nf; location / { return 404; } location /nf { return 202; }',
		answer: '203',
	},
	{
		says: 'error pages are not followed twice',
		server:
			'error_page 404 /a; location / { return 404; } location /a { error_page 403 /b; return 403; } location /b { return 200; }',
		answer: '403',
	},
	{
		says: 'unless recursive_error_pages',
		server:
			'recursive_error_pages on; error_page 404 = /a; location / { return 404; } location /a { error_page 403 = /b; return 403; } location /b { return 201; }',
		answer: '201',
	},
	{
		says: 'RT25: error_page turns a 401 into a redirect',
		server: 'location / { error_page 401 =302 http://login/; return 401; }',
		answer: '302 http://login/',
	},
	{
		says: 'more than ten jumps are 500',
		server: 'location / { rewrite ^ /a; } location /a { rewrite ^ /b; } location /b { rewrite ^ /a; }',
		answer: '500',
	},
	{
		says: 'RT12: try_files with =404 never reaches proxy_pass',
		server: `location / { try_files $uri $uri/ =404; ${forward(9001)} }`,
		answer: '404',
	},
	{
		says: 'RT12: try_files with a named fallback does',
		server: `${WS} location / { try_files $uri @ws; }`,
		answer: proxied(),
		upgrade: true,
	},
	{
		says: 'try_files with a URI jumps',
		server: `location / { try_files /x /a?b=$uri; } location /a { ${forward(9001)} }`,
		answer: proxied('/a?b=/'),
		upgrade: true,
	},
	{
		says: 'an if that is true puts try_files out of force',
		server: `location / { try_files $uri =404; if ($uri) { set $x 1; } ${forward(9001)} }`,
		answer: proxied(),
		upgrade: true,
	},
	{
		says: 'RT23: valid_referers without none refuses browsers',
		server: `location / { valid_referers a.example; if ($invalid_referer) { return 403; } ${forward(9001)} }`,
		answer: '403',
	},
	{
		says: 'RT23: with none it does not',
		server: `location / { valid_referers none a.example; if ($invalid_referer) { return 403; } ${forward(9001)} }`,
		answer: proxied(),
		upgrade: true,
	},
	{
		says: 'RT24: limit_except POST refuses the handshake',
		server: `location / { limit_except POST { deny all; } ${forward(9001)} }`,
		answer: '403',
	},
	{
		says: 'RT24: limit_except GET lets it through',
		server: `location / { limit_except GET { deny all; } ${forward(9001)} }`,
		answer: proxied(),
		upgrade: true,
	},
	{
		says: 'IN10: limit_except with its own proxy_pass takes the headers of the location',
		server: `location / { limit_except POST { proxy_pass http://127.0.0.1:9001; } ${forward(9002)} }`,
		answer: proxied(),
		upgrade: true,
	},
	{
		says: 'RT25: auth_basic asks for a password',
		server: `location / { auth_basic x; auth_basic_user_file f; ${forward(9001)} }`,
		answer: '401',
	},
	{
		says: 'auth_basic without a file asks nobody',
		server: `location / { auth_basic x; ${forward(9001)} }`,
		answer: proxied(),
		upgrade: true,
	},
	{ says: 'RT25: deny all', server: `location / { deny all; ${forward(9001)} }`, answer: '403' },
	{
		says: 'a loopback client is known',
		server: `location / { allow 127.0.0.0/8; deny all; ${forward(9001)} }`,
		answer: proxied(),
		upgrade: true,
	},
	{
		says: 'satisfy any: one yes is enough',
		server: `location / { satisfy any; allow 127.0.0.1; deny all; auth_basic x; auth_basic_user_file f; ${forward(9001)} }`,
		answer: proxied(),
		upgrade: true,
	},
	{
		says: 'auth_request that answers 2xx by itself',
		server: `location / { auth_request /ok; ${forward(9001)} } location = /ok { return 204; }`,
		answer: proxied(),
		upgrade: true,
	},
	{
		says: 'RT25: auth_request that answers 401',
		server: `location / { auth_request /no; ${forward(9001)} } location = /no { return 401; }`,
		answer: '401',
	},
	{
		says: 'RT25: auth_request that answers anything else is 500',
		server: `location / { auth_request /no; ${forward(9001)} } location = /no { return 302 /x; }`,
		answer: '500',
	},
	{
		says: 'auth_request at a backend decides what cannot be known',
		server: `location / { auth_request /at; ${forward(9001)} } location = /at { proxy_pass http://127.0.0.1:9002; }`,
		answer: 'unknown',
	},
	{
		says: 'UP21: a body larger than client_max_body_size',
		server: `client_max_body_size 1k; location / { ${forward(9001)} }`,
		asked: { headers: [['Content-Length', '2000']] },
		answer: '413',
	},
	{ says: 'files on disk answer with no status', server: 'location / { root /srv; }', answer: 'file' },
	{
		says: 'and are absent where an error_page takes the 404',
		server: `${WS} location / { root /srv; error_page 404 = @ws; }`,
		answer: proxied(),
		upgrade: true,
	},
	{ says: 'PUT to files is refused', server: 'location / { root /srv; }', asked: { method: 'PUT', plain: true }, answer: '405' },
	{ says: 'empty_gif answers', server: 'location / { empty_gif; }', answer: '200' },
	{
		says: 'IN11: of several handlers the last one takes the request',
		server: `location / { ${forward(9002)} fastcgi_pass 127.0.0.1:9001; }`,
		answer: proxied(),
		upgrade: false,
	},
	{
		says: 'RT9: if = is case-sensitive',
		server: `location / { if ($http_upgrade = "websocket") { return 201; } return 202; }`,
		asked: { plain: true, headers: [['Upgrade', 'WebSocket']] },
		answer: '202',
	},
	{
		says: 'DU11: an if without blanks asks for a variable that is always empty',
		server: `location / { if ($http_upgrade=websocket) { return 201; } if ($http_upgrade~*websocket) { return 203; } return 202; }`,
		answer: '202',
	},
	{
		says: 'DU11: so does one with the hyphens of a header',
		server: `location / { if ($http_sec-websocket-key = "") { return 201; } return 202; }`,
		answer: '201',
	},
	{
		says: 'DU11: so does one with two variables in one word',
		server: `location / { if ($http_upgrade$http_connection) { return 201; } return 202; }`,
		answer: '202',
	},
	{
		says: 'IN7: the last true if is the one in force',
		server: `location / { ${forward(9002)} if ($http_upgrade) { proxy_pass http://127.0.0.1:9003; } if ($uri) { set $x 1; } }`,
		answer: 'GET / → 127.0.0.1:9002',
		upgrade: true,
	},
	{
		says: 'IN6: an if with its own proxy_pass takes the headers of the location',
		server: `location / { ${forward(9002)} if ($http_upgrade) { proxy_pass http://127.0.0.1:9001; } }`,
		answer: proxied(),
		upgrade: true,
	},
	{
		says: 'PR15: a scheme from a variable that proxy_pass does not know is 500',
		server: 'location / { set $b ws://127.0.0.1:9001; proxy_pass $b; }',
		answer: '500',
	},
	{
		says: 'UP14: a host from a variable without a resolver is 502',
		server: 'location / { set $b app:9001; proxy_pass http://$b; }',
		answer: '502',
	},
	{
		says: 'a redirect from rewrite',
		server: 'location / { rewrite ^/(.*)$ /x/$1?k=v permanent; }',
		asked: { uri: '/a%20b?q' },
		answer: '301 http://localhost:8080/x/a%20b?k=v&q',
	},
	{
		says: 'a redirect from rewrite without the old arguments',
		server: 'location / { rewrite ^ https://$host$uri? redirect; }',
		asked: { uri: '/a?q' },
		answer: '302 https://localhost/a',
	},
	{
		says: 'return with an address alone',
		server: 'location / { return https://$host:$server_port$request_uri; }',
		asked: { uri: '/a?q' },
		answer: '302 https://localhost:8080/a?q',
	},
];

describe('where a request ends', () => {
	it.each(ROWS)('$says', ({ server, asked, answer, upgrade }) => {
		const prediction = modelOf(`server { listen 8080; ${server} }`).predict(asked ?? {});
		expect(inShort(prediction)).toBe(answer);
		expect(prediction.upgrade).toBe(upgrade ?? false);
	});

	it('says in because that files were taken as absent', () => {
		const { because } = modelOf(`server { listen 8080; location / { try_files $uri =404; ${forward(9001)} } }`).explain({});
		expect(because.map(({ text }) => text)).toContain('try_files $uri =404: its files are taken as absent');
	});
});

describe('valid_referers (RT23; ngx_http_referer_module)', () => {
	const model = modelOf(`server { listen 8080; server_name me.example; location / {
		valid_referers none server_names *.example.com a.example.com/path ~good\\.;
		if ($invalid_referer) { return 403; } return 204; } }`);
	it.each([
		['http://me.example/x', '204'],
		['http://b.example.com:8080/', '204'],
		['http://a.example.com/path/x', '204'],
		['http://a.example.com/', '403'],
		['https://Very.good.example/', '204'],
		['http://bad.example/', '403'],
		['a.example.com', '403'],
	])('%s', (referer, answer) => {
		expect(inShort(model.predict({ headers: [['Referer', referer]] }))).toBe(answer);
	});
});

it('what the backend refuses may be taken over by an error page that upgrades: then nobody can say', () => {
	const outcome = (more: string): string =>
		inShort(
			modelOf(
				`server { listen 8080; location / { proxy_pass http://127.0.0.1:1; ${more} } location @ws { ${forward(9001)} } location @page { return 200; } }`,
			).predict({}),
		);
	expect(outcome('proxy_intercept_errors on; error_page 426 = @ws;')).toBe('unknown');
	expect(outcome('error_page 426 = @ws;')).toBe('GET / → 127.0.0.1:1');
	expect(outcome('proxy_intercept_errors on; error_page 502 = @ws;')).toBe('GET / → 127.0.0.1:1');
	expect(outcome('proxy_intercept_errors on; error_page 426 = @page;')).toBe('GET / → 127.0.0.1:1');
});
