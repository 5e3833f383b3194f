import type { Span } from '../text/span.ts';
import type { Block, Directive, Word } from './nodes.ts';
import { unescapeWord } from './scanner.ts';

const DOUBLE_QUOTED = 1;
const SINGLE_QUOTED = 2;
const ESCAPED = 4;

/**
 * A word as an excerpt of its text. A file of 100,000 lines has 300,000 of them, most of which nobody looks into:
 * span and value are made when they are asked for.
 */
export class SourceWord implements Word {
	readonly #text: string;
	readonly start: number;
	readonly end: number;
	readonly #flags: number;
	#value: string | undefined = undefined;

	/** @param escaped the word holds a backslash, so its value may differ from its text */
	constructor(text: string, start: number, end: number, quote: '"' | "'" | undefined, escaped: boolean) {
		this.#text = text;
		this.start = start;
		this.end = end;
		this.#flags = (quote === undefined ? 0 : quote === '"' ? DOUBLE_QUOTED : SINGLE_QUOTED) | (escaped ? ESCAPED : 0);
	}

	get span(): Span {
		return { start: this.start, end: this.end };
	}

	get quote(): '"' | "'" | undefined {
		return (this.#flags & DOUBLE_QUOTED) !== 0 ? '"' : (this.#flags & SINGLE_QUOTED) !== 0 ? "'" : undefined;
	}

	get value(): string {
		if (this.#value === undefined) this.#value = this.#read();
		return this.#value;
	}

	#read(): string {
		let { start, end } = this;
		const quote = this.quote;
		if (quote !== undefined) {
			start++;
			if (end > start && this.#text[end - 1] === quote) end--;
		}
		const raw = this.#text.slice(start, end);
		return (this.#flags & ESCAPED) === 0 ? raw : unescapeWord(raw);
	}
}

const NO_DIRECTIVES: readonly Directive[] = Object.freeze([]);

/** A block under construction, and then for good. */
export class SourceBlock implements Block {
	readonly start: number;
	/** The offset behind its last character. */
	stop: number;
	closed = false;
	children: readonly Directive[] = NO_DIRECTIVES;
	raw: Span | undefined = undefined;
	/** It holds free words, as a map does. */
	readonly entries: boolean;
	/** How many `{` without a directive are open in it. */
	nameless = 0;

	constructor(start: number, entries: boolean) {
		this.start = start;
		this.stop = start + 1;
		this.entries = entries;
	}

	get span(): Span {
		return { start: this.start, end: this.stop };
	}
}

/** A directive under construction, and then for good. */
export class SourceDirective implements Directive {
	readonly name: SourceWord;
	readonly args: readonly Word[];
	block: SourceBlock | undefined = undefined;
	readonly end: ';' | '{' | 'missing';
	readonly parent: SourceDirective | undefined;
	/** The offset behind its last character. */
	stop: number;

	constructor(
		name: SourceWord,
		args: readonly Word[],
		end: ';' | '{' | 'missing',
		parent: SourceDirective | undefined,
		stop: number,
	) {
		this.name = name;
		this.args = args;
		this.end = end;
		this.parent = parent;
		this.stop = stop;
	}

	get span(): Span {
		return { start: this.name.start, end: this.stop };
	}
}
