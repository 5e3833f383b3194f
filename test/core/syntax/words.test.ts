import { describe, expect, test } from 'vitest';
import { parse } from '../../../server/src/core/syntax/parse.ts';
import {
	quoteIfNeeded,
	quoteWord,
	spanInSource,
	templateParts,
	variableReferences,
} from '../../../server/src/core/syntax/words.ts';

/** The parts of a value in one line: literal text as it is, `<name>`, `<1>` for a capture, `!fault!`. */
function parts(value: string): string {
	return templateParts(value)
		.map((part) => {
			if (part.kind === 'literal') return part.text;
			if (part.kind === 'fault') return `!${part.fault}!`;
			if (part.kind === 'mark') return `[${part.text}]`;
			return part.kind === 'capture' ? `<#${part.number}>` : `<${part.name}>`;
		})
		.join('');
}

describe('a value is cut into variables as nginx cuts it (DU5)', () => {
	test.each([
		['http://$host$request_uri', 'http://<host><request_uri>'],
		['$HTTP_Upgrade', '<HTTP_Upgrade>'],
		['${host}name $host-name', '<host>name <host>-name'],
		['$1x$12', '<#1>x<#1>2'],
		['${1} $0', '<1> <0>'],
		['plain', 'plain'],
		['', ''],
		['a$', 'a!invalid-name!'],
		['$-', '!invalid-name!-'],
		['$$host', '!invalid-name!<host>'],
		['${}', '!invalid-name!'],
		['a${', 'a!invalid-name!'],
		['${host', '!unclosed-braces!'],
		['${ho-st}', '!unclosed-braces!-st}'],
	])('%s', (value, expected) => expect(parts(value)).toBe(expected));
});

describe('a variable is found in the text, behind quotes and escapes', () => {
	test.each([
		['x $host;', [['host', '$host', 'host']]],
		[
			'x "a ${Host}/$1";',
			[
				['host', '${Host}', 'Host'],
				['1', '$1', '1'],
			],
		],
		[
			'x "\\"$a\\t${b}\\.$c";',
			[
				['a', '$a', 'a'],
				['b', '${b}', 'b'],
				['c', '$c', 'c'],
			],
		],
		["x '\\'\\\\$a';", [['a', '$a', 'a']]],
		['x \\$a;', [['a', '$a', 'a']]],
		['x "$unclosed', [['unclosed', '$unclosed', 'unclosed']]],
		['x none;', []],
	])('%s', (text, expected) => {
		const tree = parse(text);
		const word = tree.directives[0]?.args[0];
		if (word === undefined) throw new Error('no argument');
		const found = variableReferences(word, tree.source).map(({ name, span, nameSpan }) => [
			name,
			tree.source.slice(span),
			tree.source.slice(nameSpan),
		]);
		expect(found).toEqual(expected);
	});

	test('a stretch of a value has its place in the text', () => {
		const tree = parse('x "a\\"b\\n\\.c";');
		const word = tree.directives[0]?.args[0];
		if (word === undefined) throw new Error('no argument');
		expect(word.value).toBe('a"b\n\\.c');
		expect(tree.source.slice(spanInSource(word, tree.source, 1, 4))).toBe('\\"b\\n');
		expect(tree.source.slice(spanInSource(word, tree.source, 4, 7))).toBe('\\.c');
	});
});

describe('an argument is written as a person would', () => {
	test.each([
		['upgrade', 'upgrade'],
		['$http_upgrade', '$http_upgrade'],
		['${a}b', '${a}b'],
		['', '""'],
		['a b', '"a b"'],
		['a;b', '"a;b"'],
		['a{2}', '"a{2}"'],
		['a#b', 'a#b'],
		['#a', '"#a"'],
		["don't", "don't"],
		['say "x y"', `'say "x y"'`],
		['^/a\\.b$', '^/a\\.b$'],
		['a\\nb', 'a\\\\nb'],
		['a\\', 'a\\\\'],
		['}', '"}"'],
		['a}', 'a}'],
	])('%s', (value, written) => expect(quoteIfNeeded(value)).toBe(written));

	test('in the quotes that the file prefers, unless those stand in the value', () => {
		expect(quoteIfNeeded('a b', "'")).toBe("'a b'");
		expect(quoteIfNeeded("it's so", "'")).toBe('"it\'s so"');
		expect(quoteWord('upgrade', '"')).toBe('"upgrade"');
		expect(quoteWord('"', '"')).toBe('"\\""');
	});
});
