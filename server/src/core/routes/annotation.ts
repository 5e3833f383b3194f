import type { Scope } from '../config/model.ts';
import type { Comment } from '../syntax/nodes.ts';
import type { SourceText } from '../text/sourceText.ts';
import type { Evidence } from './route.ts';

/** What a person has written about a location, or a stream server, in a comment. */
export interface Annotation {
	readonly meant: boolean;
	readonly evidence: Evidence;
}

/** `# websocket`, `# not a websocket endpoint.`; a sentence that only begins so is a remark like any other. */
const MEANING =
	/^#+\s*(?:nginx-websocket:\s*)?(not?\s+(?:an?\s+)?)?websockets?(?:\s+(?:endpoint|route|location|server)s?)?\s*[.:!]?\s*$/i;

/**
 * `# websocket` or `# not websocket` in the comments right above a block, behind its `{`, or among the comments that begin it. The one
 * nearest to the block's head counts.
 */
export function annotated(scope: Scope): Annotation | undefined {
	const { opener } = scope;
	if (opener === undefined) return undefined;
	const { source, comments } = opener.file.tree;
	const start = opener.node.span.start;
	const first = firstBehind(comments, start);
	const open = opener.node.block?.span.start;
	for (const comment of [
		...above(comments, first, source, start),
		...(open === undefined ? [] : inside(comments, first, source, open)),
	]) {
		const text = source.slice(comment.span);
		const meaning = MEANING.exec(text);
		if (meaning !== null)
			return {
				meant: meaning[1] === undefined,
				evidence: { text: `is marked ${text}`, at: { path: opener.file.path, span: comment.span } },
			};
	}
	return undefined;
}

/** The comments that stand alone on the lines right above a place, from below. */
function* above(comments: readonly Comment[], first: number, source: SourceText, start: number): Generator<Comment> {
	let line = source.lineAt(start);
	for (let index = first - 1; index >= 0; index--) {
		const comment = comments[index];
		if (comment === undefined || source.lineAt(comment.span.start) !== line - 1) return;
		line--;
		if (source.text.slice(source.lineStarts[line] ?? 0, comment.span.start).trim() !== '') return;
		yield comment;
	}
}

/** The comments between a `{` and the first directive behind it. */
function* inside(comments: readonly Comment[], first: number, source: SourceText, open: number): Generator<Comment> {
	let from = open + 1;
	for (let index = first; index < comments.length; index++) {
		const comment = comments[index];
		if (comment === undefined) return;
		if (comment.span.start < from) continue;
		if (source.text.slice(from, comment.span.start).trim() !== '') return;
		from = comment.span.end;
		yield comment;
	}
}

/** The index of the first comment behind an offset. */
function firstBehind(comments: readonly Comment[], offset: number): number {
	let low = 0;
	let high = comments.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((comments[middle]?.span.start ?? 0) < offset) low = middle + 1;
		else high = middle;
	}
	return low;
}
