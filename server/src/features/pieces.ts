import type { Edit } from '../core/engine/finding.ts';
import type { Span } from '../core/text/span.ts';

/** A stretch of the first text, or text that was put in. */
type Piece = { readonly kind: 'kept'; readonly span: Span } | { readonly kind: 'put'; readonly text: string };

/** A text under a sequence of edits, each made for the text that the one before it left. Tells them as edits of the first text. */
export class Pieces {
	readonly #first: string;
	#pieces: readonly Piece[];

	constructor(text: string) {
		this.#first = text;
		this.#pieces = [{ kind: 'kept', span: { start: 0, end: text.length } }];
	}

	/** Edits that do not overlap, all made for the present text. */
	apply(edits: readonly Omit<Edit, 'path'>[]): void {
		const ordered = [...edits].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
		const pieces: Piece[] = [];
		const rest = new PieceReader(this.#pieces);
		for (const { span, text } of ordered) {
			pieces.push(...rest.take(span.start - rest.at));
			if (text !== '') pieces.push({ kind: 'put', text });
			rest.take(span.end - rest.at);
		}
		pieces.push(...rest.take(Number.POSITIVE_INFINITY));
		this.#pieces = pieces;
	}

	get text(): string {
		return this.#pieces
			.map((piece) => (piece.kind === 'put' ? piece.text : this.#first.slice(piece.span.start, piece.span.end)))
			.join('');
	}

	/** The fewest edits that make the present text of the first one; in order, apart from one another. */
	edits(): readonly { readonly span: Span; readonly text: string }[] {
		const edits: { span: Span; text: string }[] = [];
		let at = 0;
		let put = '';
		const flush = (end: number): void => {
			if (put !== '' || end > at) edits.push({ span: { start: at, end }, text: put });
			put = '';
		};
		for (const piece of this.#pieces) {
			if (piece.kind === 'put') put += piece.text;
			else if (piece.span.end > piece.span.start) {
				flush(piece.span.start);
				at = piece.span.end;
			}
		}
		flush(this.#first.length);
		return edits;
	}
}

/** Reads pieces from the front, as many characters at a time as asked for. */
class PieceReader {
	at = 0;
	readonly #pieces: readonly Piece[];
	#index = 0;
	#inside = 0;

	constructor(pieces: readonly Piece[]) {
		this.#pieces = pieces;
	}

	take(count: number): readonly Piece[] {
		const taken: Piece[] = [];
		let left = count;
		for (let piece = this.#pieces[this.#index]; piece !== undefined && left > 0; piece = this.#pieces[this.#index]) {
			const length = lengthOf(piece);
			const part = Math.min(left, length - this.#inside);
			taken.push(partOf(piece, this.#inside, part));
			left -= part;
			this.at += part;
			this.#inside += part;
			if (this.#inside < length) break;
			this.#index++;
			this.#inside = 0;
		}
		return taken;
	}
}

function lengthOf(piece: Piece): number {
	return piece.kind === 'put' ? piece.text.length : piece.span.end - piece.span.start;
}

function partOf(piece: Piece, from: number, length: number): Piece {
	if (piece.kind === 'put') return { kind: 'put', text: piece.text.slice(from, from + length) };
	return { kind: 'kept', span: { start: piece.span.start + from, end: piece.span.start + from + length } };
}
