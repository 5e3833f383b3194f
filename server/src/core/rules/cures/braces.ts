import { buildFragment } from '../../config/build.ts';
import { directiveProblems } from '../../config/directiveProblems.ts';
import type { ConfigFile, Configuration, ContextName, Files } from '../../config/model.ts';
import { parseConfiguration } from '../../config/parseConfiguration.ts';
import { contextOfContent } from '../../config/project.ts';
import { definitionsOf } from '../../reference/directives.ts';
import { columnOf } from '../../syntax/layout.ts';
import type { Directive } from '../../syntax/nodes.ts';
import { walk } from '../../syntax/query.ts';
import type { Span } from '../../text/span.ts';
import type { Cure, Edit } from '../rule.ts';
import { directivesIn } from '../scopes.ts';

/** How long a text is read again, and how many cures of one kind are tried. */
const MOST_READ_AGAIN = 1_000_000;
const MOST_TRIED = 6;

/**
 * What to do about a `}` that closes nothing. Either it is one too many, or the line that opened its block is gone: then the last `}` of the
 * file is the one that nginx names, and without it all the rest would stand in the wrong block. Each way is tried by reading the text again;
 * preferred is the one that leaves every directive in a block that takes it.
 */
export function closingBraceCures(file: ConfigFile, brace: Span, configuration: Configuration): readonly Cure[] {
	const { path, tree } = file;
	const { text } = tree.source;
	const removal: Cure = { title: 'Remove the extra closing brace', preferred: false, edits: [{ path, span: brace, text: '' }] };
	if (text.length > MOST_READ_AGAIN) return [removal];
	const context = contextOf(file, configuration);
	const readsRight = ({ edits: [edit] }: Cure): boolean => {
		const after = edit && `${text.slice(0, edit.span.start)}${edit.text}${text.slice(edit.span.end)}`;
		return after !== undefined && tree.problems.length > 0 && isWhole(after, path, context, tree.problems.length);
	};
	const openers = commentedOpeners(file, brace.start).filter(readsRight);
	const [opener] = openers;
	if (opener !== undefined) return openers.length === 1 ? [{ ...opener, preferred: true }, removal] : [...openers, removal];
	const right = [removal, ...oddBraces(file), ...lostServer(file, configuration)].find(readsRight);
	if (right === removal) return [{ ...removal, preferred: true }];
	return right === undefined ? [removal] : [{ ...right, preferred: true }, removal];
}

/** The context that a file is included in: that of the first of its own lines; undefined where its content is to tell. */
function contextOf(file: ConfigFile, { main, root, fragment }: Configuration): ContextName | undefined {
	if (file === main) return fragment?.reason === 'content' ? undefined : (fragment?.context ?? root.context);
	for (const placed of directivesIn(root))
		if (placed.file === file && placed.node.parent === undefined) return placed.scope.context;
	return 'main';
}

/** True for a text with fewer mistakes, in which each directive stands in a block that takes it. */
function isWhole(text: string, path: string, asked: ContextName | undefined, problems: number): boolean {
	const tree = parseConfiguration(text);
	if (tree.problems.length >= problems) return false;
	const context = asked ?? contextOfContent(tree.directives);
	const isTaken = ({ name }: Directive): boolean => {
		const known = definitionsOf(name.value).flatMap(({ contexts }) => contexts);
		return known.length === 0 || known.some((one) => one === context);
	};
	if (!tree.directives.every(isTaken)) return false;
	const files: Files = {
		read: (asked) => (asked === path ? { kind: 'text', tree } : { kind: 'missing' }),
		glob: () => [],
	};
	return directiveProblems(buildFragment(path, files, context, 'asked')).every(({ code }) => code !== 'context');
}

/** Comments before `before` that open a block which no comment closes: `#server {`. The nearest first. */
function commentedOpeners({ path, tree }: ConfigFile, before: number): readonly Cure[] {
	const { source } = tree;
	const open: Cure[] = [];
	for (const { span } of tree.comments) {
		if (span.start > before) break;
		if (columnOf(source.text, span.start) === -1) continue;
		const comment = source.slice(span);
		const mark = /^#+[ \t]*/.exec(comment)?.[0].length ?? 1;
		const words = comment.slice(mark);
		if (/^\}/.test(words)) open.pop();
		else if (/^[a-z_]+\b[^;{}#]*\{[ \t]*(?:#.*)?$/.test(words)) {
			const edit: Edit = { path, span: { start: span.start, end: span.start + mark }, text: '' };
			open.push({ title: `Make "${words.replace(/\s*\{.*$/s, ' {')}" a line again`, preferred: false, edits: [edit] });
		}
	}
	return open.slice(-MOST_TRIED).reverse();
}

/** Closing braces that stand in another column than the line which they close: one too many in that place shifts all behind it. */
function oddBraces({ path, tree }: ConfigFile): readonly Cure[] {
	const { source } = tree;
	const found: { readonly at: number; readonly cure: Cure }[] = [];
	for (const { name, block } of walk(tree.directives)) {
		if (block?.closed !== true) continue;
		const at = block.span.end - 1;
		const column = columnOf(source.text, at);
		const own = columnOf(source.text, name.span.start);
		if (column === -1 || own === -1 || column <= own) continue;
		const title = `Remove the extra closing brace in line ${source.lineAt(at) + 1}`;
		found.push({ at, cure: { title, preferred: false, edits: [{ path, span: { start: at, end: at + 1 }, text: '' }] } });
	}
	return found
		.sort((a, b) => a.at - b.at)
		.slice(0, MOST_TRIED)
		.map(({ cure }) => cure);
}

/** A `listen` or `server_name` straight in an http block, which shows that the line which opened its server is gone. */
function lostServer({ path, tree }: ConfigFile, { root }: Configuration): readonly Cure[] {
	const { source } = tree;
	for (const placed of directivesIn(root)) {
		const { node, file, scope } = placed;
		if (file.path !== path || scope.context !== 'http' || !/^(?:listen|server_name)$/.test(node.name.value)) continue;
		const at = node.span.start;
		const own = source.indentationAt(at);
		const around = scope.opener === undefined ? '' : source.indentationAt(scope.opener.node.span.start);
		const half = own.slice(0, around.length + Math.floor((own.length - around.length) / 2));
		const isFirst = columnOf(source.text, at) !== -1;
		const edit = isFirst
			? { path, span: { start: at - own.length, end: at }, text: `${half}server {${source.eol}${own}` }
			: { path, span: { start: at, end: at }, text: 'server { ' };
		return [{ title: 'Open a server block here', preferred: false, edits: [edit] }];
	}
	return [];
}
