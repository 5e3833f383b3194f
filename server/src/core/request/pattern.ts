import { RE2JS } from 're2js';
import { toBytes } from './bytes.ts';
import { type PatternSource, readPattern } from './patternSource.ts';

/** A regular expression of the configuration, compiled once. */
export interface Pattern {
	/** Names of its captures, in lower case as variables are. */
	readonly names: readonly { readonly name: string; readonly group: number }[];
	/** Every subject that it matches starts so; '' when nothing is known. */
	readonly prefix: string;
	/** The groups of a match ('' where one took no part), null when it does not match, undefined when that cannot be said. */
	match(subject: string): readonly string[] | null | undefined;
}

/** Above this much work by a backtracking engine the linear one is used. */
const WORK = 200_000;

/**
 * Compiles a PCRE pattern for matching bytes. The host's own engine is used only where its work is bounded by a small power of the
 * subject's length, so no pattern and no subject can make it run away; else RE2 decides, and what RE2 cannot is undefined.
 */
export function compilePattern(source: string, caseless: boolean): Pattern {
	const read = readPattern(toBytes(source), caseless);
	if (read === undefined) return { names: namesIn(source), prefix: '', match: () => undefined };
	return new CompiledPattern(read);
}

class CompiledPattern implements Pattern {
	readonly names: readonly { readonly name: string; readonly group: number }[];
	readonly prefix: string;
	readonly #source: PatternSource;
	#native: RegExp | undefined;
	#linear: RE2JS | undefined;

	constructor(source: PatternSource) {
		this.#source = source;
		this.prefix = source.prefix;
		this.names = source.names.map(({ name, group }) => ({ name: name.toLowerCase(), group }));
	}

	match(subject: string): readonly string[] | null | undefined {
		const source = this.#source;
		if (source.prefix !== '' && !subject.startsWith(source.prefix)) return null;
		const bounded = source.degree === 0 || (subject.length + 2) ** source.degree <= WORK;
		if (bounded && !(source.forgetful && source.linear !== undefined)) return this.#matchNative(subject);
		if (source.linear === undefined) return undefined;
		try {
			this.#linear ??= RE2JS.compile(source.linear);
			const matcher = this.#linear.matcher(subject);
			if (!matcher.find()) return null;
			return source.nativeGroups.map((_, group) => matcher.group(group) ?? '');
		} catch {
			return undefined;
		}
	}

	#matchNative(subject: string): readonly string[] | null | undefined {
		try {
			this.#native ??= new RegExp(this.#source.native);
		} catch {
			return undefined;
		}
		const found = this.#native.exec(subject);
		return found === null ? null : this.#source.nativeGroups.map((group) => found[group] ?? '');
	}
}

function namesIn(source: string): readonly { name: string; group: number }[] {
	return [...source.matchAll(/\(\?P?<([A-Za-z_]\w*)>/g)].map((found, at) => ({
		name: (found[1] ?? '').toLowerCase(),
		group: at + 1,
	}));
}
