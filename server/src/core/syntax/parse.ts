import { SourceText } from '../text/sourceText.ts';
import { columnOf } from './layout.ts';
import { holdsLua, luaBlockEnd } from './luaBlock.ts';
import {
	forgottenProblem,
	type Part,
	splitAtForgottenSemicolons,
	splitEntries,
	type Terminator,
	UNEXPECTED_CLOSE,
} from './missingSemicolon.ts';
import type { Block, Directive, SyntaxProblem, SyntaxTree, Word } from './nodes.ts';
import { Scanner, type WordFault } from './scanner.ts';
import { commonShapes, type DirectiveShapes, fits, holdsEntries } from './shapes.ts';
import { SourceDirective, SourceWord } from './sourceNodes.ts';
import { holdsAtMark, isTemplateName } from './template.ts';

export interface ParseOptions {
	/** How each directive may be written, to notice a forgotten `;`. Without it a small set of common directives is known. */
	readonly shapes?: DirectiveShapes;
}

/**
 * Reads one configuration text as nginx does (semantics TK1–TK16; src/core/ngx_conf_file.c).
 * Total and lossless: any text gives a tree, errors are in `problems`. Cost is linear in the text, whatever its depth.
 */
export function parse(text: string, options: ParseOptions = {}): SyntaxTree {
	const shapes = options.shapes ?? commonShapes;
	const reader = new Reader(text, shapes, 0);
	reader.read();
	if (reader.unclosed > 0) {
		// Some `}` is missing. Read again and guess by the layout where it belongs; keep that only if it fits the rest.
		const second = new Reader(text, shapes, reader.unclosed);
		second.read();
		if (second.stray <= reader.stray) return second.tree(reader);
	}
	return reader.tree();
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A block that is still open while reading. */
interface OpenBlock {
	/** Undefined for a `{` without a directive: what follows belongs to the block around it. */
	readonly directive: SourceDirective | undefined;
	readonly block: Mutable<Block>;
	readonly children: Directive[];
	readonly entries: boolean;
	/** The column of its directive when that is the first thing on its line, else -1. Known in the second reading only. */
	readonly column: number;
}

const NO_WORDS: readonly Word[] = Object.freeze([]);
const MOST_PROBLEMS = 100;
const UNEXPECTED_OPEN = 'unexpected "{"';

/** How far up the open blocks a `}` looks for one of its own indentation. */
const DEEPEST_SEARCH = 64;

class Reader {
	/** How many blocks were never closed, and how many `}` closed nothing. */
	unclosed = 0;
	stray = 0;
	readonly #source: SourceText;
	readonly #scanner: Scanner;
	readonly #shapes: DirectiveShapes;
	readonly #top: Directive[] = [];
	readonly #open: OpenBlock[] = [];
	readonly #problems: SyntaxProblem[] = [];
	/** How many missing `}` the second reading may still guess; 0 in the first. */
	#guesses: number;
	readonly #guessing: boolean;
	/** Opening braces of the blocks whose `}` is missing. */
	readonly #unclosedBraces: { readonly brace: number; readonly name: string }[] = [];
	#template = false;
	/** How many faults of the scanner are already among the problems. */
	#faults = 0;
	#innermost: OpenBlock | undefined = undefined;
	#siblings: Directive[] = this.#top;
	/** The words of the directive being read are the first `#count` of these; the array is used again for each. */
	readonly #words: SourceWord[] = [];
	#count = 0;
	/** Indices of the words of this directive, but the name, that are first on their line. */
	#lineStarts: number[] | undefined = undefined;

	constructor(text: string, shapes: DirectiveShapes, guesses: number) {
		this.#source = new SourceText(text);
		this.#scanner = new Scanner(text);
		this.#shapes = shapes;
		this.#guesses = guesses;
		this.#guessing = guesses > 0;
	}

	read(): void {
		const scanner = this.#scanner;
		for (;;) {
			const kind = scanner.next();
			if (scanner.faults.length > this.#faults) this.#takeFaults();
			if (kind === 'word') this.#word();
			else if (kind === ';') this.#semicolon();
			else if (kind === '{') this.#openBrace();
			else if (kind === '}') this.#closeBrace();
			else break;
		}
		this.#finish();
	}

	/** @param first the reading that did not guess: what nginx says is said by that one, but for where a `}` is missing */
	tree(first?: Reader): SyntaxTree {
		const template = this.#template || this.#scanner.metTemplateMark || holdsAtMark(this.#source.text);
		return {
			source: this.#source,
			directives: this.#top,
			comments: this.#scanner.comments,
			problems: template ? [] : first === undefined ? this.#problems : withGuessedPlaces(first.#problems, this.#problems),
			templateMarks: this.#scanner.passedMarks,
			template,
		};
	}

	#word(): void {
		const scanner = this.#scanner;
		if (this.#count === 0) {
			if (this.#guesses > 0) this.#guessBeforeDirective(scanner.start);
		} else if (scanner.onNewLine) {
			if (this.#lineStarts === undefined) this.#lineStarts = [this.#count];
			else this.#lineStarts.push(this.#count);
		}
		this.#words[this.#count++] = new SourceWord(scanner.text, scanner.start, scanner.end, scanner.quote, scanner.escaped);
	}

	#semicolon(): void {
		const { start, end } = this.#scanner;
		if (this.#count > 0) this.#flush(';', start, end);
		else
			this.#problem(
				'unexpected-semicolon',
				'There is no directive before this ";": remove it.',
				start,
				end,
				start,
				'unexpected ";"',
			);
	}

	#openBrace(): void {
		const { start, end } = this.#scanner;
		if (this.#count === 0) {
			this.#problem('unexpected-open', 'There is no directive before this "{".', start, end, start, UNEXPECTED_OPEN);
			if (this.#guesses > 0) this.#guesses--;
			else this.#openNameless(start);
			return;
		}
		if (this.#innermost?.entries === true && !this.#leaveEntries(start)) {
			this.#problem('unexpected-open', 'An entry of this block takes no "{".', start, end, start, UNEXPECTED_OPEN);
		}
		this.#flush('{', start, end);
	}

	#closeBrace(): void {
		const { start, end } = this.#scanner;
		if (this.#count > 0) this.#flush('}', start, end);
		if (this.#guesses > 0) this.#guessBeforeClose(start);
		const open = this.#innermost;
		if (open === undefined) {
			this.stray++;
			const message = 'This "}" closes nothing: remove it, or add the block it belongs to.';
			this.#problem('unexpected-close', message, start, end, start, UNEXPECTED_CLOSE);
			return;
		}
		open.block.closed = true;
		this.#close(end);
	}

	/** Ends the innermost block at `end`. */
	#close(end: number): void {
		const open = this.#open.pop();
		if (open?.directive !== undefined) {
			open.block.span = { start: open.block.span.start, end };
			open.block.children = open.children.slice();
			open.directive.stop = end;
		}
		this.#innermost = this.#open[this.#open.length - 1];
		this.#siblings = this.#innermost?.children ?? this.#top;
	}

	/** Ends the innermost block where its `}` seems to be missing. */
	#closeUnclosed(end: number): void {
		const open = this.#innermost;
		if (open?.directive !== undefined) {
			this.#unclosedBraces.push({ brace: open.block.span.start, name: open.directive.name.value });
		}
		this.#close(end);
	}

	#finish(): void {
		const length = this.#source.text.length;
		if (this.#count > 0) this.#flush('end', length, length);
		this.unclosed = this.#open.length;
		while (this.#innermost !== undefined) this.#closeUnclosed(length);
		for (const { brace, name } of this.#unclosedBraces) {
			const message = `The block of "${name}" is never closed: add "}".`;
			this.#problem('unclosed-block', message, brace, brace + 1, length, unclosedMessage(name));
		}
	}

	/** Makes directives of the words read so far; `start` and `end` are those of the terminator. */
	#flush(terminator: Terminator, start: number, end: number): void {
		const words = this.#words;
		const count = this.#count;
		const lineStarts = this.#lineStarts;
		this.#count = 0;
		this.#lineStarts = undefined;
		if ((terminator === ';' || terminator === '{') && lineStarts === undefined) {
			this.#add(words, 0, count, terminator, end);
			return;
		}
		const all = words.slice(0, count);
		for (const part of this.#split(all, lineStarts ?? [], terminator)) {
			if (part.forgot === undefined) {
				this.#add(all, part.from, part.to, terminator === '{' ? '{' : ';', end);
				continue;
			}
			this.#report(forgottenProblem(all, part, this.#line(start)));
			const stop = all[part.to - 1]?.end ?? end;
			this.#add(all, part.from, part.to, part.forgot === '{' ? 'missing-open' : 'missing', stop);
		}
	}

	#split(words: readonly Word[], lineStarts: readonly number[], terminator: Terminator): readonly Part[] {
		const around = this.#innermost;
		if (around?.entries !== true) return splitAtForgottenSemicolons(words, lineStarts, terminator, this.#shapes);
		return splitEntries(words, lineStarts, terminator, around.directive?.name.value ?? '');
	}

	/** Adds the directive made of the words from `from` to `to`, which ends at `stop`. */
	#add(words: readonly SourceWord[], from: number, to: number, how: ';' | '{' | 'missing' | 'missing-open', stop: number): void {
		const name = words[from];
		if (name === undefined) return;
		const args = to - from === 1 ? NO_WORDS : words.slice(from + 1, to);
		const end = how === ';' || how === '{' ? how : 'missing';
		const directive = new SourceDirective(name, args, end, this.#enclosingDirective(), stop);
		this.#siblings.push(directive);
		if (!startsWithLetter(this.#source.text, name.start) && this.#innermost?.entries !== true && isTemplateName(name.value)) {
			this.#template = true;
		}
		if (how === '{' || how === 'missing-open') this.#enter(directive, how === '{' ? stop - 1 : stop);
	}

	#enclosingDirective(): SourceDirective | undefined {
		const innermost = this.#innermost;
		if (innermost === undefined || innermost.directive !== undefined) return innermost?.directive;
		return this.#open.findLast((open) => open.directive !== undefined)?.directive;
	}

	#enter(directive: SourceDirective, brace: number): void {
		const children: Directive[] = [];
		const block: Mutable<Block> = { span: { start: brace, end: brace + 1 }, closed: false, children, raw: undefined };
		directive.block = block;
		const name = directive.name.value;
		const entries = this.#innermost?.entries !== true && holdsEntries(name);
		const column = this.#guessing ? columnOf(this.#source.text, directive.name.start) : -1;
		this.#push({ directive, block, children, entries, column });
		if (holdsLua(name)) this.#lua(block);
	}

	/** A `{` without a directive: its `}` is matched, its content belongs to the block around it. */
	#openNameless(brace: number): void {
		const block: Block = { span: { start: brace, end: brace + 1 }, closed: false, children: [], raw: undefined };
		this.#push({ directive: undefined, block, children: this.#siblings, entries: this.#innermost?.entries === true, column: -1 });
	}

	#push(open: OpenBlock): void {
		this.#open.push(open);
		this.#innermost = open;
		this.#siblings = open.children;
	}

	/** Skips Lua code, which the Lua module reads by itself up to the `}` of the block (TK15). */
	#lua(block: Mutable<Block>): void {
		const start = Math.min(block.span.start + 1, this.#source.text.length);
		const close = luaBlockEnd(this.#source.text, start);
		const end = close === -1 ? this.#source.text.length : close;
		block.raw = { start, end };
		this.#scanner.position = end;
	}

	/**
	 * A `{` in a map or its like, where nginx allows none (TK16). When its line starts as a block directive does, the person forgot
	 * the `}` of the map: closes that and leaves the words of the new directive to be read on. Returns false when it does not look so.
	 */
	#leaveEntries(brace: number): boolean {
		const words = this.#words.slice(0, this.#count);
		const at = this.#lineStarts?.at(-1) ?? 0;
		const name = words[at];
		if (name === undefined || name.quote !== undefined || columnOf(this.#source.text, name.start) === -1) return false;
		if (!fits(this.#shapes(name.value) ?? [], words.length - at - 1, true)) return false;
		const open = this.#innermost;
		if (at > 0) {
			const part: Part = { from: 0, to: at, forgot: ';', nginxMessage: UNEXPECTED_OPEN };
			this.#report(forgottenProblem(words, part, this.#line(brace)));
			this.#add(words, 0, at, 'missing', words[at - 1]?.end ?? name.start);
		}
		const opening = open?.block.span.start ?? 0;
		const message = `The block of "${open?.directive?.name.value ?? ''}" is never closed: add "}".`;
		this.#problem('unclosed-block', message, opening, opening + 1, brace, UNEXPECTED_OPEN);
		this.#close(name.start);
		for (let index = at; index < words.length; index++) this.#words[index - at] = words[index] ?? name;
		this.#count = words.length - at;
		this.#lineStarts = undefined;
		return true;
	}

	/** Second reading: a directive at most as indented as the block it would stand in ends that block. */
	#guessBeforeDirective(start: number): void {
		let column = -1;
		while (this.#guesses > 0) {
			const open = this.#innermost;
			if (open === undefined || open.column === -1) return;
			if (column === -1) column = columnOf(this.#source.text, start);
			if (column === -1 || column > open.column || !this.#isLaidOut(open)) return;
			this.#guesses--;
			this.#closeUnclosed(start);
		}
	}

	/** True when a block shows that this file indents: its first directive is further in than itself, or itself than the block around. */
	#isLaidOut(open: OpenBlock): boolean {
		const first = open.children[0];
		if (first !== undefined) return columnOf(this.#source.text, first.span.start) > open.column;
		return open.column > (this.#open[this.#open.length - 2]?.column ?? open.column);
	}

	/** Second reading: a `}` that is less indented than the innermost block, and as indented as one around it, closes that one. */
	#guessBeforeClose(start: number): void {
		const column = columnOf(this.#source.text, start);
		if (column === -1) return;
		const lowest = Math.max(0, this.#open.length - 1 - Math.min(this.#guesses, DEEPEST_SEARCH));
		let level = this.#open.length - 1;
		while (level > lowest && (this.#open[level]?.column ?? -1) > column) level--;
		if (this.#open[level]?.column !== column) return;
		while (this.#open.length - 1 > level) {
			this.#guesses--;
			this.#closeUnclosed(start);
		}
	}

	#takeFaults(): void {
		const faults = this.#scanner.faults;
		for (; this.#faults < faults.length; this.#faults++) {
			const fault = faults[this.#faults];
			if (fault !== undefined)
				this.#problem(fault.code, FAULTS[fault.code], fault.start, fault.end, fault.at, fault.nginxMessage);
		}
	}

	#problem(code: SyntaxProblem['code'], message: string, start: number, end: number, at: number, nginxMessage: string): void {
		if (this.#problems.length >= MOST_PROBLEMS) return;
		this.#problems.push({ code, message, span: { start, end }, nginxLine: this.#line(at), nginxMessage });
	}

	#report(problem: SyntaxProblem): void {
		if (this.#problems.length < MOST_PROBLEMS) this.#problems.push(problem);
	}

	/** The one-based line on which nginx is when it has read the character at `offset`. */
	#line(offset: number): number {
		return this.#source.lineAt(offset) + 1;
	}
}

function withGuessedPlaces(asRead: readonly SyntaxProblem[], guessed: readonly SyntaxProblem[]): readonly SyntaxProblem[] {
	const atEnd = (problem: SyntaxProblem): boolean =>
		problem.code === 'unclosed-block' && problem.nginxMessage !== UNEXPECTED_OPEN;
	return [...asRead.filter((problem) => !atEnd(problem)), ...guessed.filter(atEnd)];
}

const FAULTS: Readonly<Record<WordFault['code'], string>> = {
	'unterminated-quote': 'This quote is not closed.',
	'parameter-too-long': 'nginx reads no word or comment of 4096 bytes or more: split it.',
	'unexpected-after-quote': 'Only white space, ";", "{" or ")" may follow a closing quote.',
};

function unclosedMessage(name: string): string {
	return holdsLua(name)
		? 'unexpected end of file, expecting terminating characters for lua code block'
		: 'unexpected end of file, expecting "}"';
}

function startsWithLetter(text: string, offset: number): boolean {
	const code = text.charCodeAt(offset);
	return code >= 97 && code <= 122;
}
