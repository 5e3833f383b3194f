import { SourceText } from '../text/sourceText.ts';
import { holdsLua, luaBlockEnd } from './luaBlock.ts';
import { forgottenProblem, splitAtForgottenSemicolons, type Terminator, UNEXPECTED_CLOSE } from './missingSemicolon.ts';
import type { Block, Directive, SyntaxProblem, SyntaxTree, Word } from './nodes.ts';
import { Scanner } from './scanner.ts';
import { commonShapes, type DirectiveShapes, holdsEntries } from './shapes.ts';

export interface ParseOptions {
	/** How each directive may be written, to notice a forgotten `;`. Without it a small set of common directives is known. */
	readonly shapes?: DirectiveShapes;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A block that is still open while reading. */
interface OpenBlock {
	readonly directive: Mutable<Directive>;
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
	#name: Word | undefined = undefined;
	#args: Word[] | undefined = undefined;
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
		const word: Word = { span: { start: scanner.start, end: scanner.end }, value: scanner.value(), quote: scanner.quote };
		if (this.#name === undefined) {
			this.#name = word;
			return;
		}
		if (this.#args === undefined) this.#args = [word];
		else this.#args.push(word);
		if (scanner.onNewLine) {
			if (this.#lineStarts === undefined) this.#lineStarts = [this.#args.length];
			else this.#lineStarts.push(this.#args.length);
		}
	}

	#semicolon(): void {
		const { start, end } = this.#scanner;
		if (this.#name === undefined) {
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
		if (this.#name === undefined) {
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
		if (this.#name !== undefined) this.#flush('}', start, end);
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
		open.directive.span = { start: open.directive.span.start, end };
		this.#open.pop();
		this.#innermost = this.#open[this.#open.length - 1];
		this.#siblings = this.#innermost?.children ?? this.#top;
	}

	#finish(): void {
		const length = this.#source.text.length;
		if (this.#name !== undefined) this.#flush('end', length, length);
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
		const name = this.#name;
		if (name === undefined) return;
		const args = this.#args ?? NO_WORDS;
		const lineStarts = this.#lineStarts;
		this.#name = undefined;
		this.#args = undefined;
		this.#lineStarts = undefined;
		const broken = terminator === '}' || terminator === 'end';
		if (!broken && (lineStarts === undefined || this.#innermost?.entries === true)) {
			this.#add(name, args, terminator, end);
			return;
		}
		const words = [name, ...args];
		const starts = this.#innermost?.entries === true ? [] : (lineStarts ?? []);
		const parts = splitAtForgottenSemicolons(words, starts, terminator, this.#shapes);
		for (const part of parts) {
			const partName = words[part.from] ?? name;
			const partArgs = parts.length === 1 ? args : words.slice(part.from + 1, part.to);
			if (part.forgot !== undefined) this.#problems.push(forgottenProblem(words, part, this.#line(start)));
			if (part.forgot === undefined && !broken) this.#add(partName, partArgs, terminator, end);
			else this.#add(partName, partArgs, part.forgot === '{' ? 'missing-open' : 'missing', (words[part.to - 1] ?? name).span.end);
		}
	}

	#add(name: Word, args: readonly Word[], how: Terminator | 'missing' | 'missing-open', end: number): void {
		const directive: Mutable<Directive> = {
			name,
			args,
			block: undefined,
			end: how === ';' || how === '{' ? how : 'missing',
			span: { start: name.span.start, end },
			parent: this.#innermost?.directive,
		};
		this.#siblings.push(directive);
		if (how === '{' || how === 'missing-open') this.#enter(directive, how === '{' ? end - 1 : end);
	}

	#enter(directive: Mutable<Directive>, brace: number): void {
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
