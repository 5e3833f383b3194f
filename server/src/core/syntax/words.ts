import type { SourceText } from '../text/sourceText.ts';
import type { Span } from '../text/span.ts';
import { BACKSLASH, CLOSE_BRACE, DOLLAR, OPEN_BRACE } from './characters.ts';
import type { Word } from './nodes.ts';
import { unescapeWord } from './scanner.ts';
import { marksIn } from './template.ts';

/** `invalid variable name` or `the closing bracket in "…" variable is missing`, as nginx says when it compiles the value (DU5). */
export type TemplateFault = 'invalid-name' | 'unclosed-braces';

/**
 * A stretch of a value that may hold variables, as nginx cuts it (src/http/ngx_http_script.c, ngx_http_script_compile; semantics DU5).
 * `start` and `end` are offsets into the value. A capture is `$1` … `$9` without braces; `${1}` and `$0` are ordinary names.
 */
export type TemplatePart =
	| { readonly kind: 'literal'; readonly text: string; readonly start: number; readonly end: number }
	| {
			readonly kind: 'variable';
			/** As written; nginx compares names without regard to case. */
			readonly name: string;
			readonly braces: boolean;
			readonly start: number;
			readonly end: number;
	  }
	| { readonly kind: 'capture'; readonly number: number; readonly start: number; readonly end: number }
	/** What a template language replaces before nginx reads the value: `{{ port }}`, `__PORT__`. */
	| { readonly kind: 'mark'; readonly text: string; readonly start: number; readonly end: number }
	| { readonly kind: 'fault'; readonly fault: TemplateFault; readonly start: number; readonly end: number };

/** A variable in a word, with its place in the text, from the `$` to the last character of its name or the `}`. */
export interface VariableReference {
	/** Lower case, as nginx looks it up. A capture has its digit as name. */
	readonly name: string;
	readonly written: string;
	readonly braces: boolean;
	readonly capture: boolean;
	readonly span: Span;
	/** The name alone, without `$` and braces. */
	readonly nameSpan: Span;
}

/**
 * Cuts a value into literal text, variables and captures (semantics DU5). Total: what nginx refuses becomes a `fault` part that
 * reaches to where nginx stopped; reading goes on behind it.
 */
export function templateParts(value: string): readonly TemplatePart[] {
	const parts: TemplatePart[] = [];
	const marks = marksIn(value);
	let nextMark = 0;
	let at = 0;
	while (at < value.length) {
		const mark = marks[nextMark];
		if (mark !== undefined && mark.start <= at) {
			nextMark++;
			if (mark.start < at) continue;
			parts.push({ kind: 'mark', text: value.slice(at, mark.end), start: at, end: mark.end });
			at = mark.end;
			continue;
		}
		if (value.charCodeAt(at) !== DOLLAR) {
			const dollar = value.indexOf('$', at);
			const end = Math.min(dollar === -1 ? value.length : dollar, mark?.start ?? value.length);
			parts.push({ kind: 'literal', text: value.slice(at, end), start: at, end });
			at = end;
			continue;
		}
		const start = at++;
		const digit = value.charCodeAt(at) - 48;
		if (digit >= 1 && digit <= 9) {
			at++;
			parts.push({ kind: 'capture', number: digit, start, end: at });
			continue;
		}
		const braces = value.charCodeAt(at) === OPEN_BRACE;
		if (braces) at++;
		const nameStart = at;
		while (at < value.length && isNameCharacter(value.charCodeAt(at))) at++;
		const name = value.slice(nameStart, at);
		const closed = braces && value.charCodeAt(at) === CLOSE_BRACE;
		if (closed) at++;
		if (braces && !closed && nameStart < value.length) parts.push({ kind: 'fault', fault: 'unclosed-braces', start, end: at });
		else if (name === '') parts.push({ kind: 'fault', fault: 'invalid-name', start, end: at });
		else parts.push({ kind: 'variable', name, braces, start, end: at });
	}
	return parts;
}

/** The variables in a word, in order, with their places in the text that it was read from. Faults and literal text are left out. */
export function variableReferences(word: Word, source: SourceText): readonly VariableReference[] {
	if (!word.value.includes('$')) return [];
	const references: VariableReference[] = [];
	const offsets = sourceOffsets(word, source);
	for (const part of templateParts(word.value)) {
		if (part.kind !== 'variable' && part.kind !== 'capture') continue;
		const written = part.kind === 'capture' ? String(part.number) : part.name;
		const braces = part.kind === 'variable' && part.braces;
		references.push({
			name: written.toLowerCase(),
			written,
			braces,
			capture: part.kind === 'capture',
			span: { start: offsets(part.start), end: offsets(part.end) },
			nameSpan: { start: offsets(part.start + (braces ? 2 : 1)), end: offsets(part.end - (braces ? 1 : 0)) },
		});
	}
	return references;
}

/** The place in the text of a stretch of a word's value; `start` and `end` are offsets into the value. */
export function spanInSource(word: Word, source: SourceText, start: number, end: number): Span {
	const offsets = sourceOffsets(word, source);
	return { start: offsets(start), end: offsets(end) };
}

/** The word without its quotes. */
export function innerSpan(word: Word, source: SourceText): Span {
	const { start, end } = word.span;
	if (word.quote === undefined) return word.span;
	const closed = end > start + 1 && source.text[end - 1] === word.quote;
	return { start: start + 1, end: closed ? end - 1 : end };
}

/** From offsets into the value to offsets into the text: they part at each escape that nginx resolves (TK5). */
function sourceOffsets(word: Word, source: SourceText): (offset: number) => number {
	const inner = innerSpan(word, source);
	if (inner.end - inner.start === word.value.length) return (offset) => inner.start + offset;
	const raw = source.slice(inner);
	const places: number[] = [];
	for (let at = 0; at < raw.length; at++) {
		places.push(inner.start + at);
		if (raw.charCodeAt(at) === BACKSLASH && unescapeWord(raw.slice(at, at + 2)).length === 1 && at + 1 < raw.length) at++;
	}
	return (offset) => places[offset] ?? inner.end;
}

/**
 * Writes a value so that nginx reads it back exactly: bare when that is possible, else in quotes (semantics TK1–TK8, TK14).
 * @param preferred the quotes to use when they are needed; the other ones are taken when these stand in the value and those do not
 */
export function quoteIfNeeded(value: string, preferred: '"' | "'" = '"'): string {
	return needsQuotes(value) ? quoteWord(value, betterQuote(value, preferred)) : escapeBackslashes(value, undefined);
}

/** Writes a value in these quotes so that nginx reads it back exactly. */
export function quoteWord(value: string, quote: '"' | "'"): string {
	return `${quote}${escapeBackslashes(value, quote)}${quote}`;
}

/** True when nginx would not read the bare value as one word. */
export function needsQuotes(value: string): boolean {
	if (value === '' || /^["'#}]/.test(value)) return true;
	// A brace is part of a bare word only right behind `$` (TK7).
	return /[ \t\r\n;]/.test(value) || /\{/.test(value.replace(/\$\{+/g, '$'));
}

function betterQuote(value: string, preferred: '"' | "'"): '"' | "'" {
	const other = preferred === '"' ? "'" : '"';
	return value.includes(preferred) && !value.includes(other) ? other : preferred;
}

/** Doubles the backslashes that nginx would take for an escape, and escapes the quotes around the word (TK5). */
function escapeBackslashes(value: string, quote: '"' | "'" | undefined): string {
	let written = '';
	for (let at = 0; at < value.length; at++) {
		const character = value[at] ?? '';
		if (character === '\\') {
			const next = value[at + 1];
			written += next === undefined || `"'\\trn`.includes(next) ? '\\\\' : '\\';
			// In a bare word a backslash would also take the meaning of `$` from the character behind it.
			if (quote === undefined && next === '$') written += '\\';
		} else if (character === quote) written += `\\${character}`;
		else written += character;
	}
	return written;
}

function isNameCharacter(code: number): boolean {
	return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;
}
