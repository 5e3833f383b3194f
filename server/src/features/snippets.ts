import {
	type CompletionItem,
	CompletionItemKind,
	InsertTextFormat,
	MarkupKind,
	type Position,
} from 'vscode-languageserver-types';
import snippets from '../../../snippets/nginx-websocket.json';
import { referenceContext } from '../core/config/directiveProblems.ts';
import type { Scope } from '../core/config/model.ts';
import { blockInFile, equivalentMaps } from '../core/rules/cures/mapBlock.ts';
import { directiveAt, enclosingBlock } from '../core/syntax/query.ts';
import type { Span } from '../core/text/span.ts';
import type { SnippetsResult } from '../protocol/requests.ts';
import { rangeOf, type View } from './view.ts';

/** A snippet as snippets/nginx-websocket.json holds it: VS Code's format, and the contexts that it fits into. */
export interface Snippet {
	readonly name: string;
	readonly prefixes: readonly string[];
	readonly contexts: readonly string[];
	readonly description: string;
	/** In LSP's snippet syntax, lines ended by LF, tabs for indentation. */
	readonly body: string;
}

/** Every snippet, in the order of the file. */
export const SNIPPETS: readonly Snippet[] = Object.entries(snippets).map(([name, { prefix, context, description, body }]) => ({
	name,
	prefixes: prefix,
	contexts: context,
	description,
	body: body.join('\n'),
}));

/** The snippets for a scope. Where the http block has a map that does it right, its variable stands in place of the literal. */
export function snippetsIn(scope: Scope): readonly Snippet[] {
	const context = referenceContext(scope);
	const http = blockInFile(scope, 'http');
	const variable = http && equivalentMaps(http)[0]?.node.args[1]?.value;
	return SNIPPETS.filter(({ contexts }) => context !== undefined && contexts.includes(context)).map((snippet) =>
		variable === undefined ? snippet : { ...snippet, body: snippet.body.replace('"upgrade"', () => `\\${variable}`) },
	);
}

/** The same as completions, offered by prefix where a directive may begin. */
export function snippetItems(view: View, scope: Scope | undefined, span: Span): CompletionItem[] {
	if (scope === undefined) return [];
	const range = rangeOf(view.lines, span);
	return snippetsIn(scope).flatMap(({ name, prefixes, description, body }) =>
		prefixes.slice(0, 1).map(
			(prefix): CompletionItem => ({
				label: prefix,
				kind: CompletionItemKind.Snippet,
				detail: name,
				documentation: { kind: MarkupKind.Markdown, value: description },
				filterText: prefixes.join(' '),
				insertTextFormat: InsertTextFormat.Snippet,
				textEdit: { range, newText: body },
			}),
		),
	);
}

/** The snippets that fit at a position, for the palette, with the context as a person says it. None inside a directive. */
export function snippetsAt(view: View, position: Position): SnippetsResult {
	const offset = view.lines.offsetAt(position);
	const scope = view.scopesAt(offset)[0]?.scope;
	const opener = scope?.opener?.node;
	const context =
		opener === undefined ? (scope?.context ?? 'main') : [opener.name, ...opener.args].map(({ value }) => value).join(' ');
	const directive = directiveAt(view.tree, offset);
	const isBetween = directive === undefined || directive === enclosingBlock(view.tree, offset) || offset <= directive.span.start;
	return {
		snippets:
			scope === undefined || !isBetween
				? []
				: snippetsIn(scope).map(({ name, description, body }) => ({ name, description, body })),
		context: isBetween ? context : `inside ${directive.name.value}`,
	};
}
