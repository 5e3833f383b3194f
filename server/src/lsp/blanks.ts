import { parseConfiguration } from '../core/config/parseConfiguration.ts';
import type { SyntaxTree } from '../core/syntax/nodes.ts';
import { tokens } from '../core/syntax/tokens.ts';

/**
 * True when two texts differ in comments and white space only, and the difference at `at` stands before any directive or behind the end
 * of one. A comment that means something to us counts as a difference.
 */
export function isSameButBlank(before: string, after: string, at: number): boolean {
	const old = parseConfiguration(before);
	const now = parseConfiguration(after);
	if (old.template || now.template || speaks(old) || speaks(now)) return false;
	// A comment that lost its line end would swallow what follows.
	if (now.comments.at(-1)?.span.end === after.length) return false;
	const some = wordsOf(old);
	const others = wordsOf(now);
	const last = some.findLast(({ end }) => end <= at);
	return (
		(last === undefined || /^[;{}]$/.test(last.text)) &&
		some.length === others.length &&
		some.every(({ kind, text }, index) => others[index]?.kind === kind && others[index].text === text)
	);
}

function speaks(tree: SyntaxTree): boolean {
	return tree.comments.some(({ span }) => /websocket/i.test(tree.source.slice(span)));
}

function wordsOf(tree: SyntaxTree): readonly { readonly kind: string; readonly text: string; readonly end: number }[] {
	return [...tokens(tree)]
		.filter(({ kind }) => kind !== 'space' && kind !== 'comment')
		.map(({ kind, span }) => ({ kind, text: tree.source.slice(span), end: span.end }));
}
