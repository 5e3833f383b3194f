import {
	type DocumentLink,
	type DocumentSymbol,
	type FoldingRange,
	FoldingRangeKind,
	type Position,
	type SelectionRange,
	SymbolKind,
} from 'vscode-languageserver-types';
import type { Directive, SyntaxTree } from '../core/syntax/nodes.ts';
import { commentAt, directiveAt, walk, wordAt } from '../core/syntax/query.ts';
import type { Span } from '../core/text/span.ts';
import { filesOfInclude } from './navigation.ts';
import { type Lines, rangeOf, type View } from './view.ts';

const KINDS: ReadonlyMap<string, SymbolKind> = new Map([
	['http', SymbolKind.Namespace],
	['stream', SymbolKind.Namespace],
	['mail', SymbolKind.Namespace],
	['events', SymbolKind.Namespace],
	['server', SymbolKind.Class],
	['upstream', SymbolKind.Interface],
	['map', SymbolKind.Variable],
	['geo', SymbolKind.Variable],
	['split_clients', SymbolKind.Variable],
	['location', SymbolKind.Method],
	['if', SymbolKind.Event],
]);

/** What lies deeper is left out: an answer that is nested without end cannot be written down. */
const DEEPEST = 500;

/** The blocks of a document as an outline. */
export function documentSymbols(tree: SyntaxTree, lines: Lines): DocumentSymbol[] {
	const symbolsOf = (directives: readonly Directive[], depth: number): DocumentSymbol[] =>
		directives.flatMap((directive): DocumentSymbol[] => {
			if (directive.block === undefined) return [];
			const children = depth < DEEPEST ? symbolsOf(directive.block.children, depth + 1) : [];
			return [
				{
					name: titleOf(tree, directive),
					kind: KINDS.get(directive.name.value) ?? SymbolKind.Object,
					range: rangeOf(lines, directive.span),
					selectionRange: rangeOf(lines, headerSpan(directive)),
					...(children.length > 0 ? { children } : {}),
				},
			];
		});
	return symbolsOf(tree.directives, 1);
}

/** `location /ws/`, `upstream chat`; a server by its names, else by what it listens on. */
export function titleOf(tree: SyntaxTree, directive: Directive): string {
	const written = (words: readonly { readonly span: Span }[]): string =>
		words.map(({ span }) => tree.source.slice(span)).join(' ');
	if (directive.name.value !== 'server' || directive.args.length > 0) return written([directive.name, ...directive.args]);
	const inside = (name: string): Directive | undefined => directive.block?.children.find((child) => child.name.value === name);
	const names = inside('server_name')?.args ?? [];
	const listen = inside('listen')?.args.slice(0, 1) ?? [];
	const label = [names.length > 0 ? written(names) : '', listen.length > 0 ? `listen ${written(listen)}` : ''].filter(
		(part) => part !== '',
	);
	return label.length === 0 ? 'server' : `server ${label.join(', ')}`;
}

function headerSpan(directive: Directive): Span {
	const last = directive.args.at(-1) ?? directive.name;
	return { start: directive.name.span.start, end: last.span.end };
}

/** Blocks, runs of comment lines, and Lua bodies fold. */
export function foldingRanges(tree: SyntaxTree): FoldingRange[] {
	const { source } = tree;
	const ranges: FoldingRange[] = [];
	for (const directive of walk(tree.directives)) {
		const block = directive.block;
		if (block === undefined) continue;
		const startLine = source.lineAt(block.span.start);
		const endLine = source.lineAt(Math.max(block.span.start, block.span.end - 1)) - (block.closed ? 1 : 0);
		if (endLine > startLine) ranges.push({ startLine, endLine });
	}
	let first = -1;
	let last = -2;
	const flush = (): void => {
		if (last > first) ranges.push({ startLine: first, endLine: last, kind: FoldingRangeKind.Comment });
	};
	for (const { span } of tree.comments) {
		const line = source.lineAt(span.start);
		if (source.text.slice(source.lineStarts[line] ?? 0, span.start).trim() !== '') continue;
		if (line !== last + 1) {
			flush();
			first = line;
		}
		last = line;
	}
	flush();
	return ranges;
}

/** For each position: the word, the directive, its block's inside, and so on outwards. */
export function selectionRanges(tree: SyntaxTree, lines: Lines, positions: readonly Position[]): SelectionRange[] {
	return positions.map((position) => {
		const offset = lines.offsetAt(position);
		const spans: Span[] = [];
		const push = (span: Span): void => {
			const inner = spans.at(-1);
			if (
				inner === undefined ||
				(span.start <= inner.start && inner.end <= span.end && span.end - span.start > inner.end - inner.start)
			)
				spans.push(span);
		};
		const comment = commentAt(tree, offset);
		if (comment !== undefined) push(comment.span);
		let directive = directiveAt(tree, offset);
		const word = directive && wordAt(directive, offset);
		if (word !== undefined) push(word.span);
		for (; directive !== undefined; directive = directive.parent) {
			const block = directive.block;
			if (block !== undefined && block.span.start < offset && offset < block.span.end)
				push({ start: block.span.start + 1, end: Math.max(block.span.start + 1, block.span.end - (block.closed ? 1 : 0)) });
			push(directive.span);
		}
		push({ start: 0, end: tree.source.text.length });
		let range: SelectionRange | undefined;
		for (const span of spans.slice(-DEEPEST).reverse())
			range = range === undefined ? { range: rangeOf(lines, span) } : { range: rangeOf(lines, span), parent: range };
		return range ?? { range: { start: position, end: position } };
	});
}

/** A link on the argument of each include that brings exactly one file. */
export function documentLinks(view: View): DocumentLink[] {
	const links: DocumentLink[] = [];
	for (const directive of walk(view.tree.directives)) {
		const word = directive.args[0];
		if (directive.name.value !== 'include' || word === undefined) continue;
		const [path, ...others] = filesOfInclude(view, directive);
		if (path !== undefined && others.length === 0)
			links.push({ range: rangeOf(view.lines, word.span), target: view.uriOf(path), tooltip: path });
	}
	return links;
}
