import type { Span } from '../text/span.ts';
import { isSeparator } from './characters.ts';
import type { Directive, SyntaxTree, Word } from './nodes.ts';
import { walk } from './query.ts';

/** A stretch of the text. `raw` is Lua code, `template` a template mark that stands where no word may. */
export interface Token {
	readonly kind: 'word' | 'punctuation' | 'comment' | 'space' | 'raw' | 'template';
	readonly span: Span;
}

/** All of the text as tokens, in order and without gaps: put together they are the text again. */
export function* tokens(tree: SyntaxTree): Generator<Token, void, undefined> {
	const text = tree.source.text;
	let at = 0;
	for (const { kind, span } of pieces(tree)) {
		yield* between(text, at, span.start);
		yield { kind, span };
		at = span.end;
	}
	yield* between(text, at, text.length);
}

/** Words, Lua bodies, comments and template marks in the order of the text. */
function* pieces(tree: SyntaxTree): Generator<Token, void, undefined> {
	const comments = tree.comments.map(({ span }): Token => ({ kind: 'comment', span }));
	const marks = tree.templateMarks.map((span): Token => ({ kind: 'template', span }));
	const others = marks.length === 0 ? comments : [...comments, ...marks].sort((a, b) => a.span.start - b.span.start);
	let next = 0;
	for (const piece of wordsAndBodies(tree.directives)) {
		for (let other = others[next]; other !== undefined && other.span.start < piece.span.start; other = others[++next])
			yield other;
		yield piece;
	}
	yield* others.slice(next);
}

function* wordsAndBodies(directives: readonly Directive[]): Generator<Token, void, undefined> {
	const token = (word: Word): Token => ({ kind: 'word', span: word.span });
	for (const directive of walk(directives)) {
		yield token(directive.name);
		for (const argument of directive.args) yield token(argument);
		const raw = directive.block?.raw;
		if (raw !== undefined && raw.end > raw.start) yield { kind: 'raw', span: raw };
	}
}

/** What stands between two words: white space and punctuation. */
function* between(text: string, start: number, end: number): Generator<Token, void, undefined> {
	let at = start;
	while (at < end) {
		const from = at;
		const space = isSeparator(text.charCodeAt(at));
		if (space) while (at < end && isSeparator(text.charCodeAt(at))) at++;
		else at++;
		yield { kind: space ? 'space' : 'punctuation', span: { start: from, end: at } };
	}
}
