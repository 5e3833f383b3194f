import { expect, test } from 'vitest';
import { buildConfiguration, buildFragment } from '../../../server/src/core/config/build.ts';
import { type Effective, effective, effectiveValue } from '../../../server/src/core/config/effective.ts';
import type { Scope } from '../../../server/src/core/config/model.ts';
import { versionOf } from '../../support/analysed.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';

/** The scope that holds the directive `here;`. */
function marked(scope: Scope): Scope | undefined {
	if (scope.byName.has('here')) return scope;
	for (const { body } of scope.directives) {
		const found = body && marked(body);
		if (found !== undefined) return found;
	}
	return undefined;
}

function inForce(text: string, name: string, version = '1.28'): Effective {
	const scope = marked(buildConfiguration('/nginx.conf', memoryFiles({ '/nginx.conf': text })).root);
	if (scope === undefined) throw new Error('nothing is marked with here;');
	return effective(scope, name, versionOf(version));
}

/** `inherited server: A 1 | B 2`, `default: 1.0`, `unknown: …`. */
function said(found: Effective): string {
	if (found.level === 'default') return `default: ${found.value ?? 'none'}`;
	if (found.level === 'unknown') return `unknown: ${found.reason}`;
	const lines = found.directives.map(({ node }) => node.args.map(({ value }) => value).join(' '));
	return `${found.level} ${found.scope.context}: ${lines.join(' | ')}`;
}

test.each([
	[
		'IN1',
		'http { server { proxy_set_header A 1; proxy_set_header B 2; location / { here; } } }',
		'proxy_set_header',
		'inherited server: A 1 | B 2',
	],
	[
		'IN1',
		'http { server { proxy_set_header A 1; location / { here; proxy_set_header Host h; } } }',
		'proxy_set_header',
		'own location: Host h',
	],
	[
		'IN2',
		'http { server { location /a { proxy_set_header A 1; location /a/b { here; } } } }',
		'proxy_set_header',
		'inherited location: A 1',
	],
	['IN3', 'http { server { location / { here; } } proxy_set_header A late; }', 'proxy_set_header', 'inherited http: A late'],
	[
		'IN4',
		'http { proxy_read_timeout 1h; server { proxy_http_version 1.1; location / { here; proxy_set_header A 1; } } }',
		'proxy_read_timeout',
		'inherited http: 1h',
	],
	['IN5', 'http { server { allow 1.1.1.1; deny all; location / { here; deny 2.2.2.2; } } }', 'allow', 'own location: 2.2.2.2'],
	['IN5', 'http { server { allow 1.1.1.1; deny all; location / { here; } } }', 'deny', 'inherited server: 1.1.1.1 | all'],
	[
		'IN6',
		'http { server { location / { proxy_pass http://a; if ($x) { here; } } } }',
		'proxy_pass',
		'inherited location: http://a',
	],
	[
		'IN6',
		'http { server { location / { proxy_pass http://a; if ($x) { here; proxy_pass http://b; } } } }',
		'proxy_pass',
		'own if: http://b',
	],
	['IN8', 'http { server { location /a { proxy_pass http://a; location /a/b { here; } } } }', 'proxy_pass', 'default: none'],
	[
		'IN10',
		'http { server { location / { proxy_set_header A 1; proxy_pass http://a; limit_except GET { here; } } } }',
		'proxy_set_header',
		'inherited location: A 1',
	],
	['try_files stays', 'http { server { try_files $uri =404; location / { here; } } }', 'try_files', 'default: none'],
	['an upstream has its own', 'http { keepalive_timeout 5; upstream u { here; } }', 'keepalive_timeout', 'default: none'],
	['stream', 'stream { proxy_timeout 1h; server { here; } }', 'proxy_timeout', 'inherited stream: 1h'],
	[
		'internal comes down',
		'http { server { location /a { internal; location /a/b { here; } } } }',
		'internal',
		'inherited location: ',
	],
	[
		'valid_referers come down',
		'http { server { valid_referers none; location / { here; } } }',
		'valid_referers',
		'inherited server: none',
	],
])('%s: %s', (_row, text, name, expected) => {
	expect(said(inForce(text, name))).toBe(expected);
});

test('the default depends on the version (§0.2)', () => {
	const text = 'http { server { location / { here; } } }';
	expect(said(inForce(text, 'proxy_http_version', '1.29.6'))).toBe('default: 1.0');
	expect(said(inForce(text, 'proxy_http_version', '1.29.7'))).toBe('default: 1.1');
});

test('add_header_inherit adds or cuts off outer lines since 1.29.3', () => {
	const merge =
		'http { add_header A 1; server { add_header_inherit merge; add_header B 2; location / { here; add_header C 3; } } }';
	expect(said(inForce(merge, 'add_header', '1.29.3'))).toBe('own location: C 3 | B 2 | A 1');
	expect(said(inForce(merge, 'add_header', '1.29.2'))).toBe('own location: C 3');
	const off = 'http { add_header A 1; server { location / { here; add_header_inherit off; } } }';
	expect(said(inForce(off, 'add_header', '1.30'))).toBe('default: none');
});

test.each([
	[
		'a list, beside own lines',
		'http { server { location / { here; include gone; proxy_set_header A 1; } } }',
		'proxy_set_header',
		'unknown',
	],
	[
		'a plain value, beside its own line',
		'http { server { location / { here; include gone; proxy_http_version 1.1; } } }',
		'proxy_http_version',
		'own',
	],
	[
		'anything, on the way out',
		'http { server { include gone; location / { here; } proxy_read_timeout 1h; } }',
		'proxy_set_header',
		'unknown',
	],
	[
		'nothing below the own lines',
		'http { include gone; server { location / { here; proxy_set_header A 1; } } }',
		'proxy_set_header',
		'own',
	],
	[
		'no handler from further out',
		'http { include gone; server { include gone; location / { here; } } }',
		'proxy_pass',
		'default',
	],
])('an include that is not here may set %s', (_what, text, name, level) => {
	const found = inForce(text, name);
	expect(found.level).toBe(level);
	if (found.level === 'unknown') expect(found.include?.node.args[0]?.value).toBe('gone');
});

test('around a fragment of locations the server is not known', () => {
	const files = memoryFiles({ '/a.conf': 'location / { proxy_http_version 1.1; here; }' });
	const scope = marked(buildFragment('/a.conf', files, 'server', 'content').root);
	if (scope === undefined) throw new Error('nothing is marked');
	expect(effectiveValue(scope, 'proxy_http_version', versionOf('1.28'))).toBe('1.1');
	expect(effective(scope, 'proxy_set_header', versionOf('1.28'))).toEqual({
		level: 'unknown',
		reason: 'the configuration around this fragment could set proxy_set_header',
	});
});

test('a thousand nested locations are asked in no time', () => {
	const text = `http { server { proxy_set_header A 1; ${'location / { '.repeat(1_000)} here; ${'}'.repeat(1_000)} } }`;
	const started = performance.now();
	expect(said(inForce(text, 'proxy_set_header'))).toBe('inherited server: A 1');
	expect(performance.now() - started).toBeLessThan(5_000);
});
