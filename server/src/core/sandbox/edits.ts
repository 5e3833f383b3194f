import type { PlacedDirective } from '../config/model.ts';
import type { Edit } from '../engine/finding.ts';
import type { Word } from '../syntax/nodes.ts';

/** Edits of the copy. A file that is included twice is edited once; lines keep their numbers, so that what nginx says of one is true. */
export class CopyEdits {
	readonly #edits = new Map<string, Edit>();

	/** True when the directive is met for the first time. */
	isNew(placed: PlacedDirective): boolean {
		return !this.#edits.has(keyOf(placed.file.path, placed.node.span.start));
	}

	/** Puts `text` in the place of the whole directive, its block included. */
	replace(placed: PlacedDirective, text: string): void {
		const { span } = placed.node;
		const lines = placed.file.tree.source.slice(span).split('\n').length - 1;
		this.#add(placed.file.path, span.start, span.end, text + '\n'.repeat(lines));
	}

	/** Puts `text` in the place of one word. */
	replaceWord(placed: PlacedDirective, word: Word, text: string): void {
		const lines = placed.file.tree.source.slice(word.span).split('\n').length - 1;
		this.#add(placed.file.path, word.span.start, word.span.end, text + '\n'.repeat(lines));
	}

	/** Puts `text` right behind the `{` of a block. */
	open(placed: PlacedDirective, text: string): void {
		const block = placed.node.block;
		if (block !== undefined) this.#add(placed.file.path, block.span.start + 1, block.span.start + 1, ` ${text} `);
	}

	get all(): readonly Edit[] {
		return [...this.#edits.values()];
	}

	#add(path: string, start: number, end: number, text: string): void {
		this.#edits.set(keyOf(path, start), { path, span: { start, end }, text });
	}
}

function keyOf(path: string, start: number): string {
	return `${path}\0${start}`;
}
