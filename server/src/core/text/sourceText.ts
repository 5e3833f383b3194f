import type { Position, Span } from './span.ts';

/** An immutable text with a lazy line table. Lines end at LF; a CR before it belongs to the line end (semantics TK1). */
export class SourceText {
	readonly text: string;
	#lineStarts: number[] | undefined;

	constructor(text: string) {
		this.text = text;
	}

	/** Zero-based offsets at which each line starts. */
	get lineStarts(): readonly number[] {
		if (this.#lineStarts === undefined) {
			const starts = [0];
			for (let at = this.text.indexOf('\n'); at !== -1; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
			this.#lineStarts = starts;
		}
		return this.#lineStarts;
	}

	/** The zero-based line that holds `offset`. */
	lineAt(offset: number): number {
		const starts = this.lineStarts;
		let low = 0;
		let high = starts.length - 1;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if ((starts[middle] ?? 0) <= offset) low = middle;
			else high = middle - 1;
		}
		return low;
	}

	/** Offset → zero-based line and character; offsets outside the text are clamped. */
	positionAt(offset: number): Position {
		const inside = Math.max(0, Math.min(offset, this.text.length));
		const line = this.lineAt(inside);
		return { line, character: inside - (this.lineStarts[line] ?? 0) };
	}

	/** Zero-based line and character → offset; positions outside the text are clamped. */
	offsetAt(position: Position): number {
		const starts = this.lineStarts;
		if (position.line < 0) return 0;
		const start = starts[position.line];
		if (start === undefined) return this.text.length;
		const next = starts[position.line + 1] ?? this.text.length + 1;
		return Math.min(start + Math.max(0, position.character), next - 1);
	}

	slice(span: Span): string {
		return this.text.slice(span.start, span.end);
	}

	/** The line end that the file uses: CRLF when its first line ends so, else LF. */
	get eol(): '\n' | '\r\n' {
		const first = this.text.indexOf('\n');
		return first > 0 && this.text[first - 1] === '\r' ? '\r\n' : '\n';
	}

	/** The white space before the first other character of the line that holds `offset`. */
	indentationAt(offset: number): string {
		const start = this.lineStarts[this.lineAt(offset)] ?? 0;
		let end = start;
		while (this.text[end] === ' ' || this.text[end] === '\t') end++;
		return this.text.slice(start, end);
	}
}
