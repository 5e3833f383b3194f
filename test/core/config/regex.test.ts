import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileRegex, type RegexMatch } from '../../../server/src/core/config/regex.ts';
import { regexSoup, textSoup } from '../../support/regexSoup.ts';

function run(pattern: string, text: string, caseless = false): RegexMatch | null | undefined {
	const regex = compileRegex(pattern, caseless);
	if ('unsupported' in regex) throw new Error(regex.unsupported);
	return regex.exec(text);
}

test.each([
	// The expressions of real locations, maps and rewrites.
	['^/socket\\.io/', '/socket.io/?EIO=4', ['/socket.io/']],
	['\\.(js|css|png)$', '/a/b.css', ['.css', 'css']],
	['^/api/(?<version>v\\d+)/(.*)$', '/api/v2/ws/x', ['/api/v2/ws/x', 'v2', 'ws/x']],
	['^(?!/ws)/', '/other', ['/']],
	['^(?!/ws)/', '/ws', null],
	['(?i)^/WS$', '/ws', ['/ws']],
	['^/ws$', '/ws\n', ['/ws']],
	['^/ws\\z', '/ws\n', null],
	['(?<=/u/)\\d+', '/u/42', ['42']],
	['^/(?>a+)ab', '/aaab', null],
	['^/a++ab', '/aaab', null],
	['^(.)(.)\\2\\1$', 'abba', ['abba', 'a', 'b']],
	// A group that took no part makes its reference fail, where RegExp would match nothing.
	['^(a)?b\\1', 'bb', null],
	// Captures stay from an earlier round, where RegExp forgets them.
	['(?:(a)|b)*', 'ab', ['ab', 'a']],
	['(a|)*$', 'a', ['a', '']],
	['[[:alnum:]_-]+', '!a-b_9!', ['a-b_9']],
	['[]a]+', 'a]', ['a]']],
	['\\Qa.b\\E+', 'a.bbb', ['a.bbb']],
	['a{,2}', '', 'unsupported'],
	['x{2,3}', 'xxxx', ['xxx']],
	['x{2,3}?', 'xxxx', ['xx']],
	['(?U)x+', 'xx', ['x']],
	['(?x) a b # c', 'ab', ['ab']],
	['é', 'Ã©', 'bytes'],
	['(?#comment)a', 'a', ['a']],
])('%s on %s', (pattern, text, expected) => {
	if (expected === 'unsupported') {
		expect(compileRegex(pattern, false)).toHaveProperty('unsupported');
		return;
	}
	if (expected === 'bytes') {
		expect(run('\\xc3\\xa9', text)?.groups).toEqual([text]);
		return;
	}
	expect(run(pattern, text)?.groups.map((group) => group ?? '') ?? null).toEqual(expected);
});

test('named groups are found by name', () => {
	const match = run("(?<a>.)(?P<b>.)(?'c'.)", 'xyz');
	expect(match?.named).toEqual({ a: 'x', b: 'y', c: 'z' });
	expect(match?.groups).toEqual(['xyz', 'x', 'y', 'z']);
});

test('case is folded for ASCII letters only', () => {
	expect(run('^\xe0$', '\xc0', true)).toBeNull();
	expect(run('^[A-Z]k$', 'aK', true)).not.toBeNull();
	expect(run('^\\d(?-i)x$', '1X', true)).toBeNull();
});

test.each([
	'(?R)',
	'(?(1)a)',
	'\\p{L}',
	'(*ACCEPT)',
	'(?|(a)|(b))',
	'(?1)(a)',
	'(a',
	'a)',
	'[a',
	'*',
	'a**',
	'^*',
	'(?<n>a)(?<n>b)',
	'(?<!a+)b',
	'\\2(a)',
	'[z-a]',
	'[\\w-/]',
	'\\y',
	'x{70000}',
	'(?=\\K)',
	`${'('.repeat(300)}${')'.repeat(300)}`,
	'(?:a{1000}){1000}',
])('%s is not evaluated, and says why', (pattern) => {
	expect(compileRegex(pattern, false)).toEqual({ unsupported: expect.stringContaining('cannot be evaluated: ') });
});

test.each([
	['^(a+)+$', 'a'],
	['^(a|a)*$', 'a'],
	['^(a|aa)+$', 'a'],
	['^(.*)*x$', 'a'],
	['^(a*)*$', 'a'],
	['(.*).*.*.*.*x', 'a'],
	['^(a?){50}a{50}$', 'a'],
	['^(a+)\\1+$', 'a'],
	['(?=(a+)+b)', 'a'],
	['(?<!(?=a*b))c', 'a'],
	['(?>(?>a+)+)+b', 'a'],
])('%s ends soon on a long text', (pattern, letter) => {
	const started = performance.now();
	const result = run(pattern, `${letter.repeat(5_000)}!`);
	expect(result === null || result === undefined).toBe(true);
	expect(performance.now() - started).toBeLessThan(5_000);
});

test('any expression and any text end, and the groups are parts of the text', () => {
	fc.assert(
		fc.property(
			fc.oneof(regexSoup, fc.string()),
			fc.oneof(textSoup, fc.string({ unit: 'binary' })),
			fc.boolean(),
			(pattern, text, caseless) => {
				const regex = compileRegex(pattern, caseless);
				if ('unsupported' in regex) return;
				for (const group of regex.exec(text)?.groups ?? []) expect(text).toContain(group ?? '');
			},
		),
		{ numRuns: 3_000 },
	);
});
