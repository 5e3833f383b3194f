import { type Hover, MarkupKind, type Position } from 'vscode-languageserver-types';
import { referenceContext } from '../core/config/directiveProblems.ts';
import { type VariableDefinition, variableTable } from '../core/config/variables.ts';
import { shownDefault } from '../core/reference/defaults.ts';
import { type DirectiveDefinition, definitionsOf } from '../core/reference/directives.ts';
import { directiveText, type ReferenceTexts, variableText } from '../core/reference/texts.ts';
import { formatVersion } from '../core/reference/versions.ts';
import { HANDLERS } from '../core/routes/handlers.ts';
import type { Directive, Word } from '../core/syntax/nodes.ts';
import { directiveAt, wordAt } from '../core/syntax/query.ts';
import { variableReferences } from '../core/syntax/words.ts';
import { touches } from '../core/text/span.ts';
import { effectiveRequest } from './effectiveRequest.ts';
import { rangeOf, type View } from './view.ts';

/** Directives of a location whose hover tells what the backend receives. */
const SPEAKS_OF_REQUEST: ReadonlySet<string> = new Set([
	...HANDLERS,
	'location',
	'proxy_http_version',
	'proxy_set_header',
	'proxy_read_timeout',
	'proxy_send_timeout',
	'proxy_pass_request_headers',
	'proxy_method',
	'uwsgi_param',
	'scgi_param',
]);

/** What is known about the word under the caret: a variable's definition, the effective request, the directive's documentation. */
export function hover(view: View, position: Position, texts: ReferenceTexts): Hover | undefined {
	const offset = view.lines.offsetAt(position);
	const directive = directiveAt(view.tree, offset);
	const word = directive && wordAt(directive, offset);
	if (directive === undefined || word === undefined) return undefined;
	const variable =
		word === directive.name && directive.parent?.name.value !== 'map' ? undefined : variableHover(view, word, offset, texts);
	if (variable !== undefined) return variable;
	const parts: string[] = [];
	if (SPEAKS_OF_REQUEST.has(directive.name.value)) {
		const [placement] = view.placements(directive);
		const request = placement && effectiveRequest(view, placement);
		if (request !== undefined) parts.push(request);
	}
	if (word === directive.name) {
		const documentation = directiveDocumentation(view, directive, texts);
		if (documentation !== undefined) parts.push(documentation);
	}
	if (parts.length === 0) return undefined;
	return { contents: { kind: MarkupKind.Markdown, value: parts.join('\n\n---\n\n') }, range: rangeOf(view.lines, word.span) };
}

function variableHover(view: View, word: Word, offset: number, texts: ReferenceTexts): Hover | undefined {
	const reference = variableReferences(word, view.tree.source).find(({ span, capture }) => !capture && touches(span, offset));
	if (reference === undefined) return undefined;
	const value = variableDocumentation(view, reference.name, texts);
	return value === undefined
		? undefined
		: { contents: { kind: MarkupKind.Markdown, value }, range: rangeOf(view.lines, reference.span) };
}

/** Where a variable comes from: the block or line that defines it, or the documentation of nginx's own. */
export function variableDocumentation(view: View, name: string, texts: ReferenceTexts): string | undefined {
	const definitions = view.checked.flatMap(({ configuration }) => variableTable(configuration).definitions.get(name) ?? []);
	const shown = new Map<string, string>();
	for (const definition of definitions) {
		const { path, span } = definition.place;
		if (!shown.has(`${path}\0${span.start}`)) shown.set(`${path}\0${span.start}`, definitionText(view, definition));
	}
	if (shown.size > 0) return [...shown.values()].slice(0, 3).join('\n\n');
	const text = variableText(texts, name);
	return text === undefined ? undefined : `\`$${name}\`, nginx's own\n\n${text}`;
}

const MOST_LINES = 12;

function definitionText(view: View, { name, kind, at, place }: VariableDefinition): string {
	const { source } = at.file.tree;
	const { span } = at.node;
	const start = source.lineStarts[source.lineAt(span.start)] ?? 0;
	const indentation = source.indentationAt(span.start);
	const end = kind === 'capture' && at.node.block !== undefined ? at.node.block.span.start : span.end;
	const lines = source.text
		.slice(start, end)
		.split(/\r?\n/)
		.map((line) => (line.startsWith(indentation) ? line.slice(indentation.length) : line));
	const text = lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), '…'] : lines;
	const line = source.lineAt(place.span.start) + 1;
	const how = kind === 'other' ? at.node.name.value : kind;
	return `\`$${name}\`, by ${how} in [${place.path.slice(place.path.lastIndexOf('/') + 1)}, line ${line}](${view.uriOf(place.path)}#L${line})\n\n\`\`\`nginx\n${text.join('\n')}\n\`\`\``;
}

/** Syntax, default for the version in force, contexts and the text of nginx's documentation. */
function directiveDocumentation(view: View, directive: Directive, texts: ReferenceTexts): string | undefined {
	const definitions = definitionsOf(directive.name.value);
	const [placement] = view.placements(directive);
	const context = placement && referenceContext(placement.placed.scope);
	const definition = definitions.find(({ contexts }) => context !== undefined && contexts.includes(context)) ?? definitions[0];
	return definition && documentationOf(view, definition, texts);
}

/** A directive's documentation as Markdown. */
export function documentationOf(view: View, definition: DirectiveDefinition, texts: ReferenceTexts): string {
	const { name, module, contexts, syntax, since, until } = definition;
	const forms = syntax.map((form) => `\`${name}${form === '' ? '' : ' '}${form.replace(/[`*]/g, '')}\``).join('  \n');
	const fallback = shownDefault(definition, view.nginxVersion);
	const versions = `${since === undefined ? '' : ` · Since nginx ${since}`}${until === undefined ? '' : ` · Removed in nginx ${until}`}`;
	const parts = [
		`${forms}\n\n${fallback === '' ? '' : `Default in nginx ${formatVersion(view.nginxVersion)}: \`${fallback}\` · `}In: ${contexts.join(', ')}${versions}`,
	];
	const text = directiveText(texts, module, name);
	if (text !== undefined) parts.push(text);
	const kind = /^ngx_(http|stream|mail)_/.exec(module)?.[1];
	const page = kind === undefined ? module : `${kind}/${module}`;
	if (module.startsWith('ngx_')) parts.push(`[${module}](https://nginx.org/en/docs/${page}.html#${name})`);
	return parts.join('\n\n');
}
