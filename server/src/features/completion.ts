import {
	type CompletionItem,
	CompletionItemKind,
	InsertTextFormat,
	MarkupKind,
	type Position,
} from 'vscode-languageserver-types';
import { referenceContext } from '../core/config/directiveProblems.ts';
import { sideOf } from '../core/config/enclosing.ts';
import type { Scope } from '../core/config/model.ts';
import { variableTable } from '../core/config/variables.ts';
import { type DirectiveDefinition, definitionsIn, definitionsOf } from '../core/reference/directives.ts';
import type { ReferenceTexts } from '../core/reference/texts.ts';
import { builtInVariables } from '../core/reference/variables.ts';
import { HANDLERS } from '../core/routes/handlers.ts';
import { connectionValue } from '../core/rules/cures/mapBlock.ts';
import type { Directive } from '../core/syntax/nodes.ts';
import { commentAt, directiveAt, enclosingBlock } from '../core/syntax/query.ts';
import type { Span } from '../core/text/span.ts';
import { documentationOf, variableDocumentation } from './hover.ts';
import { namesIn } from './names.ts';
import { snippetItems } from './snippets.ts';
import { rangeOf, type View } from './view.ts';

/** What a completion item carries until it is resolved. */
export type CompletionData = { readonly uri: string } & (
	| { readonly directive: string; readonly module: string }
	| { readonly variable: string }
);

/** What may stand at a position: directives of the context, or values, variables and names where an argument is being written. */
export function completions(view: View, position: Position): CompletionItem[] {
	const offset = view.lines.offsetAt(position);
	const { text } = view.tree.source;
	const comment = commentAt(view.tree, offset);
	if (comment !== undefined && comment.span.start < offset) return [];
	const directive = directiveAt(view.tree, offset);
	const block = enclosingBlock(view.tree, offset);
	if (block?.block?.raw !== undefined) return [];
	const scope = view.scopesAt(offset)[0]?.scope;
	const start = wordStart(text, offset);
	const variable = /\$\{?(\w*)$/.exec(text.slice(Math.max(0, offset - 80), offset));
	if (variable !== null) return variableItems(view, scope, offset - (variable[1]?.length ?? 0), offset);
	const writing =
		directive !== undefined && directive !== block && isInArguments(directive, offset)
			? directive
			: unfinishedBefore(view, block, start);
	const range = rangeOf(view.lines, { start, end: offset });
	if (writing !== undefined) return argumentItems(view, writing, offset, scope).map((item) => withRange(item, range));
	return [...snippetItems(view, scope, { start, end: offset }), ...directiveItems(view, scope, { start, end: offset })];
}

function wordStart(text: string, offset: number): number {
	let start = offset;
	while (start > 0 && !/[\s;{}"']/.test(text[start - 1] ?? ' ')) start--;
	return start;
}

/** True when the caret stands behind the name of a directive and before its end. */
function isInArguments(directive: Directive, offset: number): boolean {
	if (offset <= directive.name.span.end) return false;
	if (directive.block !== undefined) return offset <= directive.block.span.start;
	return directive.end === 'missing' ? offset >= directive.span.start : offset < directive.span.end;
}

/** The directive that a caret behind a blank still belongs to, as nothing has ended it: the next line is another one's. */
function unfinishedBefore(view: View, block: Directive | undefined, offset: number): Directive | undefined {
	const siblings = block?.block?.children ?? view.tree.directives;
	const last = siblings.findLast(({ span }) => span.start < offset);
	if (last === undefined || last.end !== 'missing' || last.span.end >= offset) return undefined;
	return /^[ \t]+$/.test(view.tree.source.text.slice(last.span.end, offset)) ? last : undefined;
}

function directiveItems(view: View, scope: Scope | undefined, span: Span): CompletionItem[] {
	const context = scope && referenceContext(scope);
	if (context === undefined) return [];
	const range = rangeOf(view.lines, span);
	const offered = definitionsIn(context, view.nginxVersion).filter(({ module }) => module !== '');
	return offered.map((definition): CompletionItem => {
		const data: CompletionData = { uri: view.uri, directive: definition.name, module: definition.module };
		return {
			label: definition.name,
			kind: definition.block ? CompletionItemKind.Struct : CompletionItemKind.Property,
			detail: definition.syntax.map((form) => form.replace(/[`*]/g, '')).join(' | '),
			insertTextFormat: InsertTextFormat.Snippet,
			textEdit: { range, newText: insertion(definition) },
			data,
		};
	});
}

function insertion({ name, block, min, syntax }: DirectiveDefinition): string {
	if (block) return min === 0 ? `${name} {\n\t$0\n}` : `${name} $1 {\n\t$0\n}`;
	if (min === 0) return `${name};`;
	const choices = choicesOf(syntax);
	return choices.length > 1 && min === 1 ? `${name} \${1|${choices.join(',')}|};` : `${name} $1;`;
}

/** The words of a form such as `on` | `off`; none when anything else may stand there. */
function choicesOf(syntax: readonly string[]): readonly string[] {
	const words = syntax.flatMap((form) => form.split('|').map((part) => part.trim()));
	return words.length > 0 && words.every((word) => /^`[a-z0-9_.-]+`$/i.test(word)) ? words.map((word) => word.slice(1, -1)) : [];
}

function argumentItems(view: View, directive: Directive, offset: number, scope: Scope | undefined): CompletionItem[] {
	const name = directive.name.value;
	const items: CompletionItem[] = [];
	const before = directive.args.filter(({ span }) => span.end < offset);
	const context = scope && referenceContext(scope);
	const definition =
		definitionsOf(name).find(({ contexts }) => context !== undefined && contexts.includes(context)) ?? definitionsOf(name)[0];
	if (before.length === 0 && definition !== undefined)
		for (const word of firstWords(definition.syntax)) items.push({ label: word, kind: CompletionItemKind.EnumMember });
	if (name === 'proxy_set_header')
		items.push(
			...headerItems(
				view,
				before.map(({ value }) => value),
				scope,
			),
		);
	if (HANDLERS.includes(name) && before.length === 0) items.push(...upstreamItems(view, name));
	if (name === 'error_page' || name === 'try_files') items.push(...namedLocationItems(view, scope));
	return items;
}

/**
 * The words that can be the first argument in one of these forms, written as they stand: `on`, `zone=`. What stands for something else
 * is set in italics, `*`time`*`; what is in brackets comes behind the first argument, unless all is.
 */
function firstWords(syntax: readonly string[]): ReadonlySet<string> {
	const words = new Set<string>();
	for (const form of syntax) {
		const options = form.startsWith('[') ? form.replaceAll(/[[\]]/g, ' | ') : form.replaceAll(/\[(?:[^[\]]|\[[^[\]]*\])*\]/g, '');
		for (const option of options.split(' | ')) {
			const match = /^\s*`([a-z0-9_.:-]+)`(=?)/i.exec(option);
			if (match !== null) words.add(`${match[1]}${match[2]}`);
		}
	}
	return words;
}

/** The headers of a handshake, and the values that carry them on. */
function headerItems(view: View, before: readonly string[], scope: Scope | undefined): CompletionItem[] {
	const values: Readonly<Record<string, readonly string[]>> = {
		upgrade: ['$http_upgrade'],
		host: ['$host', '$http_host', '$proxy_host'],
		'x-forwarded-for': ['$proxy_add_x_forwarded_for'],
		'x-forwarded-proto': ['$scheme'],
		'x-real-ip': ['$remote_addr'],
		origin: ['$http_origin'],
	};
	const names = ['Upgrade', 'Connection', 'Host', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Real-IP', 'Origin'];
	if (before.length === 0) return names.map((label) => ({ label, kind: CompletionItemKind.Field }));
	if (before.length > 1) return [];
	if (before[0]?.toLowerCase() === 'connection') return connectionItems(view, scope);
	return (values[(before[0] ?? '').toLowerCase()] ?? []).map((label) => ({ label, kind: CompletionItemKind.Value }));
}

/** The variable of the map that there is, else one with the edit that adds its map, where that is an edit of this document. */
function connectionItems(view: View, scope: Scope | undefined): CompletionItem[] {
	const [checked] = view.checked;
	const value = scope && checked && connectionValue(scope, variableTable(checked.configuration));
	const items: CompletionItem[] = [];
	if (value?.text.startsWith('$') && value.edits.every(({ path }) => path === view.path))
		items.push({
			label: value.text,
			kind: CompletionItemKind.Value,
			...(value.edits.length === 0
				? {}
				: {
						detail: 'with its map',
						additionalTextEdits: value.edits.map(({ span, text }) => ({ range: rangeOf(view.lines, span), newText: text })),
					}),
		});
	return [...items, { label: '"upgrade"', kind: CompletionItemKind.Value }];
}

function upstreamItems(view: View, handler: string): CompletionItem[] {
	const scheme = handler === 'proxy_pass' ? 'http://' : handler === 'grpc_pass' ? 'grpc://' : '';
	const names = new Set(
		view.checked.flatMap(({ configuration }) =>
			namesIn(configuration)
				.filter(({ kind, role }) => kind === 'upstream' && role === 'definition')
				.map(({ name }) => name),
		),
	);
	return [...names].map((name) => ({
		label: `${scheme}${name}`,
		kind: CompletionItemKind.Interface,
		detail: `upstream ${name}`,
	}));
}

function namedLocationItems(view: View, scope: Scope | undefined): CompletionItem[] {
	let server = scope;
	while (server !== undefined && server.context !== 'server') server = server.parent;
	const locations = server?.byName.get('location') ?? [];
	return locations
		.flatMap(({ node }) => node.args[0]?.value ?? [])
		.filter((value) => value.startsWith('@'))
		.map((label) => ({ label, kind: CompletionItemKind.Method, data: { uri: view.uri } }));
}

function variableItems(view: View, scope: Scope | undefined, start: number, end: number): CompletionItem[] {
	const range = rangeOf(view.lines, { start, end });
	const side = scope === undefined ? 'http' : sideOf(scope);
	const own = new Map<string, string>();
	for (const { configuration } of view.checked)
		for (const [name, [definition]] of variableTable(configuration).definitions) own.set(name, definition?.kind ?? '');
	const item = (name: string, detail: string, order: string): CompletionItem => {
		const data: CompletionData = { uri: view.uri, variable: name };
		return {
			label: `$${name}`,
			filterText: name,
			kind: CompletionItemKind.Variable,
			detail,
			sortText: `${order}${name}`,
			textEdit: { range, newText: name },
			data,
		};
	};
	return [
		...[...own].map(([name, kind]) => item(name, kind, '0')),
		...builtInVariables(side)
			.filter((name) => !own.has(name))
			.map((name) => item(name, '', '2')),
		...(side === 'http'
			? ['http_upgrade', 'http_connection', 'http_host', 'http_origin'].filter((name) => !own.has(name))
			: []
		).map((name) => item(name, 'request header', '1')),
	];
}

function withRange(item: CompletionItem, range: ReturnType<typeof rangeOf>): CompletionItem {
	return { ...item, textEdit: { range, newText: item.label } };
}

/** Adds the documentation to an item of the view's document. */
export function resolveCompletion(view: View, item: CompletionItem, data: CompletionData, texts: ReferenceTexts): CompletionItem {
	const value =
		'variable' in data
			? variableDocumentation(view, data.variable, texts)
			: definitionsOf(data.directive)
					.filter(({ module }) => module === data.module)
					.map((definition) => documentationOf(view, definition, texts))[0];
	return value === undefined ? item : { ...item, documentation: { kind: MarkupKind.Markdown, value } };
}
