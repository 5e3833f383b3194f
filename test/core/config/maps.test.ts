import { expect, test } from 'vitest';
import { buildConfiguration } from '../../../server/src/core/config/build.ts';
import { type CompiledMap, compileMap, readMap } from '../../../server/src/core/config/maps.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';

function placedMap(block: string, others: Readonly<Record<string, string>> = {}) {
	const configuration = buildConfiguration('/nginx.conf', memoryFiles({ '/nginx.conf': `http { ${block} }`, ...others }));
	const placed = configuration.root.byName.get('http')?.[0]?.body?.byName.get('map')?.[0];
	if (placed === undefined) throw new Error(`no map in ${block}`);
	return placed;
}

function map(entries: string, others: Readonly<Record<string, string>> = {}): CompiledMap {
	return readMap(placedMap(`map $http_upgrade $v { ${entries} }`, others));
}

test.each([
	['MP3', "default upgrade; '' '';", 'websocket', 'upgrade'],
	['MP3', "default upgrade; '' '';", '', ''],
	['MP4', "'' close;", 'websocket', ''],
	['MP5', "default close; '' upgrade;", 'websocket', 'close'],
	['MP6', 'websocket yes; default no;', 'WebSocket', 'yes'],
	['MP6', '~^web yes; default no;', 'WebSocket', 'no'],
	['MP6', '~*^web yes; default no;', 'WebSocket', 'yes'],
	['MP6', '~a first; ~b second;', 'ba', 'first'],
	['MP6', '~. regex; a exact;', 'A', 'exact'],
	['MP11', '\\default key; default other;', 'default', 'key'],
	['MP11', '\\~a tilde;', '~a', 'tilde'],
	['MP11', 'a b; volatile; hostnames;', 'a', 'b'],
	['an expression is not tried on nothing', '~^$ empty; default other;', '', 'other'],
	['hostnames', 'hostnames; *.example.com leading; default other;', 'a.b.example.com.', 'leading'],
	['hostnames', 'hostnames; *.example.com leading; default other;', 'example.com', 'other'],
	['hostnames', 'hostnames; .example.com both; default other;', 'Example.com', 'both'],
	['hostnames', 'hostnames; www.example.* trailing; default other;', 'www.example.co.uk', 'trailing'],
	['hostnames', 'hostnames; *.b.c long; *.c short; a.* trailing;', 'a.b.c', 'long'],
	['without hostnames a mask is text', '*.example.com text; default other;', 'a.example.com', 'other'],
	['a mask before the word hostnames is text', '*.b text; hostnames; default other;', 'a.b', 'other'],
	['bytes', 'é letter; default other;', 'Ã©', 'letter'],
	['case folds ASCII only', 'É letter; default other;', 'Ã©', 'other'],
])('%s: { %s } gives for "%s": "%s"', (_row, entries, key, value) => {
	expect(map(entries).lookUp(key)?.template).toBe(value);
});

test('captures of the expression that decided come with the value (MP12)', () => {
	const entry = map('"~^(?<kind>[a-z]+)/(\\d+)$" "$kind-$2";').lookUp('ws/13');
	expect(entry?.template).toBe('$kind-$2');
	expect(entry?.captures?.groups).toEqual(['ws/13', 'ws', '13']);
	expect(entry?.captures?.named).toEqual({ kind: 'ws' });
});

test('the source without a $ is said as it is (MP7)', () => {
	expect(readMap(placedMap('map http_upgrade $v { default a; }')).source).toBe('http_upgrade');
});

test('entries of an included file count; when it is missing only exact keys are certain', () => {
	expect(map('include more; default no;', { '/more': 'websocket yes;' }).lookUp('websocket')?.at?.file.path).toBe('/more');
	const open = map('include gone; exact yes; ~. maybe; default no;');
	expect(open.lookUp('exact')?.template).toBe('yes');
	expect(open.lookUp('websocket')).toBeUndefined();
});

test('an expression that is not modelled makes what comes behind it unknown', () => {
	const partly = map('~a first; ~(?R) odd; default no; exact yes;');
	expect(partly.lookUp('a')?.template).toBe('first');
	expect(partly.lookUp('exact')?.template).toBe('yes');
	expect(partly.lookUp('b')).toBeUndefined();
});

test('compileMap answers only with values that hold no variable', () => {
	const answer = compileMap(placedMap("map $http_upgrade $v { default $http_connection; '' close; é bytes; }"));
	expect(answer('')).toBe('close');
	expect(answer('é')).toBe('bytes');
	expect(answer('x')).toBeUndefined();
});
