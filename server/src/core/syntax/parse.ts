import { SourceText } from '../text/sourceText.ts';
import { holdsLua, luaBlockEnd } from './luaBlock.ts';
import { forgottenProblem, splitAtForgottenSemicolons, type Terminator, UNEXPECTED_CLOSE } from './missingSemicolon.ts';
import type { Block, Directive, SyntaxProblem, SyntaxTree, Word } from './nodes.ts';
import { Scanner } from './scanner.ts';
import { commonShapes, type DirectiveShapes, holdsEntries } from './shapes.ts';
import { SourceDirective, SourceWord } from './sourceNodes.ts';

export interface ParseOptions {
	/** How each directive may be written, to notice a forgotten `;`. Without it a small set of common directives is known. */
	readonly shapes?: DirectiveShapes;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A block that is still open while reading. */
interface OpenBlock {
	readonly directive: SourceDirective;
	readonly block: Mutable<Block>;
	readonly children: Directive[];
	readonly entries: boolean;
}

const NO_WORDS: readonly Word[] = Object.freeze([]);

/**
 * Reads one configuration text as nginx does (semantics TK1–TK16; src/core/ngx_conf_file.c).
 * Total and lossless: any text gives a tree, errors are in `problems`, in the order in which nginx meets them. Cost is linear in the text.
 */
export function parse(text: string, options: ParseOptions = {}): SyntaxTree {
	const reader = new Reader(text, options.shapes ?? commonShapes);
	reader.read();
	return reader.tree();
}

class Reader {
	readonly #source: SourceText;
	readonly #scanner: Scanner;
	readonly #shapes: DirectiveShapes;
	readonly #top: Directive[] = [];
	readonly #open: OpenBlock[] = [];
	readonly #problems: SyntaxProblem[] = [];
	/** How many faults of the scanner are already among the problems. */
	#faults = 0;
	#innermost: OpenBlock | undefined = undefined;
	#siblings: Directive[] = this.#top;
	/** The words of the directive being read are the first `#count` of these; the array is used again for each. */
	readonly #words: SourceWord[] = [];
	#count = 0;
	/** Indices (name = 0) of the words of this directive that are first on their line. */
	#lineStarts: number[] | undefined = undefined;

	constructor(text: string, shapes: DirectiveShapes) {
		this.#source = new SourceText(text);
		this.#scanner = new Scanner(text);
		this.#shapes = shapes;
	}

	read(): void {
		const scanner = this.#scanner;
		for (;;) {
			const kind = scanner.next();
			if (kind === 'word') this.#word();
			else if (kind === ';') this.#semicolon();
			else if (kind === '{') this.#openBrace();
			else if (kind === '}') this.#closeBrace();
			else break;
			if (scanner.faults.length > this.#faults) this.#takeFaults();
		}
		this.#finish();
	}

	tree(): SyntaxTree {
		return {
			source: this.#source,
			directives: this.#top,
			comments: this.#scanner.comments,
			problems: this.#problems,
			template: false,
		};
	}

	#word(): void {
		const scanner = this.#scanner;
		if (scanner.onNewLine && this.#count > 0) {
			if (this.#lineStarts === undefined) this.#lineStarts = [this.#count];
			else this.#lineStarts.push(this.#count);
		}
		this.#words[this.#count++] = new SourceWord(scanner.text, scanner.start, scanner.end, scanner.quote, scanner.escaped);
	}

	#semicolon(): void {
		const { start, end } = this.#scanner;
		if (this.#count === 0) {
			this.#problem(
				'unexpected-semicolon',
				'There is no directive before this ";": remove it.',
				start,
				end,
				start,
				'unexpected ";"',
			);
			return;
		}
		this.#flush(';', start, end);
	}

	#openBrace(): void {
		const { start, end } = this.#scanner;
		if (this.#count === 0) {
			this.#problem('unexpected-open', 'There is no directive before this "{".', start, end, start, 'unexpected "{"');
			return;
		}
		if (this.#innermost?.entries === true) {
			this.#problem('unexpected-open', 'An entry of this block takes no "{".', start, end, start, 'unexpected "{"');
		}
		this.#flush('{', start, end);
	}

	#closeBrace(): void {
		const { start, end } = this.#scanner;
		if (this.#count > 0) this.#flush('}', start, end);
		const open = this.#innermost;
		if (open === undefined) {
			this.#problem(
				'unexpected-close',
				'This "}" closes nothing: remove it, or add the block it belongs to.',
				start,
				end,
				start,
				UNEXPECTED_CLOSE,
			);
			return;
		}
		open.block.closed = true;
		this.#close(open, end);
	}

	#close(open: OpenBlock, end: number): void {
		open.block.span = { start: open.block.span.start, end };
		open.block.children = open.children.slice();
		open.directive.stop = end;
		this.#open.pop();
		this.#innermost = this.#open[this.#open.length - 1];
		this.#siblings = this.#innermost?.children ?? this.#top;
	}

	#finish(): void {
		const length = this.#source.text.length;
		if (this.#count > 0) this.#flush('end', length, length);
		for (let open = this.#innermost; open !== undefined; open = this.#innermost) {
			const brace = open.block.span.start;
			this.#problem(
				'unclosed-block',
				`The block of "${open.directive.name.value}" is never closed: add "}".`,
				brace,
				brace + 1,
				length,
				'unexpected end of file, expecting "}"',
			);
			this.#close(open, length);
		}
	}

	/** Makes directives of the words read so far; `start` and `end` are those of the terminator. */
	#flush(terminator: Terminator, start: number, end: number): void {
		const words = this.#words;
		const count = this.#count;
		const lineStarts = this.#lineStarts;
		this.#count = 0;
		this.#lineStarts = undefined;
		const entries = this.#innermost?.entries === true;
		if ((terminator === ';' || terminator === '{') && (lineStarts === undefined || entries)) {
			this.#add(words, 0, count, terminator, end);
			return;
		}
		const all = words.slice(0, count);
		for (const part of splitAtForgottenSemicolons(all, entries ? [] : (lineStarts ?? []), terminator, this.#shapes)) {
			if (part.forgot === undefined && (terminator === ';' || terminator === '{')) {
				this.#add(all, part.from, part.to, terminator, end);
				continue;
			}
			this.#problems.push(forgottenProblem(all, part, this.#line(start)));
			const stop = all[part.to - 1]?.end ?? end;
			this.#add(all, part.from, part.to, part.forgot === '{' ? 'missing-open' : 'missing', stop);
		}
	}

	/** Adds the directive made of the words from `from` to `to`, which ends at `stop`. */
	#add(words: readonly SourceWord[], from: number, to: number, how: ';' | '{' | 'missing' | 'missing-open', stop: number): void {
		const name = words[from];
		if (name === undefined) return;
		const args = to - from === 1 ? NO_WORDS : words.slice(from + 1, to);
		const end = how === ';' || how === '{' ? how : 'missing';
		const directive = new SourceDirective(name, args, end, this.#innermost?.directive, stop);
		this.#siblings.push(directive);
		if (how === '{' || how === 'missing-open') this.#enter(directive, how === '{' ? stop - 1 : stop);
	}

	#enter(directive: SourceDirective, brace: number): void {
		const children: Directive[] = [];
		const block: Mutable<Block> = { span: { start: brace, end: brace + 1 }, closed: false, children, raw: undefined };
		directive.block = block;
		const entries = this.#innermost?.entries !== true && holdsEntries(directive.name.value);
		const open: OpenBlock = { directive, block, children, entries };
		this.#open.push(open);
		this.#innermost = open;
		this.#siblings = children;
		if (holdsLua(directive.name.value)) this.#lua(open);
	}

	/** Skips Lua code, which the Lua module reads by itself up to the `}` of the block (TK15). */
	#lua(open: OpenBlock): void {
		const start = open.block.span.start + 1;
		const close = luaBlockEnd(this.#source.text, start);
		const end = close === -1 ? this.#source.text.length : close;
		open.block.raw = { start, end };
		this.#scanner.position = end;
	}

	#takeFaults(): void {
		const faults = this.#scanner.faults;
		for (; this.#faults < faults.length; this.#faults++) {
			const fault = faults[this.#faults];
			if (fault === undefined) continue;
			const message =
				fault.code === 'unterminated-quote'
					? 'This quote is not closed.'
					: fault.code === 'parameter-too-long'
						? 'nginx reads no word or comment of 4096 bytes or more: split it.'
						: 'Only white space, ";", "{" or ")" may follow a closing quote.';
			this.#problem(fault.code, message, fault.start, fault.end, fault.at, fault.nginxMessage);
		}
	}

	#problem(code: SyntaxProblem['code'], message: string, start: number, end: number, at: number, nginxMessage: string): void {
		this.#problems.push({ code, message, span: { start, end }, nginxLine: this.#line(at), nginxMessage });
	}

	/** The one-based line on which nginx is when it has read the character at `offset`. */
	#line(offset: number): number {
		return this.#source.lineAt(offset) + 1;
	}
}
