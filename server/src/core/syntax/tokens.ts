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

/** Words, Lua bodies and comments in the order of the text. */
function* pieces(tree: SyntaxTree): Generator<Token, void, undefined> {
	let nextComment = 0;
	for (const piece of wordsAndBodies(tree.directives)) {
		for (; ; nextComment++) {
			const comment = tree.comments[nextComment];
			if (comment === undefined || comment.span.start > piece.span.start) break;
			yield { kind: 'comment', span: comment.span };
		}
		yield piece;
	}
	for (; nextComment < tree.comments.length; nextComment++) {
		const comment = tree.comments[nextComment];
		if (comment !== undefined) yield { kind: 'comment', span: comment.span };
	}
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

/** What stands between two words: white space, punctuation, and template marks that the reader passed over. */
function* between(text: string, start: number, end: number): Generator<Token, void, undefined> {
	let at = start;
	while (at < end) {
		const from = at;
		if (isSeparator(text.charCodeAt(at))) {
			while (at < end && isSeparator(text.charCodeAt(at))) at++;
			yield { kind: 'space', span: { start: from, end: at } };
		} else if (isPunctuation(text, at, end)) {
			at++;
			yield { kind: 'punctuation', span: { start: from, end: at } };
		} else {
			while (at < end && !isSeparator(text.charCodeAt(at))) at++;
			yield { kind: 'template', span: { start: from, end: at } };
		}
	}
}

function isPunctuation(text: string, at: number, end: number): boolean {
	const character = text[at];
	if (character === ';' || character === '}') return true;
	return character === '{' && !(at + 1 < end && '{%'.includes(text[at + 1] ?? ' '));
}
