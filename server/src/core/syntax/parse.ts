import { SourceText } from '../text/sourceText.ts';
import { FAULTS, unclosedAtEnd, unclosedMessage } from './faultTexts.ts';
import { columnOf } from './layout.ts';
import { holdsLua, luaBlockEnd } from './luaBlock.ts';
import {
	forgottenProblem,
	type Part,
	splitAtForgottenSemicolons,
	splitEntries,
	type Terminator,
	UNEXPECTED_CLOSE,
	withoutSlip,
} from './missingSemicolon.ts';
import type { Directive, SyntaxProblem, SyntaxTree, Word } from './nodes.ts';
import { Scanner, type WordFault } from './scanner.ts';
import { commonShapes, type DirectiveShapes, fits, holdsEntries } from './shapes.ts';
import { SourceBlock, SourceDirective, SourceWord } from './sourceNodes.ts';
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
	let reader = new Reader(text, shapes, 0);
	reader.read();
	if (reader.left && reader.stray > 0) {
		// A map seemed to lack its `}` and later one was too many: rather a block stands in the map.
		const within = new Reader(text, shapes, 0, true);
		within.read();
		if (within.stray < reader.stray) reader = within;
	}
	if (reader.unclosed > 0 && reader.unclosed <= MOST_GUESSES) {
		// Some `}` is missing. Read again and guess by the layout where it belongs; keep that only if it fits the rest.
		const second = new Reader(text, shapes, reader.unclosed);
		second.read();
		if (second.stray <= reader.stray) return second.tree(reader);
	}
	return reader.tree();
}

const NO_WORDS: readonly Word[] = Object.freeze([]);
const MOST_PROBLEMS = 100;
const UNEXPECTED_OPEN = 'unexpected "{"';

/** When more blocks than this lack their `}`, it is no oversight that could be guessed. */
const MOST_GUESSES = 64;

class Reader {
	/** How many blocks were never closed, and how many `}` closed nothing. */
	unclosed = 0;
	stray = 0;
	/** A `{` in a map or its like was taken to show that the map was to end before. */
	left = false;
	readonly #source: SourceText;
	readonly #scanner: Scanner;
	readonly #shapes: DirectiveShapes;
	readonly #top: Directive[] = [];
	readonly #problems: SyntaxProblem[] = [];
	/** How many missing `}` the second reading may still guess; 0 in the first. */
	#guesses: number;
	/** The directives whose block lacks its `}`: the first of them. */
	readonly #unclosed: SourceDirective[] = [];
	#template = false;
	readonly #staysInEntries: boolean;
	/** How many faults of the scanner are already among the problems. */
	#faults = 0;
	/** The innermost open block's directive; those around it are its parents. */
	#innermost: SourceDirective | undefined = undefined;
	/** How many `{` without a directive are open at the top. */
	#nameless = 0;
	/** The words of the directive being read are the first `#count` of these; the array is used again for each. */
	readonly #words: SourceWord[] = [];
	#count = 0;
	/** Indices of the words of this directive, but the name, that are first on their line. */
	#lineStarts: number[] | undefined = undefined;

	/** @param staysInEntries a `{` in a map is never taken for the first block behind it */
	constructor(text: string, shapes: DirectiveShapes, guesses: number, staysInEntries = false) {
		this.#staysInEntries = staysInEntries;
		this.#source = new SourceText(text);
		this.#scanner = new Scanner(text);
		this.#shapes = shapes;
		this.#guesses = guesses;
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
			// Its `}` is matched, its content belongs to the block around it.
			if (this.#guesses > 0) this.#guesses--;
			else if (this.#innermost?.block !== undefined) this.#innermost.block.nameless++;
			else this.#nameless++;
			return;
		}
		if (this.#innermost?.block?.entries === true && !this.#leaveEntries(start)) {
			const block = this.#innermost.name.value;
			const message = `A ${block} holds no blocks: take this one out of it, or end the ${block} with "}" before it.`;
			this.#problem('unexpected-open', message, start, end, start, UNEXPECTED_OPEN);
		}
		this.#flush('{', start, end);
	}

	#closeBrace(): void {
		const { start, end } = this.#scanner;
		if (this.#count > 0) this.#flush('}', start, end);
		if (this.#guesses > 0) this.#guessBeforeClose(start);
		const block = this.#innermost?.block;
		if (block === undefined) {
			if (this.#nameless > 0) {
				this.#nameless--;
				return;
			}
			this.stray++;
			const message = 'This "}" closes nothing: remove it, or add the block it belongs to.';
			this.#problem('unexpected-close', message, start, end, start, UNEXPECTED_CLOSE);
		} else if (block.nameless > 0) block.nameless--;
		else {
			block.closed = true;
			this.#close(end);
		}
	}

	/** Ends the innermost block at `end`. */
	#close(end: number): void {
		const directive = this.#innermost;
		if (directive?.block === undefined) return;
		directive.stop = end;
		directive.block.stop = end;
		// Arrays that have grown hold more than they need.
		if (directive.block.children.length > 0) directive.block.children = directive.block.children.slice();
		this.#innermost = directive.parent;
	}

	/** Ends the innermost block where its `}` seems to be missing. */
	#closeUnclosed(end: number): void {
		const open = this.#innermost;
		if (open?.block !== undefined && this.#unclosed.length < MOST_PROBLEMS) this.#unclosed.push(open);
		this.unclosed++;
		this.#close(end);
	}

	#finish(): void {
		const length = this.#source.text.length;
		if (this.#count > 0) this.#flush('end', length, length);
		while (this.#innermost !== undefined) this.#closeUnclosed(length);
		for (const { name, block } of this.#unclosed) {
			const brace = block?.start ?? name.start;
			const message = unclosedMessage(this.#source.text, name, brace);
			this.#problem('unclosed-block', message, brace, Math.min(brace + 1, length), length, unclosedAtEnd(name.value));
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
		const entries = this.#innermost?.block?.entries === true;
		for (const part of this.#split(all, lineStarts ?? [], terminator)) {
			if (part.forgot === undefined) {
				this.#add(all, part.from, part.to, terminator === '{' ? '{' : ';', end);
				continue;
			}
			if (this.#problems.length < MOST_PROBLEMS) this.#problems.push(forgottenProblem(all, part, this.#line(start), entries));
			if (part.forgot === ';') withoutSlip(all, part.to - 1, this.#source.text);
			const stop = all[part.to - 1]?.end ?? end;
			this.#add(all, part.from, part.to, part.forgot === '{' ? 'missing-open' : 'missing', stop);
		}
	}

	#split(words: readonly Word[], lineStarts: readonly number[], terminator: Terminator): readonly Part[] {
		const around = this.#innermost;
		if (around?.block?.entries !== true) return splitAtForgottenSemicolons(words, lineStarts, terminator, this.#shapes);
		return splitEntries(words, lineStarts, terminator, around.name.value);
	}

	/** Adds the directive made of the words from `from` to `to`, which ends at `stop`. */
	#add(words: readonly SourceWord[], from: number, to: number, how: ';' | '{' | 'missing' | 'missing-open', stop: number): void {
		const name = words[from];
		if (name === undefined) return;
		const args = to - from === 1 ? NO_WORDS : words.slice(from + 1, to);
		const end = how === ';' || how === '{' ? how : 'missing';
		const directive = new SourceDirective(name, args, end, this.#innermost, stop);
		this.#append(directive);
		// Nearly every name starts with a small letter: the others are worth a look.
		if (!startsWithLetter(this.#source.text, name.start) && this.#innermost?.block?.entries !== true) {
			if (isTemplateName(this.#source.text.slice(name.start, Math.min(name.end, name.start + 100)))) this.#template = true;
		}
		if (how === '{' || how === 'missing-open') this.#enter(directive, how === '{' ? stop - 1 : stop);
	}

	#append(directive: SourceDirective): void {
		const block = this.#innermost?.block;
		if (block === undefined) this.#top.push(directive);
		else if (block.children.length === 0) block.children = [directive];
		else (block.children as Directive[]).push(directive);
	}

	#enter(directive: SourceDirective, brace: number): void {
		const name = directive.name.value;
		const block = new SourceBlock(brace, holdsEntries(name) && this.#innermost?.block?.entries !== true);
		directive.block = block;
		this.#innermost = directive;
		if (holdsLua(name)) this.#lua(block);
	}

	/** Skips Lua code, which the Lua module reads by itself up to the `}` of the block (TK15). */
	#lua(block: SourceBlock): void {
		const start = Math.min(block.start + 1, this.#source.text.length);
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
		if (this.#staysInEntries) return false;
		const words = this.#words.slice(0, this.#count);
		const at = this.#lineStarts?.at(-1) ?? 0;
		const name = words[at];
		if (name === undefined || name.quote !== undefined || columnOf(this.#source.text, name.start) === -1) return false;
		if (!fits(this.#shapes(name.value) ?? [], words.length - at - 1, true)) return false;
		const open = this.#innermost;
		this.left = true;
		if (at > 0) {
			const part: Part = { from: 0, to: at, forgot: ';', nginxMessage: UNEXPECTED_OPEN };
			if (this.#problems.length < MOST_PROBLEMS) this.#problems.push(forgottenProblem(words, part, this.#line(brace), true));
			withoutSlip(words, at - 1, this.#source.text);
			this.#add(words, 0, at, 'missing', words[at - 1]?.end ?? name.start);
		}
		const opening = open?.block?.start ?? 0;
		this.#problem(
			'unclosed-block',
			unclosedMessage(this.#source.text, open?.name ?? name, opening),
			opening,
			opening + 1,
			brace,
			UNEXPECTED_OPEN,
		);
		this.#close(name.start);
		for (let index = at; index < words.length; index++) this.#words[index - at] = words[index] ?? name;
		this.#count = words.length - at;
		this.#lineStarts = undefined;
		return true;
	}

	/** Second reading: a directive at most as indented as the block it would stand in ends that block. */
	#guessBeforeDirective(start: number): void {
		let column = -1;
		for (; this.#guesses > 0; this.#guesses--) {
			const open = this.#innermost;
			const outer = open === undefined ? -1 : this.#columnOf(open);
			if (open === undefined || outer === -1) return;
			if (column === -1) column = columnOf(this.#source.text, start);
			if (column === -1 || column > outer || !this.#isLaidOut(open, outer)) return;
			this.#closeUnclosed(start);
		}
	}

	/** True when a block shows that this file indents: its first directive is further in than itself, or itself than the block around. */
	#isLaidOut(open: SourceDirective, column: number): boolean {
		const first = open.block?.children[0];
		if (first instanceof SourceDirective) return this.#columnOf(first) > column;
		return open.parent !== undefined && column > this.#columnOf(open.parent) && this.#columnOf(open.parent) !== -1;
	}

	/** Second reading: a `}` that is less indented than the innermost block, and as indented as one around it, closes that one. */
	#guessBeforeClose(start: number): void {
		const column = columnOf(this.#source.text, start);
		if (column === -1) return;
		let level = this.#innermost;
		let between = 0;
		for (; level !== undefined && this.#columnOf(level) > column; level = level.parent) {
			between++;
			if (between > this.#guesses) return;
		}
		if (level === undefined || this.#columnOf(level) !== column) return;
		this.#guesses -= between;
		while (this.#innermost !== undefined && this.#innermost !== level) this.#closeUnclosed(start);
	}

	#columnOf(directive: SourceDirective): number {
		return columnOf(this.#source.text, directive.name.start);
	}

	#takeFaults(): void {
		const faults = this.#scanner.faults;
		for (; this.#faults < faults.length; this.#faults++) {
			const fault = faults[this.#faults];
			if (fault === undefined) continue;
			const { at, nginxMessage } = fault.code === 'unquoted-brace' ? this.#stopAtBrace(fault) : fault;
			this.#problem(fault.code, FAULTS[fault.code], fault.start, fault.end, at, nginxMessage);
		}
	}

	/** Where nginx gives up when it takes the `{` of a repeat for the start of a block, and what it says. */
	#stopAtBrace({ start, end, at }: WordFault): { readonly at: number; readonly nginxMessage: string } {
		if (this.#innermost?.block?.entries === true) return { at, nginxMessage: UNEXPECTED_OPEN };
		const { text } = this.#source;
		const name = this.#count === 0 ? text.slice(start, at) : (this.#words[0]?.value ?? '');
		const shapes = this.#shapes(name);
		if (shapes === undefined) return { at, nginxMessage: `unknown directive "${name}"` };
		if (!shapes.some(({ block }) => block)) return { at, nginxMessage: `directive "${name}" is not terminated by ";"` };
		if (name === 'if') return { at, nginxMessage: `invalid condition "${text.slice(start, at)}"` };
		const stop = text.slice(end).search(/[;{]/);
		return { at: stop === -1 ? text.length : end + stop, nginxMessage: `unknown directive "${text.slice(at + 1, end)}"` };
	}

	#problem(code: SyntaxProblem['code'], message: string, start: number, end: number, at: number, nginxMessage: string): void {
		if (this.#problems.length >= MOST_PROBLEMS) return;
		this.#problems.push({ code, message, span: { start, end }, nginxLine: this.#line(at), nginxMessage });
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

function startsWithLetter(text: string, offset: number): boolean {
	const code = text.charCodeAt(offset);
	return code >= 97 && code <= 122;
}
