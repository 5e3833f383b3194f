import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Directive, SyntaxTree } from '../../../server/src/core/syntax/nodes.ts';
import { parse } from '../../../server/src/core/syntax/parse.ts';
import { walk } from '../../../server/src/core/syntax/query.ts';
import { tokens } from '../../../server/src/core/syntax/tokens.ts';
import { innerSpan, needsQuotes, quoteIfNeeded, quoteWord, templateParts } from '../../../server/src/core/syntax/words.ts';
import { encloses, type Span } from '../../../server/src/core/text/span.ts';
import { tokenSoup } from '../../support/tokenSoup.ts';

const soup = fc.oneof(
	{ weight: 4, arbitrary: tokenSoup },
	{ weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
);
const runs = { numRuns: 1500 };

test('the tokens of any text, put together, are the text again', () => {
	fc.assert(
		fc.property(soup, (text) => {
			let at = 0;
			for (const { span } of tokens(parse(text))) {
				expect(span.start).toBe(at);
				expect(span.end).toBeGreaterThan(span.start);
				at = span.end;
			}
			expect(at).toBe(text.length);
		}),
		runs,
	);
});

test('the spans of any tree nest and follow the order of the text', () => {
	fc.assert(
		fc.property(soup, (text) => expectNested(parse(text))),
		runs,
	);
});

test('every prefix of a text has a tree with the whole text in it', () => {
	fc.assert(
		fc.property(soup, (text) => {
			for (let length = 0; length <= text.length; length++) {
				const tree = parse(text.slice(0, length));
				expect(tree.source.text.length).toBe(length);
				expectNested(tree);
			}
		}),
		{ numRuns: 150 },
	);
});

test('every problem names a place in the text and a line of it', () => {
	fc.assert(
		fc.property(soup, (text) => {
			const tree = parse(text);
			for (const problem of tree.problems) {
				expect(encloses({ start: 0, end: text.length }, problem.span)).toBe(true);
				expect(problem.nginxLine).toBeGreaterThanOrEqual(1);
				expect(problem.nginxLine).toBeLessThanOrEqual(tree.source.lineStarts.length);
				expect(problem.message).not.toBe('');
				expect(problem.nginxMessage).not.toBe('');
			}
		}),
		runs,
	);
});

test('a value written back as an argument is read as the same value', () => {
	const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ unit: valueCharacter, maxLength: 12 }));
	fc.assert(
		fc.property(value, fc.constantFrom('"' as const, "'" as const), (wanted, quote) => {
			for (const written of [quoteIfNeeded(wanted, quote), quoteWord(wanted, quote)]) {
				const tree = parse(`x ${written};`);
				expect(tree.problems).toEqual([]);
				expect(tree.directives[0]?.args.map((word) => word.value)).toEqual([wanted]);
			}
			if (!needsQuotes(wanted)) expect(quoteIfNeeded(wanted, quote)[0]).not.toBe(quote);
		}),
		runs,
	);
});

test('the parts of a value, put together, are the value again', () => {
	fc.assert(
		fc.property(fc.string({ unit: valueCharacter, maxLength: 12 }), (value) => {
			expect(
				templateParts(value)
					.map(({ start, end }) => value.slice(start, end))
					.join(''),
			).toBe(value);
		}),
		runs,
	);
});

const valueCharacter = fc.constantFrom(...'ab1_$${{}};"\'\\\\tn #\n-é');

function expectNested(tree: SyntaxTree): void {
	const whole = { start: 0, end: tree.source.text.length };
	expectOrdered(tree.directives, whole, undefined);
	for (const directive of walk(tree.directives)) {
		const { name, args, span, block } = directive;
		let at = span.start;
		expect(name.span.start).toBe(at);
		for (const word of [name, ...args]) {
			expect(word.span.start).toBeGreaterThanOrEqual(at);
			expect(word.span.end).toBeGreaterThan(word.span.start);
			expect(encloses(word.span, innerSpan(word, tree.source))).toBe(true);
			at = word.span.end;
		}
		expect(at).toBeLessThanOrEqual(span.end);
		if (block === undefined) continue;
		expect(block.span.start).toBeGreaterThanOrEqual(at);
		expect(block.span.end).toBe(span.end);
		if (block.raw !== undefined) expect(encloses(block.span, block.raw)).toBe(true);
		expectOrdered(block.children, block.span, directive);
	}
	let comment = 0;
	for (const { span } of tree.comments) {
		expect(span.start).toBeGreaterThanOrEqual(comment);
		comment = span.end;
	}
}

function expectOrdered(directives: readonly Directive[], around: Span, parent: Directive | undefined): void {
	let at = around.start;
	for (const directive of directives) {
		expect(directive.parent).toBe(parent);
		expect(directive.span.start).toBeGreaterThanOrEqual(at);
		at = directive.span.end;
	}
	expect(at).toBeLessThanOrEqual(around.end);
}
