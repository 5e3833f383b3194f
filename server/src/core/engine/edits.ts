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

/** Edits that can be applied in one go and mean the same as one after the other. Whether one shares a place with them is found without looking at each. */
export class ApartEdits {
	/** By file, in order of place. */
	readonly #byFile = new Map<string, Edit[]>();

	/** True when edits, apart from one another, can be applied together with all that are here. Equal ones count once. */
	takes(edits: readonly Edit[]): boolean {
		return edits.every((edit) => {
			const own = this.#byFile.get(edit.path) ?? [];
			for (let index = firstFrom(own, edit.span.start); index < own.length; index++) {
				const other = own[index];
				if (other === undefined || other.span.start > edit.span.end) return true;
				if (!isSame(edit, other)) return false;
			}
			return true;
		});
	}

	add(edits: readonly Edit[]): void {
		for (const edit of edits) {
			const own = this.#byFile.get(edit.path) ?? [];
			this.#byFile.set(edit.path, own);
			let index = firstFrom(own, edit.span.end + 1);
			// Edits of one cure may touch: an insertion right behind what is replaced.
			while (own[index - 1]?.span.end === edit.span.end && (own[index - 1]?.span.start ?? 0) > edit.span.start) index--;
			own.splice(index, 0, edit);
		}
	}
}

/** Index of the first of some ordered edits that ends at an offset or behind it. */
function firstFrom(ordered: readonly Edit[], offset: number): number {
	let low = 0;
	let high = ordered.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((ordered[middle]?.span.end ?? 0) < offset) low = middle + 1;
		else high = middle;
	}
	return low;
}

function distinct(edits: readonly Edit[]): readonly Edit[] {
	const seen = new Map<string, Edit>();
	for (const edit of edits) seen.set(`${edit.path}\0${edit.span.start}\0${edit.span.end}\0${edit.text}`, edit);
	return [...seen.values()];
}

function isSame(a: Edit, b: Edit): boolean {
	return a.path === b.path && a.span.start === b.span.start && a.span.end === b.span.end && a.text === b.text;
}
