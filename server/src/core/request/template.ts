import { templateParts } from '../syntax/words.ts';
import { toBytes } from '../text/bytes.ts';

/** Literal bytes, the lower-case name of a variable, or the number of a capture. */
export type Piece =
	| { readonly kind: 'literal'; readonly bytes: string }
	| { readonly kind: 'variable'; readonly name: string }
	/** What a template language replaces before nginx reads the value. */
	| { readonly kind: 'mark'; readonly bytes: string }
	| { readonly kind: 'capture'; readonly number: number };

/** A value with its variables found (semantics DU5; src/http/ngx_http_script.c). */
export interface Template {
	readonly pieces: readonly Piece[];
	/** The value itself when it holds no variable. */
	readonly constant: string | undefined;
	/** It holds marks of a template language, and no variable. */
	readonly marked: boolean;
	/** As written in the configuration, in bytes. */
	readonly written: string;
}

/** Cuts a value at its variables. What nginx would refuse stays as literal text. */
export function compileTemplate(value: string): Template {
	const written = toBytes(value);
	const parts = templateParts(value);
	if (parts.every(({ kind }) => kind === 'literal'))
		return { pieces: [{ kind: 'literal', bytes: written }], constant: written, marked: false, written };
	const pieces = parts.map((part): Piece => {
		if (part.kind === 'literal') return { kind: 'literal', bytes: toBytes(part.text) };
		if (part.kind === 'capture') return { kind: 'capture', number: part.number };
		if (part.kind === 'variable') return { kind: 'variable', name: part.name.toLowerCase() };
		if (part.kind === 'mark') return { kind: 'mark', bytes: toBytes(part.text) };
		return { kind: 'literal', bytes: toBytes(value.slice(part.start, part.end)) };
	});
	const kinds = new Set(pieces.map(({ kind }) => kind));
	const marked = kinds.has('mark') && !kinds.has('variable') && !kinds.has('capture');
	return { pieces, constant: undefined, marked, written };
}
