import { describe, expect, it } from 'vitest';
import { buildConfiguration } from '../../../server/src/core/config/build.ts';
import { parseIp } from '../../../server/src/core/request/addresses.ts';
import { toSteps } from '../../../server/src/core/request/explanation.ts';
import { groundOf } from '../../../server/src/core/request/ground.ts';
import { compilePattern } from '../../../server/src/core/request/pattern.ts';
import { createPredictor } from '../../../server/src/core/request/predict.ts';
import { versionOf } from '../../support/analysed.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';
import { type Asked, forward, inShort, modelOf, requestOf } from './asking.ts';

/*
 * Steps of the model that the comparison with nginx cannot see, since they concern reasons, other versions, modules that the test's nginx
 * lacks, or addresses that it does not listen on. `npm run differential:mutants` tells which steps need a row here.
 */

const server = (inside: string): string => `server { listen 8080; ${inside} }`;
const named = (text: string, asked: Asked = {}, version?: string): readonly string[] =>
	modelOf(text, version)
		.predict(asked)
		.because.map(({ at }) => `${at.node.name.value} ${at.node.args.map(({ value }) => value).join(' ')}`.trim());

describe('reasons name', () => {
	it.each([
		[
			'the server’s name in a redirect, and the port that is left out',
			server(
				'server_name a.test; server_name_in_redirect on; port_in_redirect off; location /ws/ { proxy_pass http://127.0.0.1:1; }',
			),
			{ uri: '/ws' },
			['server_name_in_redirect on', 'port_in_redirect off'],
			[],
		],
		[
			'neither where they are as by default',
			server(
				'server_name a.test; server_name_in_redirect off; port_in_redirect on; location /ws/ { proxy_pass http://127.0.0.1:1; }',
			),
			{ uri: '/ws' },
			[],
			['server_name_in_redirect off', 'port_in_redirect on'],
		],
		[
			'the arguments that were set, where they are sent',
			server(`set $args a=1; location / { ${forward(1)} }`),
			{},
			['set $args a=1'],
			[],
		],
		[
			'not those that a jump or a rewrite drops',
			server(`set $args a=1; location / { rewrite ^ /x? break; ${forward(1)} }`),
			{},
			['rewrite ^ /x? break'],
			['set $args a=1'],
		],
		[
			'not those that the page of an error has not',
			server(`location / { set $args a=1; error_page 404 = /ws; return 404; } location = /ws { ${forward(1)} }`),
			{},
			['error_page 404 = /ws'],
			['set $args a=1'],
		],
		[
			'a file that is taken as absent',
			server(`location / { if (!-f /x) { return 403; } ${forward(1)} }`),
			{},
			['if (!-f /x)'],
			[],
		],
		[
			'not a file whose presence would matter',
			server(`location / { if (-f /x) { return 403; } ${forward(1)} }`),
			{},
			[],
			['if (-f /x)'],
		],
		[
			'the if whose block passes the request on',
			server(`location / { if ($http_upgrade) { proxy_pass http://127.0.0.1:2; } ${forward(1)} }`),
			{},
			['if ($http_upgrade)', 'proxy_pass http://127.0.0.1:2'],
			['proxy_pass http://127.0.0.1:1'],
		],
		[
			'a method that is another',
			server(`location / { proxy_method GET; ${forward(1)} }`),
			{ method: 'POST' },
			['proxy_method GET'],
			[],
		],
		['not one that is the same', server(`location / { proxy_method GET; ${forward(1)} }`), {}, [], ['proxy_method GET']],
		[
			'a HTTP version that is another than without its line, and not one that is the same',
			`proxy_http_version 1.1; ${server(`location / { proxy_http_version 1.0; proxy_pass http://127.0.0.1:1; }`)}`,
			{},
			['proxy_http_version 1.0'],
			['proxy_http_version 1.1'],
		],
		[
			'a limit_except whose block keeps rewrites off',
			server(`location / { rewrite ^ /x break; ${forward(1)} limit_except GET { allow all; } }`),
			{ method: 'POST' },
			['limit_except GET'],
			['rewrite ^ /x break'],
		],
		[
			'not one that changes nothing',
			server(`location / { ${forward(1)} limit_except GET { allow all; } }`),
			{ method: 'POST' },
			['proxy_pass http://127.0.0.1:1'],
			['limit_except GET'],
		],
		[
			'the name whose capture is used',
			server(`server_name ~^(?<sub>.+)\\.example$; location / { ${forward(1)} proxy_set_header X-Sub $sub; }`),
			{ host: 'a.example' },
			['server_name ~^(?<sub>.+)\\.example$'],
			[],
		],
		[
			'no line that says again what holds without it',
			`proxy_http_version 1.1; ${server(`location / { ${forward(1)} }`)}`,
			{},
			['proxy_pass http://127.0.0.1:1'],
			['proxy_http_version 1.1'],
		],
	] as const)('%s', (_says, text, asked, those, others) => {
		const because = named(text, asked as Asked);
		expect(because).toEqual(expect.arrayContaining([...those]));
		for (const other of others) expect(because).not.toContain(other);
	});

	it('the error_page that changes the status of the 101', () => {
		const { obstacles } = modelOf(
			server(`error_page 403 @ws; location / { return 403; } location @ws { ${forward(1)} }`),
		).predict({});
		expect(obstacles.map(({ code, at }) => `${code} ${at[0]?.node.name.value}`)).toEqual(['response-status error_page']);
	});

	it('the level whose expressions of valid_referers hold', () => {
		const { upstream, because } = modelOf(
			server(`valid_referers ~good; location / { valid_referers none; ${forward(1)} proxy_set_header X-Bad r$invalid_referer; }`),
		).predict({ headers: [['Referer', 'http://x.good.test/']] });
		expect(upstream?.headers.get('x-bad')).toBe('r');
		expect(because.map(({ at }) => at.node.args[0]?.value)).toContain('~good');
	});

	it('in words who takes nothing, and that all is well', () => {
		const { predictor } = modelOf(server(`location / { ${forward(1)} }`));
		const texts = (asked: Asked): string =>
			toSteps(predictor.predict(requestOf(asked)))
				.map(({ text }) => text)
				.join('\n');
		expect(texts({})).toContain('a conforming backend upgrades, and the client gets its 101 intact');
		expect(texts({})).not.toContain('nobody takes the connection');
		expect(texts({ listen: '127.0.0.1:9' })).toContain('nobody takes the connection');
		expect(texts({ listen: '127.0.0.1:9' })).not.toContain('upgrades');
		expect(texts({})).not.toContain('cannot be known');
		const unknown = modelOf(server('location / { proxy_pass http://$nowhere; }')).predict({});
		expect(toSteps(unknown).map(({ text }) => text)).toContain('what comes of it cannot be known: nothing defines $nowhere');
	});
});

describe('answers', () => {
	it.each([
		[
			'valid_referers of the location where it has an expression itself',
			server('valid_referers ~good; location / { valid_referers ~other; if ($invalid_referer) { return 403; } return 204; }'),
			{ headers: [['Referer', 'http://x.good.test/']] as const },
			'403',
		],
		[
			'that of the server where the location has none',
			server('valid_referers ~good; location / { valid_referers none; if ($invalid_referer) { return 403; } return 204; }'),
			{ headers: [['Referer', 'http://x.good.test/']] as const },
			'204',
		],
		['a port of a range', 'server { listen 127.0.0.1:8078-8082; return 204; }', {}, '204'],
		['a port outside of it not', 'server { listen 127.0.0.1:8078-8079; return 204; }', {}, 'refused'],
		[
			'a host by variable that another proxy_pass names outright, for nginx knows its address',
			server('set $b app.test; location / { proxy_pass http://$b; } location /x { proxy_pass http://app.test; }'),
			{},
			'GET / → app.test:80',
		],
		[
			'and 502 for one that none does, without a resolver',
			server('set $b app.test; location / { proxy_pass http://$b; } location /x { proxy_pass http://127.0.0.1:1; }'),
			{},
			'502',
		],
		['any IPv6 address by [::]', 'server { listen [::]:8080; return 204; }', { listen: '[::1]:8080' }, '204'],
		['[::] written out', 'server { listen [0:0:0:0:0:0:0:0]:8080; return 204; }', { listen: '[::1]:8080' }, '204'],
		['[::1] written out', 'server { listen [0:0:0:0:0:0:0:1]:8080; return 204; }', { listen: '[::1]:8080' }, '204'],
		['another IPv6 address not', 'server { listen [::2]:8080; return 204; }', { listen: '[::1]:8080' }, 'refused'],
		[
			'500 where uwsgi is told a host without a port',
			server('resolver 127.0.0.1; set $b app.test; location / { uwsgi_pass $b; }'),
			{},
			'500',
		],
		[
			'grpc is told the rewritten URI',
			server('location / { rewrite ^/(.*)$ /new/$1 break; grpc_pass grpc://127.0.0.1:1; }'),
			{ uri: '/x?y=1' },
			'GET /new/x?y=1 → 127.0.0.1:1',
		],
		[
			'and the raw one where nothing rewrote it',
			server('location / { grpc_pass grpc://127.0.0.1:1; }'),
			{ uri: '//x' },
			'GET //x → 127.0.0.1:1',
		],
	] as const)('%s', (_says, text, asked, answer) => {
		expect(inShort(modelOf(text).predict(asked as Asked))).toBe(answer);
	});

	it('a 101 that loses its status through error_page, when a named location is asked for itself', () => {
		const ask = (reference: string, above = ''): boolean => {
			const text = above + server(`${reference} location / { return 403; } location @ws { ${forward(1)} }`);
			const { predictor, configuration } = modelOf(text);
			const http = configuration.root.byName.get('http')?.[0]?.body;
			const location = http?.byName.get('server')?.[0]?.body?.byName.get('location')?.[1]?.body;
			if (location === undefined) throw new Error('there is no such location');
			return predictor.predictIn(location, requestOf({})).upgrade;
		};
		expect(ask('error_page 403 @ws;')).toBe(false);
		expect(ask('error_page 403 = @ws;')).toBe(true);
		expect(ask('error_page 403 @other;')).toBe(true);
		expect(ask('try_files /x @ws; error_page 403 @ws;')).toBe(true);
		expect(ask('', 'error_page 403 @ws;')).toBe(false);
		expect(ask('', 'error_page 403 @other;')).toBe(true);
	});
});

describe('the upstream request', () => {
	it.each([
		['has the folder that root names', 'root /srv/www/;', '/srv/www'],
		['not one that is relative', 'root www;', undefined],
		['nor that of an alias', 'alias /srv/www/;', undefined],
	] as const)('%s', (_says, root, value) => {
		const { upstream, outcome, unknown } = modelOf(
			server(`location / { ${root} ${forward(1)} proxy_set_header X-Root $document_root; }`),
		).predict({});
		if (value === undefined) expect(upstream?.headers.get('x-root')).not.toBe('/srv/www');
		else expect([upstream?.headers.get('x-root'), outcome, unknown]).toEqual([value, 'proxied', null]);
	});

	it('takes a value of blanks alone for an empty one that is sent', () => {
		const { upstream } = modelOf(
			server(`location / { ${forward(1)} proxy_set_header Upgrade " "; proxy_set_header X-Blank " "; }`),
		).predict({});
		expect(upstream?.headers.get('upgrade')).toBe('websocket, ');
		expect(upstream?.headers.get('x-blank')).toBe('');
	});

	it('of a stream server holds the client’s own Host, Connection and Upgrade, and nothing else is claimed', () => {
		const text = 'events {}\nstream { server { listen 8080; proxy_pass 127.0.0.1:1; } }';
		expect([...(modelOf(text).predict({ headers: [['X-Other', 'x']] }).upstream?.headers ?? [])]).toEqual([
			['host', 'localhost'],
			['upgrade', 'websocket'],
			['connection', 'Upgrade'],
		]);
	});

	it('is not known where a map changes $1 between two readings of it', () => {
		const text = (header: string): string =>
			`map $http_host $m { ~^(l)oc $1; default x; } ${server(`location ~ ^/(w)s { ${forward(1)} proxy_set_header X-One $1; ${header} }`)}`;
		expect(modelOf(text('proxy_set_header X-Two $m;')).predict({ uri: '/ws' }).outcome).toBe('unknown');
		expect(modelOf(text('proxy_set_header X-Two $host;')).predict({ uri: '/ws' }).outcome).toBe('proxied');
	});

	it('has the headers that the headers-more module left, and is not known where it changes one after it was read, or Host', () => {
		const asked = (line: string) =>
			modelOf(server(`location / { ${forward(1)} proxy_set_header X-Own $http_x_own; ${line} }`)).predict({});
		const codes = (line: string) => asked(line).obstacles.map(({ code }) => code);
		expect(codes('more_set_input_headers "Upgrade: x";')).toEqual(['request-header-changed', 'upgrade-value']);
		expect(codes('more_clear_input_headers Sec-WebSocket-*;')).toContain('request-header-changed');
		expect(codes('more_clear_headers Upgrade;')).toEqual(['response-header-changed']);
		const own = asked('more_set_input_headers "X-Own: x";');
		expect([own.upgrade, own.upstream?.headers.get('x-own')]).toEqual([true, 'x']);
		expect(asked('if ($http_upgrade) { set $a 1; } more_clear_input_headers Upgrade;').outcome).toBe('unknown');
		expect(asked('more_set_input_headers "Host: x";').outcome).toBe('unknown');
		expect(asked('more_set_input_headers "Upgrade: $arg_protocol$request_id";').outcome).toBe('unknown');
		expect(asked('more_clear_input_headers -z Upgrade;').outcome).toBe('unknown');
	});

	it('of uwsgi tells the method only where the parameters that hold here do', () => {
		const upgrade = (own: string): boolean => {
			const files = {
				'/n/nginx.conf': `events {} http { server { listen 8080; include uwsgi_params; location / { uwsgi_pass 127.0.0.1:1; ${own} } } }`,
				'/n/uwsgi_params': 'uwsgi_param REQUEST_METHOD $request_method;',
			};
			const configuration = buildConfiguration('/n/nginx.conf', memoryFiles(files));
			return createPredictor(configuration, versionOf('1.26.3')).predict(requestOf({})).upgrade;
		};
		expect(upgrade('')).toBe(true);
		expect(upgrade('uwsgi_param A b;')).toBe(false);
	});
});

it('takes the version of the protocol from who names it last, and the key from the client alone', () => {
	const upgrade = (line: string, leaveOut: string): boolean => {
		const { predictor } = modelOf(server(`location / { ${forward(1)} ${line} }`));
		const request = requestOf({});
		return predictor.predict({ ...request, headers: request.headers.filter(([name]) => name !== leaveOut) }).upgrade;
	};
	expect(upgrade('proxy_set_header Sec-WebSocket-Version 13;', 'Sec-WebSocket-Version')).toBe(true);
	expect(upgrade('proxy_set_header Sec-WebSocket-Version 8;', '')).toBe(false);
	expect(upgrade('', 'Sec-WebSocket-Version')).toBe(false);
	expect(upgrade('proxy_set_header Sec-WebSocket-Key dGhlIHNhbXBsZSBub25jZQ==;', 'Sec-WebSocket-Key')).toBe(false);
});

describe('the 101', () => {
	const upgrade = (text: string, version?: string): boolean => modelOf(server(text), version).predict({}).upgrade;

	it('stays right where its Upgrade is hidden and written anew', () => {
		const rewritten = (value: string): string =>
			`location / { ${forward(1)} proxy_hide_header Upgrade; add_header Upgrade ${value} always; }`;
		expect(upgrade(rewritten('websocket'))).toBe(true);
		expect(upgrade(rewritten('h2c'))).toBe(false);
	});

	it('gets the add_header lines of outer levels too with add_header_inherit merge', () => {
		const inherited = (how: string): string =>
			`add_header Upgrade websocket always; location / { ${forward(1)} add_header X-Own x; ${how} }`;
		expect(upgrade(inherited(''), '1.30.0')).toBe(true);
		expect(upgrade(inherited('add_header_inherit on;'), '1.30.0')).toBe(true);
		expect(upgrade(inherited('add_header_inherit merge;'), '1.30.0')).toBe(false);
	});
});

it.each([
	[
		'http { include gone.conf; server { listen 8080; location / { set $x $foo; return 200 $foo; proxy_pass http://$foo; } } }',
		true,
	],
	['http { server { listen 8080; include gone.conf; location / { proxy_pass http://$foo; } } }', true],
	['http { server { listen 8080; location / { proxy_pass http://$foo; } location /x { include gone.conf; } } }', false],
] as const)('says of an unknown variable whether a file that is not there may define it: %s', (http, elsewhere) => {
	const { unknown } = modelOf(`events {}\n${http.replace('set $x $foo; return 200 $foo; ', '')}`).predict({});
	expect(unknown).toContain(elsewhere ? 'is defined outside these files' : 'nothing defines');
});

it('looks a setting that no line has up once', () => {
	const { configuration } = modelOf(server('location / { }'));
	const ground = groundOf(configuration, versionOf('1.26.3'));
	expect(ground.absent('proxy_read_timeout')?.duration).toBe(60_000);
	expect(ground.absent('proxy_read_timeout')).toBe(ground.absent('proxy_read_timeout'));
	expect(ground.absent('listen')).toBeUndefined();
});

it('knows of an expression what every match starts with and holds', () => {
	const told = (expression: string): readonly string[] => {
		const { prefix, literal } = compilePattern(expression, false);
		return [prefix, literal];
	};
	expect(told('^/ws/(.*)\\.json$')).toEqual(['/ws/', '.json']);
	expect(told('a+longer')).toEqual(['', 'longer']);
	expect(told('(a|b)')).toEqual(['', '']);
});

it('reads IPv4 in IPv6, and not what is none', () => {
	expect(parseIp('::ffff:10.0.0.1')).toEqual({ family: 6, bits: (0xffffn << 32n) | 0x0a000001n });
	expect(parseIp('::ffff:10.0.0.256')).toBeUndefined();
});

it.each([
	['^ab.*cd', 'abXcd', true],
	['^ab.*cd', 'XabXcd', false],
	['ab.*cde', 'XabXcde', true],
	['^(?:a|b)c', 'bc', true],
] as const)('tries %s on %s', (expression, subject, fits) => {
	expect((compilePattern(expression, false).match(subject) ?? null) !== null).toBe(fits);
});
