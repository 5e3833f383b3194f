import { type DocumentHighlight, DocumentHighlightKind, type Location, type Position } from 'vscode-languageserver-types';
import type { Place } from '../core/config/model.ts';
import { directiveAt, wordAt } from '../core/syntax/query.ts';
import { touches } from '../core/text/span.ts';
import { type NameUse, namesIn } from './names.ts';
import { locationOf, rangeOf, type View } from './view.ts';

/** The uses of the name under the caret in every configuration of the document, each place once, in file order; empty when there is no name. */
export function usesAt(view: View, position: Position): readonly NameUse[] {
	const offset = view.lines.offsetAt(position);
	const found = new Map<string, NameUse>();
	for (const { configuration } of view.checked) {
		const names = namesIn(configuration);
		const keys = new Set(
			names.filter(({ place }) => place.path === view.path && touchesName(view, place, offset)).map(({ key }) => key),
		);
		for (const use of names) if (keys.has(use.key)) found.set(`${use.place.path}\0${use.place.span.start}`, use);
	}
	return [...found.values()].sort(
		(a, b) => (a.place.path < b.place.path ? -1 : a.place.path > b.place.path ? 1 : 0) || a.place.span.start - b.place.span.start,
	);
}

/** A caret on the sigil before the name counts too. */
function touchesName(view: View, { span }: Place, offset: number): boolean {
	const before = view.tree.source.text.slice(Math.max(0, span.start - 2), span.start);
	const sigil = before.endsWith('${') ? 2 : /[$@]$/.test(before) ? 1 : 0;
	return touches({ start: span.start - sigil, end: span.end }, offset);
}

/** Where the name under the caret is defined, or the files that an include reads. */
export function definition(view: View, position: Position): Location[] {
	const included = includedFiles(view, view.lines.offsetAt(position));
	if (included.length > 0) return included.map((path) => ({ uri: view.uriOf(path), range: { start: START, end: START } }));
	return usesAt(view, position)
		.filter(({ role }) => role === 'definition')
		.flatMap(({ place }) => locationOf(view, place) ?? []);
}

const START: Position = { line: 0, character: 0 };

/** Every place where the name under the caret is written. */
export function references(view: View, position: Position, withDefinition: boolean): Location[] {
	return usesAt(view, position)
		.filter(({ role }) => withDefinition || role === 'use')
		.flatMap(({ place }) => locationOf(view, place) ?? []);
}

/** The uses of the name under the caret in this document. */
export function documentHighlights(view: View, position: Position): DocumentHighlight[] {
	return usesAt(view, position)
		.filter(({ place }) => place.path === view.path)
		.map(({ place, role }) => ({
			range: rangeOf(view.lines, place.span),
			kind: role === 'definition' ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
		}));
}

/** The files that the include at an offset brings, when the caret is on its argument. */
function includedFiles(view: View, offset: number): readonly string[] {
	const directive = directiveAt(view.tree, offset);
	if (directive === undefined || directive.name.value !== 'include') return [];
	const word = wordAt(directive, offset);
	return word === undefined || word === directive.name ? [] : filesOfInclude(view, directive);
}

/** The files that an include of this document brings, by what stands in the configurations through it; each once. */
export function filesOfInclude(view: View, directive: Parameters<View['placements']>[0]): readonly string[] {
	const paths = new Set<string>();
	for (const { placed } of view.placements(directive))
		for (const other of placed.scope.directives) if (other.via.at(-1) === placed) paths.add(other.file.path);
	return [...paths];
}
