import { expect, test } from 'vitest';
import { parse } from '../../../server/src/core/syntax/parse.ts';
import {
	commentAt,
	commentsIn,
	directiveAt,
	enclosingBlock,
	pathTo,
	walk,
	wordAt,
} from '../../../server/src/core/syntax/query.ts';
import { tokens } from '../../../server/src/core/syntax/tokens.ts';

const text = `http { # one
  server { # two
    listen 80;
    location /ws {
      
    }
  }
}
`;
const tree = parse(text);
const at = (needle: string, shift = 0): number => text.indexOf(needle) + shift;
const names = (directive: ReturnType<typeof directiveAt>): string[] =>
	directive === undefined ? [] : pathTo(directive).map(({ name }) => name.value);

test('walking meets each directive before its children, in the order of the text', () => {
	expect([...walk(tree.directives)].map(({ name }) => name.value)).toEqual(['http', 'server', 'listen', 'location']);
});

test('the directive at a place is the innermost one', () => {
	expect(names(directiveAt(tree, at('listen')))).toEqual(['http', 'server', 'listen']);
	expect(names(directiveAt(tree, at('80', 2)))).toEqual(['http', 'server', 'listen']);
	expect(names(directiveAt(tree, at('80;', 3)))).toEqual(['http', 'server', 'listen']);
	expect(names(directiveAt(tree, at('location', -1)))).toEqual(['http', 'server']);
	expect(names(directiveAt(tree, at('/ws')))).toEqual(['http', 'server', 'location']);
	expect(names(directiveAt(tree, text.length))).toEqual([]);
});

test('the block around a place is the one between whose braces it lies', () => {
	expect(names(enclosingBlock(tree, at('{\n      ', 4)))).toEqual(['http', 'server', 'location']);
	expect(names(enclosingBlock(tree, at('/ws')))).toEqual(['http', 'server']);
	expect(names(enclosingBlock(tree, at('http')))).toEqual([]);
	const typing = parse('http {\n  server {\n    ');
	expect(names(enclosingBlock(typing, typing.source.text.length))).toEqual(['http', 'server']);
});

test('the word at a place, both ends included', () => {
	const listen = directiveAt(tree, at('listen'));
	if (listen === undefined) throw new Error('no directive');
	expect(wordAt(listen, at('80'))?.value).toBe('80');
	expect(wordAt(listen, at('listen', 6))?.value).toBe('listen');
	expect(wordAt(listen, at('80;', 3))).toBeUndefined();
});

test('comments by place and by stretch', () => {
	expect(tree.comments.map(({ span }) => tree.source.slice(span))).toEqual(['# one', '# two']);
	expect(commentAt(tree, at('# two', 5))?.span.start).toBe(at('# two'));
	expect(commentAt(tree, at('listen'))).toBeUndefined();
	expect(commentsIn(tree, { start: at('server'), end: at('listen') }).length).toBe(1);
});

test('tokens have their kinds', () => {
	const mixed = parse('a "b" # c\n{}a_by_lua_block { x }{% if %}');
	expect([...tokens(mixed)].map(({ kind, span }) => `${kind} ${JSON.stringify(mixed.source.slice(span))}`)).toEqual([
		...[
			'word "a"',
			'space " "',
			'word "\\"b\\""',
			'space " "',
			'comment "# c"',
			'space "\\n"',
			'punctuation "{"',
			'punctuation "}"',
		],
		...['word "a_by_lua_block"', 'space " "', 'punctuation "{"', 'raw " x "', 'punctuation "}"', 'template "{% if %}"'],
	]);
});
