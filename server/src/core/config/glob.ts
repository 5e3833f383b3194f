import { toBytes } from '../text/bytes.ts';
import { addAll, type ByteSet, byteSet, complement, posixClass } from './regex/byteSet.ts';

/** One step of a pattern: any bytes, this byte, or one byte of a set. */
type GlobToken = 'any bytes' | number | ByteSet;

/**
 * A pattern of an `include` as a test of whole '/'-separated paths. As glob(3) in the C locale, which nginx calls: `*`, `?` and `[…]`
 * over bytes; none of them matches a `/` or a dot at the start of a name (semantics IC2). Its work is at most the product of the lengths.
 */
export function globRegex(pattern: string): Pick<RegExp, 'test'> {
	const names = toBytes(pattern).split('/').map(readName);
	return {
		test(path) {
			const parts = toBytes(path).split('/');
			return parts.length === names.length && parts.every((part, index) => matchesName(names[index] ?? [], part));
		},
	};
}

const NOT_SLASH = complement(byteSet([47, 47]));

function readName(pattern: string): readonly GlobToken[] {
	const tokens: GlobToken[] = [];
	for (let at = 0; at < pattern.length; ) {
		const character = pattern[at] ?? '';
		const bracket = character === '[' ? readBracket(pattern, at + 1) : undefined;
		if (character === '*') {
			if (tokens.at(-1) !== 'any bytes') tokens.push('any bytes');
			at++;
		} else if (character === '?') {
			tokens.push(NOT_SLASH);
			at++;
		} else if (bracket !== undefined) {
			tokens.push(bracket.set);
			at = bracket.end;
		} else {
			if (character === '\\' && at + 1 < pattern.length) at++;
			tokens.push(pattern.charCodeAt(at++));
		}
	}
	return tokens;
}

/** The set of `[…]`, read from behind its `[`; undefined when it is not closed, and the `[` stands for itself. */
function readBracket(pattern: string, from: number): { readonly set: ByteSet; readonly end: number } | undefined {
	let at = from;
	const negated = pattern[at] === '!' || pattern[at] === '^';
	if (negated) at++;
	const set = byteSet();
	for (let first = true; first || pattern[at] !== ']'; first = false) {
		const named = /^\[:([a-z]+):\]/.exec(pattern.slice(at, at + 12));
		const members = named === null ? undefined : posixClass(named[1] ?? '');
		if (named !== null && members !== undefined) {
			addAll(set, members);
			at += named[0].length;
			continue;
		}
		if (pattern[at] === '\\') at++;
		if (at >= pattern.length) return undefined;
		const low = pattern.charCodeAt(at++);
		let high = low;
		if (pattern[at] === '-' && pattern[at + 1] !== undefined && pattern[at + 1] !== ']') {
			at += pattern[at + 1] === '\\' ? 2 : 1;
			if (at >= pattern.length) return undefined;
			high = pattern.charCodeAt(at++);
		}
		if (high >= low) set.fill(1, low, high + 1);
	}
	return { set: negated ? complement(set) : set, end: at + 1 };
}

function matchesName(tokens: readonly GlobToken[], name: string): boolean {
	// Only a dot itself matches the dot that hides a file.
	if (name.startsWith('.') && tokens[0] !== 46) return false;
	let at = 0;
	let token = 0;
	let retryToken = -1;
	let retryAt = 0;
	while (at < name.length) {
		const wanted = tokens[token];
		if (wanted === 'any bytes') {
			retryToken = token++;
			retryAt = at;
		} else if (takes(wanted, name.charCodeAt(at))) {
			token++;
			at++;
		} else if (retryToken !== -1) {
			// The last `*` takes one byte more.
			token = retryToken + 1;
			at = ++retryAt;
		} else return false;
	}
	while (tokens[token] === 'any bytes') token++;
	return token === tokens.length;
}

function takes(token: number | ByteSet | undefined, code: number): boolean {
	return typeof token === 'object' ? token[code] === 1 : token === code;
}
