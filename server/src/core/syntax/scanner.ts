import type { Span } from '../text/span.ts';
import {
	BACKSLASH,
	CLOSE_BRACE,
	CLOSE_PARENTHESIS,
	CR,
	DOLLAR,
	DOUBLE_QUOTE,
	HASH,
	isSeparator,
	LESS_THAN,
	LF,
	OPEN_BRACE,
	SEMICOLON,
	SINGLE_QUOTE,
	SPACE,
	TAB,
} from './characters.ts';
import type { Comment } from './nodes.ts';
import { standsAlone, templateMarks } from './template.ts';

/** What `Scanner.next` has found. */
export type TokenKind = 'word' | ';' | '{' | '}' | 'end';

/** Something wrong inside or right behind the last word, or in a comment. */
export interface WordFault {
	readonly code: 'unexpected-after-quote' | 'unterminated-quote' | 'parameter-too-long' | 'unquoted-brace';
	/** Where the faulty word (or comment) starts and ends. */
	readonly start: number;
	readonly end: number;
	/** The offset of the character at which nginx gives up; its line is the one that nginx names. */
	readonly at: number;
	readonly nginxMessage: string;
}

/** nginx reads a file through a buffer of this many bytes; a word that does not fit is refused (NGX_CONF_BUFFER, semantics TK11). */
const BUFFER_BYTES = 4096;

/** Nobody reads more of them. */
const MOST_FAULTS = 100;

const END_OF_FILE = 'unexpected end of file, expecting ";" or "}"';

/**
 * Reads one text word by word, exactly as nginx's ngx_conf_read_token does (semantics TK1–TK9, TK11, TK12, TK14).
 * After `next()` the fields describe the token found; nothing is allocated but comments and faults.
 */
export class Scanner {
	readonly text: string;
	readonly comments: Comment[] = [];
	readonly faults: WordFault[] = [];
	/** Offset of the next character to read. */
	position = 0;
	/** The token found: its offsets, quotes included. */
	start = 0;
	end = 0;
	/** The token found is a word in these quotes. */
	quote: '"' | "'" | undefined = undefined;
	/** The word found holds a backslash, so its value differs from its text, perhaps. */
	escaped = false;
	/** A line end stood between the token before and this one. */
	onNewLine = false;

	/** Template marks that stood where no word may and were passed over. */
	readonly passedMarks: Span[] = [];
	/** A template mark stood outside comments. */
	metTemplateMark = false;
	readonly #marks: readonly Span[];
	#nextMark = 0;

	constructor(text: string) {
		this.text = text;
		this.#marks =
			text.includes('{{') || text.includes('{%') || text.includes('<%') || text.includes('<?') ? templateMarks(text) : [];
	}

	/** Finds the next token and moves behind it. At the end of the text it returns `end`, for ever. */
	next(): TokenKind {
		const text = this.text;
		const length = text.length;
		let at = this.position;
		let newLine = false;
		let code = 0;
		for (; at < length; at++) {
			code = text.charCodeAt(at);
			if (code === SPACE || code === TAB || code === CR) continue;
			if (code === LF) {
				newLine = true;
				continue;
			}
			if (code === HASH) {
				at = this.#comment(at) - 1;
				continue;
			}
			if (code !== OPEN_BRACE && code !== LESS_THAN) break;
			const mark = this.#markAt(at);
			if (mark === undefined || !standsAlone(text, mark)) break;
			this.passedMarks.push(mark);
			at = mark.end - 1;
		}
		this.onNewLine = newLine;
		this.start = at;
		if (at >= length) {
			this.position = this.end = length;
			return 'end';
		}
		switch (code) {
			case SEMICOLON:
				this.position = this.end = at + 1;
				return ';';
			case OPEN_BRACE:
				if (this.#markAt(at) !== undefined) {
					this.#plain(at);
					return 'word';
				}
				this.position = this.end = at + 1;
				return '{';
			case CLOSE_BRACE:
				this.position = this.end = at + 1;
				return '}';
			case DOUBLE_QUOTE:
			case SINGLE_QUOTE:
				this.#quoted(at, code);
				return 'word';
			default:
				this.#plain(at);
				return 'word';
		}
	}

	/** The template mark that starts at `at`, if any. */
	#markAt(at: number): Span | undefined {
		const marks = this.#marks;
		if (marks.length === 0) return undefined;
		// After an unterminated quote the scanner has gone back in the text.
		while (this.#nextMark > 0 && (marks[this.#nextMark - 1]?.start ?? 0) >= at) this.#nextMark--;
		while (this.#nextMark < marks.length && (marks[this.#nextMark]?.start ?? 0) < at) this.#nextMark++;
		const mark = marks[this.#nextMark];
		if (mark?.start !== at) return undefined;
		this.metTemplateMark = true;
		return mark;
	}

	/** A comment from its `#` to the line end; returns the offset of that line end. */
	#comment(start: number): number {
		const feed = this.text.indexOf('\n', start);
		const stop = feed === -1 ? this.text.length : feed;
		const end = feed > start && this.text.charCodeAt(feed - 1) === CR ? feed - 1 : stop;
		this.comments.push({ span: { start, end } });
		this.#refuseTooLong(start, end, this.#tooLong(start, stop, 0, undefined));
		return stop;
	}

	#plain(start: number): void {
		const text = this.text;
		const length = text.length;
		let at = start;
		let afterDollar = false;
		let escaped = false;
		let brace = -1;
		for (; at < length; at++) {
			const code = text.charCodeAt(at);
			// The characters with a meaning are rare: most words take the first branch only.
			if (code > BACKSLASH && code !== OPEN_BRACE) {
				afterDollar = false;
			} else if (code === OPEN_BRACE) {
				const mark = this.#markAt(at);
				if (mark !== undefined) at = mark.end - 1;
				// `${`: the brace belongs to the word, and so do further braces right behind it (TK7).
				else if (!afterDollar) {
					const end = at > start ? repeatEnd(text, at) : -1;
					if (end === -1) break;
					if (brace === -1) brace = at;
					at = end - 1;
				}
			} else if (code === DOLLAR) {
				afterDollar = true;
			} else if (code === SEMICOLON || isSeparator(code)) {
				break;
			} else {
				afterDollar = false;
				if (code === BACKSLASH) {
					escaped = true;
					at++;
				} else if (code === LESS_THAN) at = (this.#markAt(at)?.end ?? at + 1) - 1;
			}
		}
		if (at > length) at = length;
		this.quote = undefined;
		this.escaped = escaped;
		this.position = this.end = at;
		if (brace !== -1) this.#fault({ code: 'unquoted-brace', start, end: at, at: brace, nginxMessage: '' });
		const separated = at < length && isSeparator(text.charCodeAt(at));
		this.#refuseTooLong(start, at, this.#tooLong(start, at, separated ? 1 : 0, undefined));
	}

	#quoted(start: number, quoteCode: number): void {
		const text = this.text;
		const length = text.length;
		let at = start + 1;
		let escaped = false;
		let severalLines = false;
		let code = 0;
		for (; at < length; at++) {
			code = text.charCodeAt(at);
			if (code === quoteCode) break;
			if (code === BACKSLASH) {
				escaped = true;
				at++;
			} else if (code === LF) severalLines = true;
			else if (code === OPEN_BRACE || code === LESS_THAN) at = (this.#markAt(at)?.end ?? at + 1) - 1;
		}
		this.quote = quoteCode === DOUBLE_QUOTE ? '"' : "'";
		this.escaped = escaped;
		const quote = this.quote;
		if (at >= length) {
			this.#unterminated(start, length, this.#tooLong(start + 1, length, 0, quote), END_OF_FILE);
			return;
		}
		const end = at + 1;
		this.position = this.end = end;
		code = end < length ? text.charCodeAt(end) : SPACE;
		const separated = end < length && isSeparator(code);
		const tooLong = this.#tooLong(start + 1, end, separated ? 1 : 0, quote);
		const mayFollow = isSeparator(code) || code === SEMICOLON || code === OPEN_BRACE || code === CLOSE_PARENTHESIS;
		const message = mayFollow ? '' : `unexpected "${String.fromCodePoint(text.codePointAt(end) ?? code)}"`;
		if (!mayFollow && severalLines) {
			this.#unterminated(start, end, tooLong, message);
			return;
		}
		this.#refuseTooLong(start, end, tooLong);
		// A `}` here is a forgotten `;`, which the parser reports.
		if (!mayFollow && code !== CLOSE_BRACE) {
			this.#fault({ code: 'unexpected-after-quote', start, end, at: end, nginxMessage: message });
		}
	}

	/**
	 * A quote that is not closed where the person meant it. nginx reads on over the line ends and gives up at `failsAt`;
	 * for the tree the word ends with its first line, before the `;` or `{` that ends it.
	 */
	#unterminated(start: number, failsAt: number, tooLong: string | undefined, nginxMessage: string): void {
		const text = this.text;
		let feed = text.indexOf('\n', start);
		if (feed === -1) feed = text.length;
		let end = meaningfulEnd(text, start + 1, feed);
		const last = text.charCodeAt(end - 1);
		if (end - 1 > start && (last === SEMICOLON || last === OPEN_BRACE)) end = meaningfulEnd(text, start + 1, end - 1);
		this.position = this.end = end;
		this.#fault({
			code: 'unterminated-quote',
			start,
			end,
			at: tooLong === undefined ? failsAt : start,
			nginxMessage: tooLong ?? nginxMessage,
		});
	}

	/**
	 * What nginx says of a word or comment that does not fit its buffer; undefined when it fits. `from`…`to` is what nginx keeps in the
	 * buffer, quotes at the end included, `more` the separators that it reads before it lets go of the word.
	 */
	#tooLong(from: number, to: number, more: number, quote: '"' | "'" | undefined): string | undefined {
		if (to - from < (BUFFER_BYTES - 1) / 3) return undefined;
		const text = this.text;
		// At the very end of the file nginx needs no further character.
		const limit = to + more >= text.length ? BUFFER_BYTES : BUFFER_BYTES - 1;
		if (!byteLengthExceeds(text, from, to, limit - more)) return undefined;
		const closed = text[to - 1] === quote;
		if (quote !== undefined && (!closed || byteLengthExceeds(text, from, to, BUFFER_BYTES))) {
			return `too long parameter, probably missing terminating "${quote}" character`;
		}
		return `too long parameter "${text.slice(from, from + 10)}..." started`;
	}

	#fault(fault: WordFault): void {
		if (this.faults.length < MOST_FAULTS) this.faults.push(fault);
	}

	#refuseTooLong(start: number, end: number, nginxMessage: string | undefined): void {
		if (nginxMessage !== undefined) this.#fault({ code: 'parameter-too-long', start, end, at: start, nginxMessage });
	}
}

/** Resolves the escapes that nginx resolves when it copies a word (semantics TK5): `\"` `\'` `\\` and `\t` `\r` `\n`; others stay. */
export function unescapeWord(raw: string): string {
	return raw.replace(/\\(["'\\trn])/g, (_, letter: string) =>
		letter === 't' ? '\t' : letter === 'r' ? '\r' : letter === 'n' ? '\n' : letter,
	);
}

/**
 * Behind a `{2}`, `{2,}` or `{2,5}` that ends none of the word: a repeat of an expression that was to be quoted. nginx takes its `{` for
 * the start of a block (TK7), in which no directive begins so. -1 for any other `{`.
 */
function repeatEnd(text: string, brace: number): number {
	const repeat = /\{\d+(?:,\d*)?\}/y;
	repeat.lastIndex = brace;
	return repeat.test(text) ? repeat.lastIndex : -1;
}

/** True when the UTF-8 form of `text` from `start` to `end` is longer than `limit` bytes. Looks at no more than that. */
function byteLengthExceeds(text: string, start: number, end: number, limit: number): boolean {
	if (end - start > limit) return true;
	let bytes = 0;
	for (let at = start; at < end; at++) {
		const code = text.charCodeAt(at);
		// Each half of a surrogate pair stands for two of its four bytes.
		bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code >= 0xd800 && code < 0xe000 ? 2 : 3;
		if (bytes > limit) return true;
	}
	return false;
}

/** The end of what a line holds before its trailing white space and comment. */
function meaningfulEnd(text: string, start: number, lineEnd: number): number {
	let end = lineEnd;
	for (let at = start; at < lineEnd; at++) {
		if (text.charCodeAt(at) !== HASH || !isSeparator(text.charCodeAt(at - 1))) continue;
		let before = at;
		while (before > start && isSeparator(text.charCodeAt(before - 1))) before--;
		const last = text.charCodeAt(before - 1);
		if (last === SEMICOLON || last === OPEN_BRACE) end = before;
		break;
	}
	while (end > start && isSeparator(text.charCodeAt(end - 1))) end--;
	return end;
}
