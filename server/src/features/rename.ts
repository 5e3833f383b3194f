import type { Position, Range, WorkspaceEdit } from 'vscode-languageserver-types';
import { documentEdits } from './edits.ts';
import { type NameUse, namesIn } from './names.ts';
import { usesAt } from './navigation.ts';
import { rangeOf, type View } from './view.ts';

/** A sentence for the person: why this cannot be renamed, or not so. */
export interface Refusal {
	readonly refusal: string;
}

/** The name under the caret, or why it cannot be renamed. */
export function prepareRename(view: View, position: Position): { range: Range; placeholder: string } | Refusal {
	const uses = usesAt(view, position);
	const refusal = whyNot(uses);
	if (refusal !== undefined) return { refusal };
	const offset = view.lines.offsetAt(position);
	const here = uses.find(({ place }) => place.path === view.path && place.span.start - 2 <= offset && offset <= place.span.end);
	if (here === undefined) return { refusal: NOTHING };
	return { range: rangeOf(view.lines, here.place.span), placeholder: here.name };
}

const NOTHING =
	'Only what a configuration defines itself can be renamed: a variable of map, set, geo or a capture, an upstream, a named location, a zone, a cache, a log format.';

/** The new name at every use, in every file of the configurations that the document is part of. */
export function rename(view: View, position: Position, newName: string): WorkspaceEdit | Refusal {
	const uses = usesAt(view, position);
	const [first] = uses;
	const refusal = whyNot(uses);
	if (first === undefined || refusal !== undefined) return { refusal: refusal ?? NOTHING };
	const bare =
		first.kind === 'variable'
			? newName.replace(/^\$/, '')
			: first.kind === 'named location'
				? newName.replace(/^@/, '')
				: newName;
	if (!isName(first.kind, bare)) return { refusal: `${JSON.stringify(newName)} cannot be the name of a ${first.kind}.` };
	const key = first.key.slice(0, first.key.length - keyName(first).length) + keyName({ kind: first.kind, name: bare });
	if (key !== first.key && view.checked.some(({ configuration }) => namesIn(configuration).some((use) => use.key === key)))
		return { refusal: `There is a ${first.kind} ${bare} already.` };
	return {
		documentChanges: documentEdits(
			view,
			uses.map(({ place }) => ({ ...place, text: bare })),
		),
	};
}

function keyName({ kind, name }: Pick<NameUse, 'kind' | 'name'>): string {
	if (kind === 'variable' || kind === 'upstream') return name.toLowerCase();
	return kind === 'named location' ? `@${name}` : name;
}

function whyNot(uses: readonly NameUse[]): string | undefined {
	if (uses.length === 0) return NOTHING;
	if (uses.some(({ role }) => role === 'definition')) return undefined;
	const [first] = uses;
	return `${first?.kind === 'variable' ? `$${first.name}` : first?.name} is not defined in this configuration, so it cannot be renamed here.`;
}

function isName(kind: NameUse['kind'], name: string): boolean {
	return kind === 'variable' ? /^[a-z0-9_]+$/i.test(name) : /^[^\s;{}"'$\\:/]+$/.test(name);
}
