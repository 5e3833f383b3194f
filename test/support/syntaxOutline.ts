import type { Directive, SyntaxTree, Word } from '../../server/src/core/syntax/nodes.ts';

/**
 * A tree in one line: `name argument;`, `name!` where the end is missing, `name { … }`, `name { … ?` where the `}` is missing.
 * A value with anything unusual in it, and an empty one, stands in «».
 */
export function outline(tree: SyntaxTree): string {
	return tree.directives.map(directiveOutline).join(' ');
}

function directiveOutline(directive: Directive): string {
	const words = [directive.name, ...directive.args].map(wordOutline).join(' ');
	if (directive.block === undefined) return `${words}${directive.end === ';' ? ';' : '!'}`;
	const { children, closed, raw } = directive.block;
	const inside = raw === undefined ? children.map(directiveOutline).join(' ') : 'raw';
	return `${words}${directive.end === '{' ? '' : '!'} {${inside === '' ? '' : ` ${inside}`} ${closed ? '}' : '?'}`;
}

function wordOutline(word: Word): string {
	if (/^[\w./:$~*^=@-]+$/.test(word.value)) return word.value;
	return `«${JSON.stringify(word.value).slice(1, -1).replaceAll('\\"', '"')}»`;
}

/** The problems of a tree, one a line: what, on which line and text the person sees it, and what nginx says on which line. */
export function problemsOutline(tree: SyntaxTree): string[] {
	return tree.problems.map(({ code, span, nginxLine, nginxMessage }) => {
		const place = `${tree.source.lineAt(span.start) + 1}:${JSON.stringify(tree.source.slice(span))}`;
		return `${code} ${place} | ${nginxLine}: ${nginxMessage}`;
	});
}
