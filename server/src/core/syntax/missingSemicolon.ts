import type { SyntaxProblem, Word } from './nodes.ts';
import { type DirectiveShapes, fits } from './shapes.ts';

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

export const UNEXPECTED_CLOSE = 'unexpected "}"';
export const UNEXPECTED_END = 'unexpected end of file, expecting ";" or "}"';

/**
 * Directives that take any number of arguments, but refuse a word that is none of theirs: what nginx says then, and the directive
 * names among their own parameters (ngx_http_core_listen, ngx_http_upstream_server, ngx_http_log_set_log, ngx_log_set_levels,
 * ngx_http_core_error_page, ngx_conf_set_bitmask_slot, ngx_http_headers_add; run on 1.22, 1.26, 1.30).
 */
const STRICT: ReadonlyMap<string, { readonly says: string; readonly own: readonly string[]; readonly free: number }> = new Map([
	['listen', { says: 'invalid parameter', own: ['http2', 'proxy_protocol', 'quic', 'spdy', 'ssl'], free: 1 }],
	['server', { says: 'invalid parameter', own: [], free: 1 }],
	['access_log', { says: 'invalid parameter', own: ['gzip'], free: 2 }],
	['error_log', { says: 'invalid log level', own: [], free: 1 }],
	['add_header', { says: 'invalid parameter', own: [], free: 2 }],
	['ssl_protocols', { says: 'invalid value', own: [], free: 0 }],
	['proxy_next_upstream', { says: 'invalid value', own: [], free: 0 }],
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
		parts.push({ from, to: at, forgot, nginxMessage: complaint(words, from, words.length, terminator, shapes) ?? '' });
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
	const broken = terminator === '}' || terminator === 'end';
	if (broken) {
		// nginx complains in any case; the question is only whether this line was meant as a directive of its own.
		const whole = fits(left, words.length - from - 1, false);
		return (whole ? leftComplete && rightComplete : leftComplete || rightComplete) ? ';' : undefined;
	}
	const saying = complaint(words, from, words.length, terminator, shapes);
	if (saying === undefined) return undefined;
	if (leftComplete)
		return rightComplete || !saying.startsWith('invalid ') || saying.startsWith('invalid number') ? ';' : undefined;
	if (fits(left, count, true)) return rightComplete ? '{' : undefined;
	return rightComplete ? ';' : undefined;
}

/** What nginx says of the words from `from` to `to` as one directive; undefined when, as far as is known, it accepts them. */
function complaint(
	words: readonly Word[],
	from: number,
	to: number,
	terminator: Terminator,
	shapes: DirectiveShapes,
): string | undefined {
	if (terminator === '}') return UNEXPECTED_CLOSE;
	if (terminator === 'end') return UNEXPECTED_END;
	const name = words[from]?.value ?? '';
	const known = shapes(name);
	if (known === undefined) return `unknown directive "${name}"`;
	const block = terminator === '{';
	if (!known.some((shape) => shape.block === block)) {
		return block ? `directive "${name}" is not terminated by ";"` : `directive "${name}" has no opening "{"`;
	}
	if (!fits(known, to - from - 1, block)) return `invalid number of arguments in "${name}" directive`;
	const strict = block ? undefined : STRICT.get(name);
	if (strict === undefined) return undefined;
	for (let index = from + 1 + strict.free; index < to; index++) {
		const word = words[index];
		if (word === undefined || word.quote !== undefined || shapes(word.value) === undefined) continue;
		if (!strict.own.includes(word.value)) return `${strict.says} "${word.value}"`;
	}
	return undefined;
}

/** The problem to report for a part that lacks its `;` or `{`; `nginxLine` is one-based. */
export function forgottenProblem(words: readonly Word[], part: Part, nginxLine: number): SyntaxProblem {
	const name = words[part.from]?.value ?? '';
	const end = words[part.to - 1]?.span.end ?? 0;
	const mark = part.forgot ?? ';';
	return {
		code: mark === ';' ? 'missing-semicolon' : 'missing-open',
		message: mark === ';' ? `"${name}" is not ended: add ";" here.` : `"${name}" needs a block: add "{" here.`,
		span: { start: Math.max(0, end - 1), end },
		nginxLine,
		nginxMessage: part.nginxMessage,
	};
}
