import { describe, expect, it } from 'vitest';
import { murmurHash2 } from '../../../server/src/core/request/splitClients.ts';
import { type Asked, inShort, modelOf, requestOf } from './asking.ts';

/** What a text with variables becomes, as the header X-V of a proxied request. */
function evaluated(text: string, asked: Asked = {}, around = '', inServer = '', version = '1.26.3'): string | undefined {
	const model = modelOf(
		`${around} server { listen 8080; server_name first.example; ${inServer} location / { proxy_pass http://127.0.0.1:9001; proxy_set_header X-V "${text}"; } }`,
		version,
	);
	return model.predict(asked).upstream?.headers.get('x-v');
}

describe('built-in variables', () => {
	it.each([
		['$host|$http_host|$server_name', { host: 'A.Example:81' }, 'a.example|A.Example:81|first.example'],
		['$host', { host: null, httpVersion: '1.0' }, 'first.example'],
		['$scheme|$https|$server_port|$server_addr|$remote_addr', {}, 'http||8080|127.0.0.1|127.0.0.1'],
		[
			'$request_uri|$uri|$document_uri|$args|$is_args|$query_string',
			{ uri: '/a%20b?c=%20' },
			'/a%20b?c=%20|/a b|/a b|c=%20|?|c=%20',
		],
		['$is_args|$args|', { uri: '/a?' }, '||'],
		['$request|$request_method|$server_protocol', { uri: '/x', method: 'POST' }, 'POST /x HTTP/1.1|POST|HTTP/1.1'],
		['$arg_a|$arg_B|$arg_c', { uri: '/?A=1&b=%32&cc=3&c' }, '1|%32|'],
		[
			'$cookie_a|$cookie_b|$http_cookie',
			{
				headers: [
					['Cookie', 'x=0; A=1'],
					['Cookie', 'b=2;a=3'],
				],
			},
			'1|2|x=0; A=1; b=2;a=3',
		],
		['$proxy_add_x_forwarded_for', { headers: [['X-Forwarded-For', '9.9.9.9']] }, '9.9.9.9, 127.0.0.1'],
		['$proxy_host|$proxy_port', {}, '127.0.0.1:9001|9001'],
		['$HTTP_Upgrade|$http_connection!', {}, 'websocket|Upgrade!'],
		['$remote_user', { headers: [['Authorization', 'Basic dTpw']] }, 'u'],
		['[$upstream_addr$sent_http_x$request_body$ssl_protocol$http2]', {}, '[]'],
	] as const)('%s', (text, asked, value) => {
		expect(evaluated(text, asked as Asked)).toBe(value);
	});
});

describe('map (semantics §4)', () => {
	const map = (entries: string, source = '$arg_k'): string => `map ${source} $v { ${entries} }`;
	it.each([
		['MP4: no default', map('a 1;'), '/?k=b', '[]'],
		['MP6: strings match without regard to case', map('Key 1; default 0;'), '/?k=kEY', '[1]'],
		['MP6: ~ minds case, ~* does not', map('~^k$ cased; ~*^K$ caseless; default 0;'), '/?k=K', '[caseless]'],
		['MP6: strings before expressions, expressions in order', map('~a first; ~ab second; ab exact;'), '/?k=abc', '[first]'],
		['MP7: a source without $ is a text', map('http_upgrade text; default 0;', 'http_upgrade'), '/', '[text]'],
		['MP8: of two maps the last counts', `${map('default 1;')} ${map('default 2;')}`, '/', '[2]'],
		[
			'MP9: a map may take over a header variable',
			'map $arg_k $http_x { default mine; } map $http_x $v { default $http_x; }',
			'/',
			'[mine]',
		],
		['MP11: an escaped key', map('\\\\default 1; default 0;'), '/?k=default', '[1]'],
		['MP11: hostnames', 'map $arg_k $v { hostnames; default 0; *.a.b wild; .c.d dot; e.* tail; }', '/?k=x.y.a.b', '[wild]'],
		['MP12: values with variables, captures and names', map('"~^(?<n>.)(.*)$" "$2-$n-$uri";'), '/?k=abc', '[bc-a-/]'],
		['MP12: chains', `map $w $v { default "<$w>"; } map $arg_k $w { default x; a y; }`, '/?k=a', '[<y>]'],
		['the capture of a map is there afterwards', map('~^(.)$ m;'), '/?k=q', '[m]'],
	])('%s', (_says, around, uri, value) => {
		expect(evaluated('[$v]', { uri }, around)).toBe(value);
	});

	it('gives one value even where its source cannot be known', () => {
		expect(evaluated('[$v]', {}, 'map $request_id $v { default same; }')).toBe('[same]');
		expect(evaluated('[$v]', {}, 'map $request_id $v { default same; a other; }')).toBe('[$v]');
	});

	it('keeps its value for the request, unless volatile', () => {
		const location = (word: string): string | undefined =>
			modelOf(
				`map $uri $v { ${word} default "$uri"; } server { listen 8080; location / { set $a $v; rewrite ^ /new break; proxy_pass http://127.0.0.1:1; proxy_set_header X "$a $v"; } }`,
			)
				.predict({ uri: '/old' })
				.upstream?.headers.get('x');
		expect(location('')).toBe('/old /old');
		expect(location('volatile;')).toBe('/old /new');
	});
});

describe('geo and split_clients', () => {
	it.each([
		['the longest prefix', 'geo $v { default out; 127.0.0.0/8 net; 127.0.0.1 host; }', '/', '[host]'],
		['another source', 'geo $arg_k $v { default out; 10.0.0.0/8 ten; 10.1.0.0/16 sub; }', '/?k=10.1.2.3', '[sub]'],
		['ranges', 'geo $arg_k $v { ranges; default out; 10.0.0.0-10.0.0.9 ten; }', '/?k=10.0.0.9', '[ten]'],
		['what is no address', 'geo $arg_k $v { default out; 10.0.0.0/8 ten; }', '/?k=x', '[out]'],
		['IPv6', 'geo $arg_k $v { default out; 2001:db8::/32 six; }', '/?k=2001:db8::1', '[six]'],
		['split_clients that gives everybody the same', 'split_clients $request_id $v { * all; }', '/', '[all]'],
	])('%s', (_says, around, uri, value) => {
		expect(evaluated('[$v]', { uri }, around)).toBe(value);
	});

	it('hashes as nginx does (values of MurmurHash2, seed 0)', () => {
		expect(['', 'a', 'ab', 'abc', 'abcd', 'hello world'].map(murmurHash2)).toEqual([
			0, 2456313694, 446775395, 324500635, 646393889, 1151865881,
		]);
	});
});

describe('set, if and captures', () => {
	const server = (rewrites: string, text: string, uri = '/'): string | undefined =>
		modelOf(`server { listen 8080; ${rewrites} proxy_set_header X-V "${text}"; location / { proxy_pass http://127.0.0.1:1; } }`)
			.predict({ uri })
			.upstream?.headers.get('x-v');
	it('HD18: set with if at server level', () => {
		expect(server('set $c ""; if ($http_upgrade) { set $c upgrade; }', '[$c]')).toBe('[upgrade]');
	});
	it('HD17: a variable that is set elsewhere only is empty', () => {
		const model = modelOf(
			'server { listen 8080; location /a { set $c upgrade; } location / { proxy_pass http://127.0.0.1:1; proxy_set_header X "[$c]"; } }',
		);
		expect(model.predict({}).upstream?.headers.get('x')).toBe('[]');
	});
	it('keeps captures of the last match, and forgets them at a miss', () => {
		expect(server('if ($uri ~ ^/(.)(.)$) { set $a "$2$1"; }', '[$a$1]', '/xy')).toBe('[yxx]');
		expect(server('if ($uri ~ ^/(.)$) { set $a 1; } if ($uri ~ nope) { set $a 2; }', '[$a$1]', '/x')).toBe('[1]');
	});
	it('escapes a capture that set takes from an escaped URI', () => {
		expect(server('if ($uri ~ ^/(.*)$) { set $a $1; }', '[$a]', '/a%20b')).toBe('[a%20b]');
		expect(server('if ($uri ~ ^/(.*)$) { set $a $1; }', '[$a]', '/a&b')).toBe('[a&b]');
	});
});

describe('what cannot be known', () => {
	const answer = (location: string, asked: Asked = {}): string =>
		inShort(modelOf(`server { listen 8080; location / { ${location} } }`).predict(asked));
	it('makes the outcome unknown only when that hangs on it', () => {
		expect(answer('if ($request_id = x) { return 403; } return 404;')).toBe('unknown');
		expect(answer('if ($request_id = x) { return 404; } return 404;')).toBe('404');
		expect(answer('if ($request_id = "") { return 403; } return 404;')).toBe('404');
		expect(answer('set $x $request_id; return 404;')).toBe('404');
		expect(answer('proxy_pass http://127.0.0.1:1; proxy_set_header X $request_id;')).toBe('GET / → 127.0.0.1:1');
		expect(answer('proxy_pass http://127.0.0.1:1; proxy_set_header Connection $hostname;')).toBe('unknown');
		// Whatever the number is, it is not the word that a handshake needs.
		expect(answer('proxy_pass http://127.0.0.1:1; proxy_set_header Connection $connection-upgrade;')).toBe('GET / → 127.0.0.1:1');
		expect(answer('proxy_pass http://$request_id;')).toBe('unknown');
		expect(answer('return 301 /$request_id;')).toBe('unknown');
		expect(answer('content_by_lua_block { ngx.say("x") }')).toBe('unknown');
		expect(answer('rewrite_by_lua_file x.lua; return 404;')).toBe('unknown');
	});
	it('says why', () => {
		const { unknown } = modelOf('server { listen 8080; location / { return 301 /$nothing; } }').predict({});
		expect(unknown).toBe('nothing defines $nothing');
	});
	it('still lists the obstacles that are certain', () => {
		const model = modelOf(
			'server { listen 8080; location / { proxy_pass http://$request_id; proxy_set_header Connection upgrade; } }',
		);
		expect(model.predict({}).obstacles.map(({ code }) => code)).toEqual(['http-1.0', 'upgrade-missing']);
	});
	it('allow and deny hang on a client that is not on the loopback', () => {
		const model = modelOf(
			'server { listen 10.0.0.1:8080; location / { allow 10.0.0.0/8; deny all; proxy_pass http://127.0.0.1:1; } }',
		);
		expect(inShort(model.predict({ listen: '10.0.0.1:8080' }))).toBe('unknown');
	});
});

describe('for some client', () => {
	const best = (location: string): string => {
		const { configuration, predictor } = modelOf(`server { listen 8080; location / { ${location} } }`);
		expect(configuration.root.byName.has('http')).toBe(true);
		return inShort(predictor.predictForSome(requestOf({}), { path: true }));
	};
	const PASS =
		'proxy_pass http://127.0.0.1:1; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';
	it('what another query, header, cookie, address, password or path brings is taken', () => {
		for (const condition of [
			'$arg_a != b',
			'$http_x_y != z',
			'$cookie_c = ""',
			'$remote_addr != 10.0.0.1',
			'$uri !~ live',
			'!-f /x',
		])
			expect(best(`if (${condition}) { return 403; } ${PASS}`)).toBe('GET / → 127.0.0.1:1');
		expect(best(`auth_basic x; auth_basic_user_file y; ${PASS}`)).toBe('GET / → 127.0.0.1:1');
		expect(best(`allow 10.0.0.0/8; deny all; ${PASS}`)).toBe('GET / → 127.0.0.1:1');
	});
	it('what nobody can bring is not', () => {
		expect(best(`deny all; ${PASS}`)).toBe('403');
		expect(best(`return 404; ${PASS}`)).toBe('404');
		expect(best(`if ($request_method = GET) { return 405; } ${PASS}`)).toBe('405');
		expect(best(`if ($http_upgrade) { return 426; } ${PASS}`)).toBe('426');
		expect(best(`if ($http_upgrde = "") { return 426; } ${PASS}`)).toBe('426');
	});
	it('more questions than can be followed leave it unknown', () => {
		const conditions = Array.from({ length: 80 }, (_, index) => `if ($arg_a${index} = x) { set $b${index} 1; }`).join(' ');
		expect(best(`${conditions} return 404;`)).toBe('unknown');
	});
});
