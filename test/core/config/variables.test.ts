import { expect, test } from 'vitest';
import { buildConfiguration, buildFragment } from '../../../server/src/core/config/build.ts';
import { variableTable } from '../../../server/src/core/config/variables.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';

function unknownIn(texts: Readonly<Record<string, string>> | string): string[] {
	const files = typeof texts === 'string' ? { '/nginx.conf': texts } : texts;
	const table = variableTable(buildConfiguration('/nginx.conf', memoryFiles(files)));
	return table.unknown.map(({ place, at }) => at.file.tree.source.slice(place.span));
}

test('a use is named where it stands, with its braces, once for each place (HD16)', () => {
	const line = 'proxy_set_header Connection "a ${connection_upgrade} $Connection_Upgrade";';
	expect(unknownIn(`http { server { location / { ${line} } } }`)).toEqual(['${connection_upgrade}', '$Connection_Upgrade']);
});

test('a definition anywhere in the http block counts, in any file (HD17)', () => {
	expect(
		unknownIn({
			'/nginx.conf': 'http { server { location / { proxy_set_header Connection $c; } } include late.conf; }',
			'/late.conf': 'server { location / { set $c close; } }',
		}),
	).toEqual([]);
});

test('http and stream keep their variables apart', () => {
	expect(
		unknownIn(
			'http { map $uri $a { x y; } server { return 200 $ssl_preread_server_name$a$b; } }\nstream { map $protocol $b { x y; } server { proxy_pass $a$b$proxy_protocol_tlv_aws_vpce_id; } }',
		),
	).toEqual(['$ssl_preread_server_name', '$b', '$a']);
});

test.each([
	['an include that is not here', 'http { include conf.d/gone.conf; server { return 200 $a; } }'],
	['an include in another server', 'http { server { include gone.conf; } server { return 200 $a; } }'],
	['an include in a map, which may hold expressions', 'http { map $uri $b { include gone; } server { return 200 $a; } }'],
	['a module of others', 'load_module modules/ndk_http_module.so; http { server { return 200 $a; } }'],
	['a directive of others', 'http { server { set_random $a 1 2; return 200 $a; } }'],
	['Lua', 'http { server { set_by_lua_block $a { return 1 } return 200 $a; } }'],
	['geoip2', 'http { geoip2 /db.mmdb { $a country iso_code; } server { return 200 $a; } }'],
	['a variable of a well-known module', 'http { server { return 200 $geoip2_data_country; } }'],
	['what envsubst replaces', 'http { server { return 200 $BACKEND_HOST; } }'],
])('nothing is called unknown that %s may define', (_why, text) => {
	expect(unknownIn(text)).toEqual([]);
});

test.each([
	['nginx’s own modules', 'load_module modules/ngx_stream_module.so; http { server { return 200 $a; } }'],
	['an include of mime types that is not here', 'http { include mime.types; server { return 200 $a; } }'],
	['an include in an upstream', 'http { upstream u { include gone; } server { return 200 $a; } }'],
])('%s define no more', (_what, text) => {
	expect(unknownIn(text)).toEqual(['$a']);
});

test('in a fragment nothing is unknown', () => {
	const files = memoryFiles({ '/a.conf': 'proxy_set_header Connection $connection_upgrade;' });
	const table = variableTable(buildFragment('/a.conf', files, 'location', 'content'));
	expect(table.unknown).toEqual([]);
	expect(table.uses.map(({ name, argument }) => [name, argument])).toEqual([['connection_upgrade', 1]]);
});

test('each definition says what kind it is, and where', () => {
	const table = variableTable(
		buildConfiguration(
			'/nginx.conf',
			memoryFiles({
				'/nginx.conf':
					'http { map $uri $A { x y; } map $host $a { x y; } geo $g { } split_clients $uri $s { } server { location ~ "/(?<part>.)" { set $v 1; auth_request_set $r $status; } } }',
			}),
		),
	);
	expect(
		[...table.definitions].map(([name, definitions]) => [
			name,
			definitions.map(({ kind, place, at }) => `${kind} ${at.file.tree.source.slice(place.span)}`),
		]),
	).toEqual([
		['a', ['map $A', 'map $a']],
		['g', ['geo $g']],
		['s', ['split_clients $s']],
		['part', ['capture "/(?<part>.)"']],
		['v', ['set $v']],
		['r', ['other $r']],
	]);
});
