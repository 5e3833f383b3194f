import { RegexFault } from './regex/fault.ts';
import { runProgram } from './regex/match.ts';
import { compileProgram, type Program } from './regex/program.ts';
import { readRegex } from './regex/read.ts';

/** What a regular expression found: the whole and its groups by number, and by name. A group that took no part is undefined. */
export interface RegexMatch {
	readonly groups: readonly (string | undefined)[];
	readonly named: Readonly<Record<string, string | undefined>>;
}

/** A compiled regular expression of a configuration. Its work is bounded, whatever the expression and the text. */
export interface Regex {
	/**
	 * The first match in a text of one byte a character; null when there is none; undefined when it cannot be said (references inside
	 * repeats on a long text, or UTF mode and a text beyond ASCII).
	 */
	exec(text: string): RegexMatch | null | undefined;
	/** Names of its named groups, as written; variables of that name are looked up in lower case. */
	readonly names: readonly string[];
}

export interface UnsupportedRegex {
	/** Why: PCRE refuses it, or it holds what is not modelled. */
	readonly unsupported: string;
}

/**
 * Compiles an expression as nginx gives it to PCRE: bytes, no UTF, `~*` adds caseless (src/core/ngx_regex.c). Recursion, conditions and
 * Unicode properties are not modelled.
 * @param pattern one byte in each character
 */
export function compileRegex(pattern: string, caseless: boolean): Regex | UnsupportedRegex {
	try {
		const program = compileProgram(readRegex(pattern, caseless));
		return { names: program.names.map(({ name }) => name), exec: (text) => matchIn(program, text) };
	} catch (error) {
		if (error instanceof RegexFault) return { unsupported: `the expression ${pattern} cannot be evaluated: ${error.message}` };
		throw error;
	}
}

/**
 * Why PCRE refuses an expression, whatever its version: `a ( is not closed`. Undefined when it takes it, or when that cannot be said.
 * @param pattern one byte in each character
 */
export function regexRefusal(pattern: string): string | undefined {
	try {
		readRegex(pattern, false);
		return undefined;
	} catch (error) {
		if (error instanceof RegexFault) return error.refused ? error.message : undefined;
		throw error;
	}
}

/** The names of an expression's groups, as written; undefined when it cannot be read. Cheaper than compiling it. */
export function groupNames(pattern: string): readonly string[] | undefined {
	try {
		return readRegex(pattern, false).names.map(({ name }) => name);
	} catch (error) {
		if (error instanceof RegexFault) return undefined;
		throw error;
	}
}

function matchIn(program: Program, text: string): RegexMatch | null | undefined {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is from NUL on.
	if (program.utf && !/^[\x00-\x7f]*$/.test(text)) return undefined;
	const registers = runProgram(program, text);
	if (registers === null || registers === undefined) return registers;
	const groups: (string | undefined)[] = [];
	for (let group = 0; group <= program.groups; group++) {
		const start = registers[2 * group] ?? -1;
		const end = registers[2 * group + 1] ?? -1;
		groups.push(start === -1 || end === -1 ? undefined : text.slice(start, end));
	}
	return { groups, named: Object.fromEntries(program.names.map(({ name, group }) => [name, groups[group]])) };
}
