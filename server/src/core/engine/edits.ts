import type { Edit } from '../rules/rule.ts';

/** Raised by nobody: the reason why a set of edits cannot be applied together. */
export interface EditConflict {
	readonly conflict: readonly [Edit, Edit];
}

/**
 * Applies edits of ONE text, all against that text. Equal edits count once; insertions at one place keep their order.
 * Overlapping edits are refused.
 */
export function applyEdits(text: string, edits: readonly Edit[]): string | EditConflict {
	const ordered = distinct(edits)
		.map((edit, order) => ({ edit, order }))
		.sort((a, b) => a.edit.span.start - b.edit.span.start || a.edit.span.end - b.edit.span.end || a.order - b.order)
		.map(({ edit }) => edit);
	let out = '';
	let at = 0;
	let previous: Edit | undefined;
	for (const edit of ordered) {
		if (previous !== undefined && edit.span.start < at) return { conflict: [previous, edit] };
		out += text.slice(at, edit.span.start) + edit.text;
		at = edit.span.end;
		previous = edit;
	}
	return out + text.slice(at);
}

/** Edits by file, equal ones once. */
export function editsByFile(edits: readonly Edit[]): ReadonlyMap<string, readonly Edit[]> {
	const byFile = new Map<string, Edit[]>();
	for (const edit of distinct(edits)) {
		const known = byFile.get(edit.path);
		if (known === undefined) byFile.set(edit.path, [edit]);
		else known.push(edit);
	}
	return byFile;
}

/** True when two sets of edits can be applied in one go and mean the same as one after the other: they share no place. */
export function areIndependent(some: readonly Edit[], others: readonly Edit[]): boolean {
	return some.every((one) =>
		others.every(
			(other) =>
				one.path !== other.path || isSame(one, other) || one.span.end < other.span.start || other.span.end < one.span.start,
		),
	);
}

function distinct(edits: readonly Edit[]): readonly Edit[] {
	const seen = new Map<string, Edit>();
	for (const edit of edits) seen.set(`${edit.path}\0${edit.span.start}\0${edit.span.end}\0${edit.text}`, edit);
	return [...seen.values()];
}

function isSame(a: Edit, b: Edit): boolean {
	return a.path === b.path && a.span.start === b.span.start && a.span.end === b.span.end && a.text === b.text;
}
