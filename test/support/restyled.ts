import type { Directive } from '../../server/src/core/syntax/nodes.ts';
import { parse } from '../../server/src/core/syntax/parse.ts';
import { walk } from '../../server/src/core/syntax/query.ts';

/** Another way of writing the same configuration. */
export interface Style {
	readonly name: string;
	/** Files by path relative to the main file's folder; the main file is `nginx.conf`. Undefined where the style says nothing new about the text. */
	write(text: string): Readonly<Record<string, string>> | undefined;
	/** True when fixing and writing may be done in either order: the style changes nothing but white space at the ends of lines. */
	readonly commutes: boolean;
}

const one = (text: string): Readonly<Record<string, string>> => ({ 'nginx.conf': text });

/** How people write, one after the other. Texts come with tabs and LF. */
export const STYLES: readonly Style[] = [
	{ name: 'tabs', commutes: true, write: one },
	{ name: 'two spaces', commutes: true, write: (text) => one(indentedBy(text, '  ')) },
	{ name: 'four spaces', commutes: true, write: (text) => one(indentedBy(text, '    ')) },
	{ name: 'CRLF', commutes: true, write: (text) => one(text.replaceAll('\n', '\r\n')) },
	{ name: 'CRLF and two spaces', commutes: true, write: (text) => one(indentedBy(text, '  ').replaceAll('\n', '\r\n')) },
	{ name: 'no line end at the end', commutes: true, write: (text) => one(text.replace(/\n$/, '')) },
	{ name: 'locations on one line', commutes: false, write: (text) => joined(text, ({ name }) => name.value === 'location') },
	{
		name: 'everything on one line',
		commutes: false,
		write: (text) => (text.includes('#') ? undefined : one(`${text.trim().replaceAll(/\n\s*/g, ' ')}\n`)),
	},
	{ name: 'a comment behind each line', commutes: false, write: (text) => one(commented(text)) },
	{
		name: 'blank lines and comments between',
		commutes: false,
		write: (text) => one(text.replaceAll(/^(\s*)([a-z_]\w*\s)/gm, '$1# é: as told; {\n\n$1$2')),
	},
	{ name: 'headers in an included file', commutes: false, write: headersIncluded },
	{ name: 'servers in an included file', commutes: false, write: serversIncluded },
];

function indentedBy(text: string, unit: string): string {
	return text.replaceAll(/^\t+/gm, (tabs) => unit.repeat(tabs.length));
}

/** Blocks without a comment in them on one line each. */
function joined(text: string, wanted: (directive: Directive) => boolean): Readonly<Record<string, string>> | undefined {
	const tree = parse(text);
	const blocks = [...walk(tree.directives)].filter(
		(directive) =>
			wanted(directive) && directive.block !== undefined && !text.slice(directive.span.start, directive.span.end).includes('#'),
	);
	const outer = blocks.filter(
		(block) =>
			!blocks.some((other) => other !== block && other.span.start < block.span.start && block.span.end <= other.span.end),
	);
	if (outer.length === 0) return undefined;
	let out = text;
	for (const { span } of [...outer].reverse())
		out = out.slice(0, span.start) + out.slice(span.start, span.end).replaceAll(/\n\s*/g, ' ') + out.slice(span.end);
	return one(out);
}

function commented(text: string): string {
	return text
		.split('\n')
		.map((line, index) => (/[;{}]$/.test(line) ? `${line} # ${index}: é "as told; {` : line))
		.join('\n');
}

/** The runs of proxy_set_header in locations and servers, each in a file of its own. */
function headersIncluded(text: string): Readonly<Record<string, string>> | undefined {
	const files: Record<string, string> = {};
	let count = 0;
	const main = text.replaceAll(/(?:^\t+proxy_set_header [^\n]*;\n)+/gm, (lines) => {
		const indentation = /^\t+/.exec(lines)?.[0] ?? '';
		const path = `snippets/headers-${++count}.conf`;
		files[path] = lines.replaceAll(/^\t+/gm, '');
		return `${indentation}include ${path};\n`;
	});
	return count === 0 ? undefined : { 'nginx.conf': main, ...files };
}

/** Each server of the http block in a file of its own, as in conf.d. */
function serversIncluded(text: string): Readonly<Record<string, string>> | undefined {
	const tree = parse(text);
	const http = tree.directives.find(({ name }) => name.value === 'http');
	const servers = http?.block?.children.filter(({ name }) => name.value === 'server') ?? [];
	if (servers.length === 0 || tree.problems.length > 0) return undefined;
	const files: Record<string, string> = {};
	let main = text;
	for (const [index, { span }] of [...servers.entries()].reverse()) {
		const path = `conf.d/${index}.conf`;
		files[path] = `${text.slice(span.start, span.end)}\n`;
		main = `${main.slice(0, span.start)}include ${path};${main.slice(span.end)}`;
	}
	return { 'nginx.conf': main, ...files };
}
