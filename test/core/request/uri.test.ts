import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeArgs, escapeUri, parseTarget, unescapeRedirect } from '../../../server/src/core/request/uri.ts';
import { inShort, modelOf } from './asking.ts';

describe('a request target', () => {
	it.each([
		['/a%20b', '/a b'],
		['/a/./b/../c/', '/a/c/'],
		['/a/..', '/'],
		['/a/.', '/a/'],
		['/a/...', '/a/...'],
		['//a///b', '/a/b'],
		['/a%2f..%2Fb', '/b'],
		['/%2e%2e', undefined],
		['/..', undefined],
		['/a/../..', undefined],
		['/a%3Fb', '/a?b'],
		['/a%23b', '/a#b'],
		['/a%25b', '/a%b'],
		['/a#b', '/a'],
		['/a%00', undefined],
		['/a%zz', undefined],
		['/a%4', undefined],
		['/a b', undefined],
		['a', undefined],
		['*', undefined],
		['http://h', '/'],
		['http://h?x', '/'],
		['http://h:80/x/../y', '/y'],
		['http://a_b/', undefined],
		['http:///x', undefined],
	])('%s is the path %s', (raw, path) => {
		expect(parseTarget(raw, true)?.path).toBe(path);
	});

	it('keeps the arguments raw and ends them at a #', () => {
		expect(parseTarget('/a?b=%20&c#d', true)).toMatchObject({ args: 'b=%20&c', unparsed: '/a?b=%20&c#d', quoted: false });
	});

	it('is normalised for good: parsing its escaped path again changes nothing', () => {
		fc.assert(
			fc.property(fc.stringMatching(/^\/[a-z./%0-9A-F?#+-]{0,30}$/), (raw) => {
				const once = parseTarget(raw, true);
				if (once === undefined) return;
				expect(once.path.startsWith('/')).toBe(true);
				expect(parseTarget(escapeUri(once.path), true)?.path).toBe(once.path);
			}),
		);
	});
});

describe('escaping (src/core/ngx_string.c; run on 1.22, 1.26 and 1.30)', () => {
	it('escapes what a path may not hold, and more in arguments', () => {
		const all = ' "#%&+;<>?\\^`{|}~\'\x7f\xe9';
		expect(escapeUri(all)).toBe("%20%22%23%25&+;%3C%3E%3F%5C%5E%60%7B%7C%7D~'%7F%E9");
		expect(escapeArgs(all)).toBe("%20%22%23%25%26%2B%3B%3C%3E%3F%5C%5E%60%7B%7C%7D~'%7F%E9");
	});

	it('decodes a redirect up to its question mark', () => {
		expect(unescapeRedirect('/a%20%41%2f?%41')).toBe('/a%20A/?%41');
		expect(unescapeRedirect('/a%3F%41')).toBe('/a?%41');
	});
});

/** The request target that the backend gets. */
function sent(location: string, uri: string): string {
	const { upstream } = modelOf(`server { listen 8080; set $b 127.0.0.1:9000; ${location} }`).predict({ uri });
	return upstream?.uri ?? 'nothing';
}

describe('the request target that the backend gets', () => {
	it.each([
		[
			'RT15: without a URI part, raw',
			'location /ws { proxy_pass http://127.0.0.1:9000; }',
			'/ws//a/../b%20?x=%20#f',
			'/ws//a/../b%20?x=%20#f',
		],
		['RT16: with one, the prefix is replaced', 'location /ws/ { proxy_pass http://127.0.0.1:9000/; }', '/ws/chat?a', '/chat?a'],
		['RT16: textually', 'location /ws { proxy_pass http://127.0.0.1:9000/; }', '/ws/chat', '//chat'],
		['RT16: textually', 'location /ws/ { proxy_pass http://127.0.0.1:9000/api; }', '/ws/chat', '/apichat'],
		[
			'and the rest is decoded and escaped again',
			'location /ws/ { proxy_pass http://127.0.0.1:9000/; }',
			'/ws/a%20%41"',
			'/a%20A%22',
		],
		['which only happens when there was an escape', 'location /ws/ { proxy_pass http://127.0.0.1:9000/; }', '/ws/"', '/"'],
		[
			'RT17: with variables and a URI part, that part alone',
			'location /ws/ { proxy_pass http://$b/fixed/; }',
			'/ws/chat?a',
			'/fixed/',
		],
		['RT17: with variables and no URI part, raw', 'location /ws/ { proxy_pass http://$b; }', '/ws/%41', '/ws/%41'],
		[
			'RT18: after rewrite … break the rewritten one',
			'location /ws/ { rewrite ^/ws/(.*)$ /r/$1 break; proxy_pass http://127.0.0.1:9000/zzz; }',
			'/ws/a%20b?c',
			'/r/a%20b?c',
		],
		[
			'after rewrite … last the new location counts',
			'location /ws/ { rewrite ^/ws/(.*)$ /r/$1 last; } location /r/ { proxy_pass http://127.0.0.1:9000/zzz/; }',
			'/ws/a?c',
			'/zzz/a?c',
		],
		[
			'set $args makes nginx write the URI anew',
			'location /ws { set $args "new=$args"; proxy_pass http://127.0.0.1:9000; }',
			'/ws?a',
			'/ws?new=a',
		],
		['a URI part that is only arguments', 'location /ws { proxy_pass http://127.0.0.1:9000/y?z=1; }', '/ws/a?b', '/y?z=1/a?b'],
	])('%s', (_says, location, uri, expected) => {
		expect(sent(location, uri)).toBe(expected);
	});

	it('is none where nginx answers 400', () => {
		const model = modelOf('server { listen 8080; location / { proxy_pass http://127.0.0.1:9000; } }');
		for (const uri of ['/%', '/..', '/%00', 'x']) expect(inShort(model.predict({ uri }))).toBe('400');
		expect(inShort(model.predict({ uri: `/${'a'.repeat(9000)}` }))).toBe('414');
		expect(inShort(model.predict({ headers: [['X', 'a'.repeat(9000)]] }))).toBe('400');
		expect(inShort(model.predict({ method: 'get' }))).toBe('400');
		expect(inShort(model.predict({ method: 'TRACE' }))).toBe('405');
	});
});
