import type { PlacedDirective, Scope } from '../../config/model.ts';
import type { Word } from '../../syntax/nodes.ts';
import type { SourceText } from '../../text/sourceText.ts';
import type { Span } from '../../text/span.ts';
import type { Edit } from '../rule.ts';

/*
 * Edits that keep a file's own habits: indentation, line ends, one-line blocks, comments.
 * All offsets are those of the analysed text.
 */

/** Replaces one word by `text`, which is written as it shall stand in the file. */
export function replaceArgument(placed: PlacedDirective, index: number, text: string): Edit | undefined {
	const word = placed.node.args[index];
	return word && { path: placed.file.path, span: word.span, text };
}

/** Puts a word behind the last one of a directive. */
export function appendWord(placed: PlacedDirective, word: string): Edit {
	const { end } = (placed.node.args.at(-1) ?? placed.node.name).span;
	return { path: placed.file.path, span: { start: end, end }, text: ` ${word}` };
}

/** Removes one word of a directive with the blanks in front of it. */
export function removeWord(placed: PlacedDirective, word: Word): Edit {
	const { text } = placed.file.tree.source;
	let { start } = word.span;
	while (/[ \t]/.test(text[start - 1] ?? '')) start--;
	return { path: placed.file.path, span: { start, end: word.span.end }, text: '' };
}

/** Removes a directive with its line when it stands alone on it, else with the blank beside it; a comment behind it stays. */
export function removeDirective(placed: PlacedDirective): Edit {
	const { source } = placed.file.tree;
	const { span } = placed.node;
	const lineStart = lineStartOf(source, span.start);
	const lineEnd = lineEndOf(source, span.end);
	const isFirst = source.text.slice(lineStart, span.start).trim() === '';
	const rest = source.text.slice(span.end, lineEnd);
	if (isFirst && rest.trim() === '')
		return { path: placed.file.path, span: { start: lineStart, end: Math.min(lineEnd + 1, source.text.length) }, text: '' };
	// What follows on the line, a comment for instance, takes its place.
	if (isFirst)
		return {
			path: placed.file.path,
			span: { start: span.start, end: span.end + rest.length - rest.trimStart().length },
			text: '',
		};
	let start = span.start;
	while (start > lineStart && /[ \t]/.test(source.text[start - 1] ?? '')) start--;
	return { path: placed.file.path, span: { start, end: span.end }, text: '' };
}

/** Puts whole directives (`proxy_http_version 1.1;`) right behind another directive, in its manner. */
export function insertAfter(placed: PlacedDirective, directives: readonly string[]): Edit {
	const { source } = placed.file.tree;
	const { span } = placed.node;
	const { text, at, indentation } = standsOnItsOwnLine(source, span)
		? { text: undefined, at: endOfLineWith(placed), indentation: source.indentationAt(span.start) }
		: { text: ` ${directives.join(' ')}`, at: span.end, indentation: '' };
	return {
		path: placed.file.path,
		span: { start: at, end: at },
		text: text ?? directives.map((directive) => `${source.eol}${indentation}${directive}`).join(''),
	};
}

/**
 * Puts whole directives into a block: behind the last of `anchors` that stands in the block's own text, else before its `}`.
 * Undefined for a scope without a block of its own, or one that is not closed.
 */
export function insertInto(scope: Scope, directives: readonly string[], anchors: readonly string[]): Edit | undefined {
	const opener = scope.opener;
	const block = opener?.node.block;
	if (opener === undefined || block === undefined || !block.closed || block.raw !== undefined) return undefined;
	const own = ownDirectives(scope);
	const anchor = anchors
		.map((name) => own.filter((placed) => placed.node.name.value === name).at(-1))
		.find((placed) => placed !== undefined);
	if (anchor !== undefined && anchor.node.end !== 'missing') return insertAfter(anchor, directives);
	return insertAtEnd(opener, directives);
}

function insertAtEnd(opener: PlacedDirective, directives: readonly string[]): Edit | undefined {
	const { source } = opener.file.tree;
	const block = opener.node.block;
	if (block === undefined) return undefined;
	const close = block.span.end - 1;
	const lineStart = lineStartOf(source, close);
	const closeStandsAlone = source.text.slice(lineStart, close).trim() === '';
	if (closeStandsAlone && lineStart > block.span.start) {
		const indentation = childIndentation(opener);
		return {
			path: opener.file.path,
			span: { start: lineStart, end: lineStart },
			text: directives.map((directive) => `${indentation}${directive}${source.eol}`).join(''),
		};
	}
	const inner = source.text.slice(block.span.start + 1, close);
	const blankBefore = /\s$/.test(inner) || inner === '' ? '' : ' ';
	const blankFirst = inner === '' ? ' ' : blankBefore;
	return { path: opener.file.path, span: { start: close, end: close }, text: `${blankFirst}${onOneLine(directives)} ` };
}

/** Puts a directive into a block of its own: `if (…) {` around it. The directive itself stays as it is written. */
export function wrapDirective(placed: PlacedDirective, head: string): readonly Edit[] {
	const { source } = placed.file.tree;
	const { span } = placed.node;
	const { path } = placed.file;
	const onOwnLine = standsOnItsOwnLine(source, span);
	const indentation = source.indentationAt(span.start);
	const [before, behind] = onOwnLine
		? [`${source.eol}${indentation}${indentationUnit(source)}`, `${source.eol}${indentation}`]
		: [' ', ' '];
	return [
		{ path, span: { start: span.start, end: span.start }, text: `${head} {${before}` },
		{ path, span: { start: span.end, end: span.end }, text: `${behind}}` },
	];
}

/**
 * Moves a block before another one of the same file, with the comments right above it and the blank line that set it apart.
 */
export function moveBefore(placed: PlacedDirective, target: PlacedDirective): readonly Edit[] {
	const { source } = placed.file.tree;
	const moved = linesOfBlock(placed);
	const to = linesOfBlock(target);
	if (moved === undefined || to === undefined) {
		const at = target.node.span.start;
		return [
			{ path: placed.file.path, span: { start: at, end: at }, text: `${source.slice(placed.node.span)} ` },
			removeDirective(placed),
		];
	}
	const isBlank = (line: number): boolean => line < source.lineStarts.length && lineText(source, line).trim() === '';
	const [first, last] = [source.lineAt(moved.start), source.lineAt(moved.end - 1)];
	const gap = isBlank(last + 1) ? 'behind' : first > 0 && isBlank(first - 1) ? 'before' : 'none';
	const start = gap === 'before' ? (source.lineStarts[first - 1] ?? moved.start) : moved.start;
	const end = gap === 'behind' ? (source.lineStarts[last + 2] ?? source.text.length) : moved.end;
	const text = source.slice(moved);
	return [
		{
			path: placed.file.path,
			span: { start: to.start, end: to.start },
			text: `${text.endsWith('\n') ? text : `${text}${source.eol}`}${gap === 'none' ? '' : source.eol}`,
		},
		{ path: placed.file.path, span: { start, end }, text: '' },
	];
}

/** The whole lines of a directive and of the comments above it; undefined where something else stands on them. */
function linesOfBlock({ node, file }: PlacedDirective): Span | undefined {
	const { source } = file.tree;
	const end = lineEndOf(source, node.span.end);
	const rest = source.text.slice(node.span.end, end).trim();
	if (!standsOnItsOwnLine(source, node.span) || (rest !== '' && !rest.startsWith('#'))) return undefined;
	let line = source.lineAt(node.span.start);
	while (line > 0 && isCommentLine(source, line - 1)) line--;
	return { start: source.lineStarts[line] ?? 0, end: Math.min(end + 1, source.text.length) };
}

function lineText(source: SourceText, line: number): string {
	const start = source.lineStarts[line] ?? 0;
	return source.text.slice(start, lineEndOf(source, start));
}

/** Puts whole directives right before another directive, above the comments that belong to it. */
export function insertBefore(placed: PlacedDirective, directives: readonly string[]): Edit {
	const { eol } = placed.file.tree.source;
	const block = insertBlockBefore(placed, directives);
	return block.text.endsWith(`${eol}${eol}`) ? { ...block, text: block.text.slice(0, -eol.length) } : block;
}

/** Puts a block of lines before a directive, above the comments that belong to it, with a blank line behind. */
export function insertBlockBefore(placed: PlacedDirective, lines: readonly string[]): Edit {
	const { source } = placed.file.tree;
	let line = source.lineAt(placed.node.span.start);
	const start = source.lineStarts[line] ?? 0;
	const indentation = source.indentationAt(placed.node.span.start);
	if (source.text.slice(start, placed.node.span.start).trim() !== '') {
		const at = placed.node.span.start;
		return { path: placed.file.path, span: { start: at, end: at }, text: `${onOneLine(lines)} ` };
	}
	while (line > 0 && isCommentLine(source, line - 1)) line--;
	const at = source.lineStarts[line] ?? 0;
	const unit = indentationUnit(source);
	const body = lines
		.map((text) => `${indentation}${text.replace(/^\t+/, (tabs) => unit.repeat(tabs.length))}${source.eol}`)
		.join('');
	return { path: placed.file.path, span: { start: at, end: at }, text: `${body}${source.eol}` };
}

/** Puts a block of lines at the end of a scope's block; each line's leading tabs become the file's own indentation. */
export function insertBlockAtEnd(scope: Scope, lines: readonly string[]): Edit | undefined {
	const opener = scope.opener;
	if (opener === undefined || opener.node.block?.closed !== true) return undefined;
	const unit = indentationUnit(opener.file.tree.source);
	return insertAtEnd(
		opener,
		lines.map((text) => text.replace(/^\t+/, (tabs) => unit.repeat(tabs.length))),
	);
}

/** Lines without their indentation and alignment. */
function onOneLine(lines: readonly string[]): string {
	return lines.map((text) => text.trim().replace(/'' {2,}/, "'' ")).join(' ');
}

/** The directives of a scope that stand in the same text as its opener: not those that an include brings. */
export function ownDirectives(scope: Scope): readonly PlacedDirective[] {
	const opener = scope.opener;
	if (opener === undefined) return [];
	return scope.directives.filter((placed) => placed.file === opener.file && placed.via.length === opener.via.length);
}

/** One step of indentation as the file writes it: a tab, or the fewest blanks that a line starts with. */
export function indentationUnit(source: SourceText): string {
	let fewest = 0;
	const lines = Math.min(source.lineStarts.length, 2_000);
	for (let line = 0; line < lines; line++) {
		const start = source.lineStarts[line] ?? 0;
		const indentation = source.indentationAt(start);
		const next = source.text[start + indentation.length];
		if (indentation === '' || next === undefined || next === '\n' || next === '\r') continue;
		if (indentation.includes('\t')) return '\t';
		if (fewest === 0 || indentation.length < fewest) fewest = indentation.length;
	}
	return ' '.repeat(fewest === 0 ? 4 : fewest);
}

function childIndentation(opener: PlacedDirective): string {
	const { source } = opener.file.tree;
	const child = opener.node.block?.children.find((candidate) => standsOnItsOwnLine(source, candidate.span));
	return child === undefined
		? source.indentationAt(opener.node.span.start) + indentationUnit(source)
		: source.indentationAt(child.span.start);
}

/** True when nothing but white space stands before it on its line. */
function standsOnItsOwnLine(source: SourceText, span: Span): boolean {
	return source.text.slice(lineStartOf(source, span.start), span.start).trim() === '';
}

/** Behind the directive, and behind the comment that follows it on its line; before what else follows. */
function endOfLineWith(placed: PlacedDirective): number {
	const { source } = placed.file.tree;
	const end = placed.node.span.end;
	const lineEnd = lineEndOf(source, end);
	const rest = source.text.slice(end, lineEnd).trim();
	if (rest !== '' && !rest.startsWith('#')) return end;
	return source.text[lineEnd - 1] === '\r' ? lineEnd - 1 : lineEnd;
}

function isCommentLine(source: SourceText, line: number): boolean {
	return lineText(source, line).trim().startsWith('#');
}

function lineStartOf(source: SourceText, offset: number): number {
	return source.lineStarts[source.lineAt(offset)] ?? 0;
}

/** The offset of the line's LF, or of the end of the text. */
function lineEndOf(source: SourceText, offset: number): number {
	const at = source.text.indexOf('\n', offset);
	return at === -1 ? source.text.length : at;
}
