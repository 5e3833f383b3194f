import type { SyntaxProblem, Word } from './nodes.ts';
import { type DirectiveShapes, fits } from './shapes.ts';
import { SourceWord } from './sourceNodes.ts';

/** How nginx's reader came to the end of the words: `end` is the end of the file. */
export type Terminator = ';' | '{' | '}' | 'end';

/** A stretch of the words that nginx read as one directive, which the person meant as a directive of its own. */
export interface Part {
	/** Indices into the words. */
	readonly from: number;
	readonly to: number;
	/** What the person forgot behind it; undefined for the last part. */
	readonly forgot: ';' | '{' | undefined;
	/** What nginx says of it: of this part with all that it swallowed. */
	readonly nginxMessage: string;
}

/** nginx cuts its messages at 2048 bytes. */
const LONGEST_NAME = 2000;

export const UNEXPECTED_CLOSE = 'unexpected "}"';
const UNEXPECTED_END = 'unexpected end of file, expecting ";" or "}"';

/**
 * What nginx says of a directive that takes any number of arguments but refuses the directive name at `at`, which it swallowed;
 * undefined when it accepts that. Run on 1.22, 1.26 and 1.30.
 */
type Refusal = (words: readonly Word[], from: number, at: number) => string | undefined;

const invalidValue: Refusal = (words, _, at) => `invalid value "${words[at]?.value ?? ''}"`;
const invalidParameter: Refusal = (words, from, at) =>
	at > from + 1 ? `invalid parameter "${words[at]?.value ?? ''}"` : undefined;

/** The parameters of `listen` that are names of directives too. */
const LISTEN_PARAMETERS: ReadonlySet<string> = new Set(['http2', 'proxy_protocol', 'quic', 'spdy', 'ssl']);

const REFUSALS: ReadonlyMap<string, Refusal> = new Map<string, Refusal>([
	[
		'listen',
		(words, from, at) => (LISTEN_PARAMETERS.has(words[at]?.value ?? '') ? undefined : invalidParameter(words, from, at)),
	],
	['server', invalidParameter],
	[
		'access_log',
		(words, from, at) => {
			const name = words[at]?.value ?? '';
			const off = words[from + 1]?.value === 'off';
			if (at === from + 2 && !off) return `unknown log format "${name}"`;
			return name === 'gzip' && !off ? undefined : invalidParameter(words, from, at);
		},
	],
	['error_log', (words, from, at) => (at > from + 1 ? `invalid log level "${words[at]?.value ?? ''}"` : undefined)],
	['add_header', (words, from, at) => (at > from + 2 ? invalidParameter(words, from, at) : undefined)],
	[
		'error_page',
		(words, from) => {
			const notCode = words.slice(from + 1, -1).find((word) => !/^\d+$|^=/.test(word.value));
			return notCode === undefined ? undefined : `invalid value "${notCode.value}"`;
		},
	],
	['resolver', (words, from, at) => (at > from + 1 ? `host not found in resolver "${words[at]?.value ?? ''}"` : undefined)],
	['gzip_proxied', invalidValue],
	['proxy_cache_methods', invalidValue],
	['proxy_cache_use_stale', invalidValue],
	['proxy_ignore_headers', invalidValue],
	['proxy_next_upstream', invalidValue],
	['ssl_protocols', invalidValue],
]);

/**
 * Decides where in `words`, which nginx reads as one directive, the person forgot a `;` (semantics TK10).
 * A split happens only where a line starts with a known directive name and nginx refuses the whole; arguments may stand on several lines.
 * @param lineStarts indices of the words that are first on their line, ascending, without 0
 * @returns the parts in order; a single one when nothing was forgotten in between
 */
export function splitAtForgottenSemicolons(
	words: readonly Word[],
	lineStarts: readonly number[],
	terminator: Terminator,
	shapes: DirectiveShapes,
): Part[] {
	const candidates = lineStarts.filter((index) => {
		const word = words[index];
		return word !== undefined && word.quote === undefined && shapes(word.value) !== undefined;
	});
	const parts: Part[] = [];
	let from = 0;
	for (let nth = 0; nth < candidates.length; nth++) {
		const at = candidates[nth] ?? 0;
		const forgot = forgottenBefore(words, from, at, candidates[nth + 1], terminator, shapes);
		if (forgot === undefined) continue;
		parts.push({ from, to: at, forgot, nginxMessage: complaint(words, from, at, terminator, shapes) ?? '' });
		from = at;
	}
	const last = complaint(words, from, words.length, terminator, shapes) ?? '';
	parts.push({
		from,
		to: words.length,
		forgot: terminator === '}' || terminator === 'end' ? ';' : undefined,
		nginxMessage: last,
	});
	return parts;
}

/** What is missing between the part that starts at `from` and the known name at `at`, if anything. */
function forgottenBefore(
	words: readonly Word[],
	from: number,
	at: number,
	nextCandidate: number | undefined,
	terminator: Terminator,
	shapes: DirectiveShapes,
): ';' | '{' | undefined {
	const left = shapes(words[from]?.value ?? '');
	const right = shapes(words[at]?.value ?? '') ?? [];
	const rightBlock = nextCandidate === undefined && terminator === '{';
	const rightComplete = fits(right, (nextCandidate ?? words.length) - at - 1, rightBlock);
	if (left === undefined) return rightComplete ? ';' : undefined;
	const count = at - from - 1;
	const leftComplete = fits(left, count, false);
	if (terminator === '}' || terminator === 'end') {
		// nginx complains in any case; the question is only whether this line was meant as a directive of its own.
		const whole = fits(left, words.length - from - 1, false);
		return (whole ? leftComplete && rightComplete : leftComplete || rightComplete) ? ';' : undefined;
	}
	if (complaint(words, from, at, terminator, shapes) === undefined) return undefined;
	if (leftComplete) return rightComplete || !fits(left, words.length - from - 1, terminator === '{') ? ';' : undefined;
	if (!rightComplete) return undefined;
	return fits(left, count, true) ? '{' : ';';
}

/**
 * What nginx says of all the words from `from` on as one directive, in which the known name at `at` was swallowed;
 * undefined when, as far as is known, it accepts them.
 */
function complaint(
	words: readonly Word[],
	from: number,
	at: number,
	terminator: Terminator,
	shapes: DirectiveShapes,
): string | undefined {
	if (terminator === '}') return UNEXPECTED_CLOSE;
	if (terminator === 'end') return UNEXPECTED_END;
	const name = words[from]?.value ?? '';
	const known = shapes(name);
	if (known === undefined) return `unknown directive "${name.slice(0, LONGEST_NAME)}"`;
	const block = terminator === '{';
	if (!known.some((shape) => shape.block === block)) {
		return block ? `directive "${name}" is not terminated by ";"` : `directive "${name}" has no opening "{"`;
	}
	if (!fits(known, words.length - from - 1, block)) return `invalid number of arguments in "${name}" directive`;
	return block ? undefined : REFUSALS.get(name)?.(words, from, at);
}

/**
 * The same for the entries of a map, geo or charset_map: two words each, so a line of two that follows another is an entry of its own.
 * A single part when the words are not laid out so, or nginx accepts more words in an entry of this block.
 */
export function splitEntries(
	words: readonly Word[],
	lineStarts: readonly number[],
	terminator: Terminator,
	block: string,
): Part[] {
	const broken = terminator === '}' || terminator === 'end';
	const says =
		terminator === '}'
			? UNEXPECTED_CLOSE
			: terminator === 'end'
				? UNEXPECTED_END
				: terminator === '{'
					? undefined
					: ENTRY_COUNT.get(block);
	const starts = [0, ...lineStarts];
	const regular = starts.every((from, nth) => (starts[nth + 1] ?? words.length) - from === 2);
	if (says === undefined || !regular)
		return [{ from: 0, to: words.length, forgot: broken ? ';' : undefined, nginxMessage: says ?? '' }];
	return starts.map((from, nth) => {
		const to = starts[nth + 1];
		return { from, to: to ?? words.length, forgot: to !== undefined || broken ? ';' : undefined, nginxMessage: says };
	});
}

/** What nginx says of an entry with too many words; the other entry blocks take any number. */
const ENTRY_COUNT: ReadonlyMap<string, string> = new Map([
	['map', 'invalid number of the map parameters'],
	['geo', 'invalid number of the geo parameters'],
	['charset_map', 'invalid parameters number'],
]);

/** True for a bare word that ends in what is easily typed for a `;`: its neighbours, and those of other scripts. */
function endsInSlip(word: Word): boolean {
	return word.quote === undefined && /[,:\uff1b\u037e\u061b]$/.test(word.value);
}

/** Takes from the last word of a directive the character that was typed in place of its `;`. */
export function withoutSlip(words: SourceWord[], last: number, text: string): void {
	const word = words[last];
	if (word !== undefined && endsInSlip(word) && word.end - word.start > 1)
		words[last] = new SourceWord(text, word.start, word.end - 1, undefined, true);
}

/**
 * The problem to report for a part that lacks its `;` or `{`; `nginxLine` is one-based.
 * Words that start with no letter, such as `// note` or `...`, were never meant as a directive: a `;` would not cure them.
 */
export function forgottenProblem(words: readonly Word[], part: Part, nginxLine: number, inEntries: boolean): SyntaxProblem {
	const first = words[part.from];
	const name = (first?.value ?? '').slice(0, 80);
	const end = words[part.to - 1]?.span.end ?? 0;
	const told = { nginxLine, nginxMessage: part.nginxMessage };
	if (!inEntries && first !== undefined && first.quote === undefined && !/^[A-Za-z_\\\ufeff]/.test(name)) {
		const message = name.startsWith('/')
			? `"${name}" is no directive: a comment starts with "#" in nginx.`
			: `"${name}" is no directive: remove it, or put "#" before it.`;
		return { code: 'stray-words', message, span: { start: first.span.start, end }, ...told };
	}
	const span = { start: Math.max(0, end - 1), end };
	const what = name === '' ? 'The entry for an empty text' : `"${name}"`;
	const last = words[part.to - 1];
	if (part.forgot === ';' && last !== undefined && endsInSlip(last)) {
		const slip = last.value.slice(-1);
		const of = name === last.value ? `"${name.slice(0, -1)}"` : what;
		return { code: 'missing-semicolon', message: `${of} ends in "${slip}" in place of ";".`, span, ...told };
	}
	return part.forgot === '{'
		? { code: 'missing-open', message: `"${name}" needs a block: add "{" here.`, span, ...told }
		: { code: 'missing-semicolon', message: `${what} is not ended: add ";" here.`, span, ...told };
}
