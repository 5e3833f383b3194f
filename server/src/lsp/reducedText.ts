import { parseConfiguration } from '../core/config/parseConfiguration.ts';
import type { SyntaxTree } from '../core/syntax/nodes.ts';
import type { Span } from '../core/text/span.ts';

/** A stretch that stands in both texts. */
interface Kept {
	readonly reduced: number;
	readonly full: number;
	readonly length: number;
}

/**
 * A text without some of its parts, line for line as long as the whole one, so that a line number means the same in both.
 * Offsets of what was kept lead back to the whole text.
 */
export class ReducedText {
	#text = '';
	#full = 0;
	readonly #kept: Kept[] = [];
	readonly #source: string;

	constructor(source: string) {
		this.#source = source;
	}

	get text(): string {
		return this.#text;
	}

	/** Keeps everything up to an offset of the whole text. */
	keepTo(end: number): void {
		if (end <= this.#full) return;
		this.#kept.push({ reduced: this.#text.length, full: this.#full, length: end - this.#full });
		this.#text += this.#source.slice(this.#full, end);
		this.#full = end;
	}

	/** Puts a stub in place of everything up to an offset; offsets in it lead nowhere. */
	dropTo(end: number, lines: number, stub = ''): void {
		this.#text += stub + '\n'.repeat(lines);
		this.#full = end;
	}

	/** The offset in the whole text; undefined for a place in a stub. */
	fullOffset(reduced: number): number | undefined {
		let low = 0;
		let high = this.#kept.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((this.#kept[middle]?.reduced ?? 0) <= reduced) low = middle + 1;
			else high = middle;
		}
		const kept = this.#kept[low - 1];
		if (kept === undefined || reduced > kept.reduced + kept.length) return undefined;
		return kept.full + reduced - kept.reduced;
	}
}

/** A text that is put together from a part before, a middle that changes and a part behind. */
export class Around {
	readonly #before: ReducedText;
	readonly #behind: ReducedText;
	/** The offset in the whole text where the middle starts, and where the part behind started when it was made. */
	readonly #start: number;
	#middle = '';
	#shift = 0;
	tree: SyntaxTree;

	constructor(before: ReducedText, start: number, behind: ReducedText) {
		this.#before = before;
		this.#start = start;
		this.#behind = behind;
		this.tree = parseConfiguration('');
	}

	/** Reads the text with a new middle; `shift` is how far the part behind has moved since the whole text was read. */
	put(middle: string, shift: number): void {
		this.#middle = middle;
		this.#shift = shift;
		this.tree = parseConfiguration(`${this.#before.text}${middle}${this.#behind.text}`);
	}

	/** Where an offset of the reduced text is in the whole one. */
	place(offset: number): { readonly offset: number; readonly inMiddle: boolean } | undefined {
		const start = this.#before.text.length;
		const end = start + this.#middle.length;
		if (offset >= start && offset <= end) return { offset: this.#start + offset - start, inMiddle: true };
		const full = offset < start ? this.#before.fullOffset(offset) : this.#behind.fullOffset(offset - end);
		if (full === undefined) return undefined;
		return { offset: offset < start ? full : full + this.#shift, inMiddle: false };
	}

	/** The stretch in the whole text; undefined when it lies in a stub or reaches from one part into another. */
	span({ start, end }: Span): (Span & { readonly inMiddle: boolean }) | undefined {
		const from = this.place(start);
		const to = this.place(end);
		if (from === undefined || to === undefined || from.inMiddle !== to.inMiddle) return undefined;
		return { start: from.offset, end: to.offset, inMiddle: from.inMiddle };
	}
}
