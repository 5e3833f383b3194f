import type { Span } from '../text/span.ts';
import type { Comment, Directive, SyntaxTree, Word } from './nodes.ts';

/** All directives of a tree or a block, each before its children, in the order of the text. Works at any depth. */
export function* walk(directives: readonly Directive[]): Generator<Directive, void, undefined> {
	const waiting: { readonly list: readonly Directive[]; next: number }[] = [{ list: directives, next: 0 }];
	for (let level = waiting[0]; level !== undefined; level = waiting[waiting.length - 1]) {
		const directive = level.list[level.next++];
		if (directive === undefined) {
			waiting.pop();
			continue;
		}
		yield directive;
		if (directive.block !== undefined && directive.block.children.length > 0) {
			waiting.push({ list: directive.block.children, next: 0 });
		}
	}
}

/** The innermost directive at `offset` (both ends included, the one that starts there before the one that ends there). */
export function directiveAt(tree: SyntaxTree, offset: number): Directive | undefined {
	let found: Directive | undefined;
	let list = tree.directives;
	for (;;) {
		const directive = lastStartingAt(list, offset);
		if (directive === undefined || directive.span.end < offset) return found;
		found = directive;
		const block = directive.block;
		if (block === undefined || !isInside(block.span, offset, block.closed)) return found;
		list = block.children;
	}
}

/** The innermost directive between whose braces `offset` lies; undefined at the top of the file. */
export function enclosingBlock(tree: SyntaxTree, offset: number): Directive | undefined {
	let found: Directive | undefined;
	let list = tree.directives;
	for (;;) {
		const directive = lastStartingAt(list, offset);
		const block = directive?.block;
		if (directive === undefined || block === undefined || !isInside(block.span, offset, block.closed)) return found;
		found = directive;
		list = block.children;
	}
}

/** The innermost directive of a name whose head or block is at `offset`. */
export function namedAround(tree: SyntaxTree, offset: number, name: string): Directive | undefined {
	let at = directiveAt(tree, offset) ?? enclosingBlock(tree, offset);
	while (at !== undefined && at.name.value !== name) at = at.parent;
	return at;
}

/** The directives around this one from the top of the file down, itself last. */
export function pathTo(directive: Directive): readonly Directive[] {
	const path: Directive[] = [];
	for (let at: Directive | undefined = directive; at !== undefined; at = at.parent) path.push(at);
	return path.reverse();
}

/** The name or argument at `offset`, both ends included. */
export function wordAt(directive: Directive, offset: number): Word | undefined {
	return [directive.name, ...directive.args].findLast((word) => word.span.start <= offset && offset <= word.span.end);
}

/** The comment at `offset`, both ends included. */
export function commentAt(tree: SyntaxTree, offset: number): Comment | undefined {
	const comment = tree.comments[lastIndexStartingAt(tree.comments, offset)];
	return comment !== undefined && offset <= comment.span.end ? comment : undefined;
}

/** The comments that lie wholly in `span`, in order. */
export function commentsIn(tree: SyntaxTree, span: Span): readonly Comment[] {
	const comments = tree.comments;
	let index = lastIndexStartingAt(comments, span.start - 1) + 1;
	const found: Comment[] = [];
	for (let comment = comments[index]; comment !== undefined && comment.span.end <= span.end; comment = comments[++index]) {
		found.push(comment);
	}
	return found;
}

function isInside(block: Span, offset: number, closed: boolean): boolean {
	return offset > block.start && (closed ? offset < block.end : offset <= block.end);
}

function lastStartingAt(list: readonly Directive[], offset: number): Directive | undefined {
	return list[lastIndexStartingAt(list, offset)];
}

/** The index of the last of these ordered things that starts at or before `offset`; -1 when none does. */
function lastIndexStartingAt(list: readonly { readonly span: Span }[], offset: number): number {
	let low = 0;
	let high = list.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((list[middle]?.span.start ?? 0) <= offset) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}
