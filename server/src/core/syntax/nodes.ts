import type { SourceText } from '../text/sourceText.ts';
import type { Span } from '../text/span.ts';

/** One token of a directive: its name or an argument (semantics TK2–TK8, TK14). */
export interface Word {
	/** With the quotes, if any. */
	readonly span: Span;
	/** What nginx keeps after removing quotes and resolving its escapes (TK5). */
	readonly value: string;
	readonly quote: '"' | "'" | undefined;
}

/** `name args… ;` or `name args… { … }`. Entries of map, geo, types … blocks are directives too (TK16). */
export interface Directive {
	readonly name: Word;
	readonly args: readonly Word[];
	readonly block: Block | undefined;
	/** How it ended in the text. `missing`: the person forgot the `;` (or the text ended). */
	readonly end: ';' | '{' | 'missing';
	/** From the name to its `;` or `}` inclusive; to the last word when that is missing. */
	readonly span: Span;
	/** The directive whose block this stands in; undefined at the top of a file. */
	readonly parent: Directive | undefined;
}

export interface Block {
	/** From `{` to `}` inclusive; when `}` is missing, to where it seems to belong, at the latest the end of the text. */
	readonly span: Span;
	readonly closed: boolean;
	readonly children: readonly Directive[];
	/** The body of a `*_by_lua_block`, not read as directives (TK15). */
	readonly raw: Span | undefined;
}

/** `#` to the end of its line, line end excluded. */
export interface Comment {
	readonly span: Span;
}

/**
 * Something that nginx's own reader refuses, or a forgotten `;` that makes nginx refuse the directive that swallowed the next one.
 * nginx stops at its first error: only the first problem of a tree is what `nginx -t` prints, the next ones follow once it is cured.
 */
export interface SyntaxProblem {
	readonly code:
		| 'missing-semicolon'
		| 'missing-open'
		| 'stray-words'
		| 'unclosed-block'
		| 'unexpected-close'
		| 'unexpected-semicolon'
		| 'unexpected-open'
		| 'unexpected-after-quote'
		| 'unterminated-quote'
		| 'unquoted-brace'
		| 'parameter-too-long';
	/** One sentence for a person: what, and what to do. */
	readonly message: string;
	/** Where the person made the mistake. `stray-words`: words that can be no directive. `missing-semicolon`: the last character before the place where the `;` belongs (`span.end`), or the one that stands in place of the `;`. */
	readonly span: Span;
	/** The one-based line that `nginx -t` names for it. */
	readonly nginxLine: number;
	/** How `nginx -t` words it, as far as that is fixed. */
	readonly nginxMessage: string;
}

/** The lossless tree of one text: every character is in a word, a comment, punctuation or white space between them. */
export interface SyntaxTree {
	readonly source: SourceText;
	readonly directives: readonly Directive[];
	readonly comments: readonly Comment[];
	/** In the order in which nginx meets them; no more than a hundred. */
	readonly problems: readonly SyntaxProblem[];
	/** Template marks that are no part of a word and were passed over, such as `{% if … %}`. */
	readonly templateMarks: readonly Span[];
	/** The text holds template marks (`{{ }}`, `{% %}`, `${VAR}` where a directive should be): syntax problems are withheld. */
	readonly template: boolean;
}
