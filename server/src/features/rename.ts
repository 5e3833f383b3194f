import type { Position, Range, WorkspaceEdit } from 'vscode-languageserver-types';
import { baseName } from '../core/config/paths.ts';
import { variableTable } from '../core/config/variables.ts';
import { isBuiltInVariable } from '../core/reference/variables.ts';
import { documentEdits } from './edits.ts';
import { type NameUse, namesIn } from './names.ts';
import { usesAt } from './navigation.ts';
import { UpstreamNames } from './upstreamNames.ts';
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
	const kind = `${first.kind === 'upstream' ? 'an' : 'a'} ${first.kind}`;
	if (!isName(first.kind, bare)) return { refusal: `${JSON.stringify(newName)} cannot be the name of ${kind}.` };
	const taken = whyTaken(first, bare);
	if (taken !== undefined) return { refusal: taken };
	const key = first.key.slice(0, first.key.length - keyName(first).length) + keyName({ kind: first.kind, name: bare });
	if (key !== first.key && view.checked.some(({ configuration }) => namesIn(configuration).some((use) => use.key === key)))
		return { refusal: `There is ${kind} ${bare} already.` };
	const doubt = first.kind === 'upstream' ? doubtAbout(view, first) : undefined;
	if (doubt !== undefined) return { refusal: doubt };
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
	const [first] = uses;
	if (first?.kind === 'variable' && isBuiltInVariable(first.name, sideOfKey(first.key)))
		return `$${first.name} is a variable of nginx itself and is not defined in this configuration, so it cannot be renamed here.`;
	if (uses.some(({ role }) => role === 'definition')) return undefined;
	return `${first?.kind === 'variable' ? `$${first.name}` : first?.name} is not defined in this configuration, so it cannot be renamed here.`;
}

/** Why a name that could be one means something else already; undefined for a free one. */
function whyTaken({ kind, key }: NameUse, name: string): string | undefined {
	if (kind === 'variable' && isBuiltInVariable(name, sideOfKey(key)))
		return `$${name} is a variable of nginx itself; take another name.`;
	if (kind === 'upstream' && /^(?:[\d.]+|localhost)$/i.test(name))
		return `${name} is an address, and an upstream of that name would hide it from every proxy_pass that means the address; take another name.`;
	return undefined;
}

function sideOfKey(key: string): 'http' | 'stream' {
	return key.startsWith('variable stream') ? 'stream' : 'http';
}

/** Where the upstream may be meant and nobody can tell; undefined when every use is known. */
function doubtAbout(view: View, { key, name }: NameUse): string | undefined {
	for (const { configuration } of view.checked)
		for (const { side, mayMean, at } of new UpstreamNames(configuration, variableTable(configuration)).doubts) {
			if (!key.startsWith(`upstream ${side}`) || !mayMean(name.toLowerCase())) continue;
			const line = at.file.tree.source.lineAt(at.node.span.start) + 1;
			const written = [at.node.name, ...at.node.args].map(({ value }) => value).join(' ');
			return `\`${written}\` in line ${line} of ${baseName(at.file.path)} may mean ${name} by a value that is not known here, so write the new name by hand.`;
		}
	return undefined;
}

function isName(kind: NameUse['kind'], name: string): boolean {
	return kind === 'variable' ? /^[a-z0-9_]+$/i.test(name) : /^[^\s;{}"'$\\:/?#]+$/.test(name);
}
