import { RE2JS } from 're2js';

/** What a regular expression found: the whole and its groups by number, and by name. A group that took no part is undefined. */
export interface RegexMatch {
	readonly groups: readonly (string | undefined)[];
	readonly named: Readonly<Record<string, string | undefined>>;
}

/** A compiled regular expression of a configuration. Never takes more than linear time in the text. */
export interface Regex {
	exec(text: string): RegexMatch | null;
	/** Names of its named groups. */
	readonly names: readonly string[];
}

export interface UnsupportedRegex {
	readonly unsupported: string;
}

/** Texts longer than this are not given to the engine that cannot promise linear time. */
const LONGEST_BACKTRACKED = 2_000;

/**
 * Compiles an expression as nginx gives it to PCRE (bytes, no UTF, `~*` adds caseless). Text is one character a byte.
 * What RE2 lacks (lookaround, back-references) runs on JavaScript's engine when its shape cannot blow up; else it is unsupported.
 */
export function compileRegex(pattern: string, caseless: boolean): Regex | UnsupportedRegex {
	try {
		return linear(RE2JS.compile(toRe2(pattern), caseless ? RE2JS.CASE_INSENSITIVE : 0));
	} catch {
		return backtracking(pattern, caseless);
	}
}

function linear(compiled: RE2JS): Regex {
	const groups = compiled.namedGroups() as Readonly<Record<string, number>>;
	const names = Object.keys(groups);
	return {
		names,
		exec(text) {
			const matcher = compiled.matcher(text);
			if (!matcher.find()) return null;
			const found: (string | undefined)[] = [];
			for (let index = 0; index <= matcher.groupCount(); index++) found.push(matcher.group(index) ?? undefined);
			const named: Record<string, string | undefined> = {};
			for (const name of names) named[name] = found[groups[name] ?? 0];
			return { groups: found, named };
		},
	};
}

/** PCRE's spellings that RE2 writes otherwise: `(?'name'…)`, `\Z`, `\h`, `\K` is left to fail. */
function toRe2(pattern: string): string {
	return pattern
		.replace(/\(\?'(\w+)'/g, '(?P<$1>')
		.replace(/\\Z/g, '(?:\\n?\\z)')
		.replace(/\\h/g, '[ \\t]')
		.replace(/(\\.)|\$(?=\)|\||$)/g, (whole, escaped: string | undefined) => escaped ?? (whole === '$' ? '(?:\\n?\\z)' : whole));
}

/** Lookaround and back-references on JavaScript's engine, only where no repetition stands inside another one. */
function backtracking(pattern: string, caseless: boolean): Regex | UnsupportedRegex {
	const script = pattern
		.replace(/\(\?P?<(\w+)>/g, '(?<$1>')
		.replace(/\(\?'(\w+)'/g, '(?<$1>')
		.replace(/^\(\?i\)/, '')
		.replace(/\\A/g, '^')
		.replace(/\\[zZ]/g, '$')
		.replace(/\\h/g, '[ \\t]');
	if (/\(\?>|[*+?}]\+|\(\?[a-z-]+[:)]|\[\[:|\\[KGRXQE]|\(\*|\(\?[&R0-9(]/.test(script))
		return { unsupported: `the expression ${pattern} uses what only PCRE knows` };
	if (nestsRepetition(script)) return { unsupported: `the expression ${pattern} could take too long to evaluate` };
	try {
		const compiled = new RegExp(script, caseless || /^\(\?i\)/.test(pattern) ? 'is' : 's');
		const names = [...script.matchAll(/\(\?<(\w+)>/g)].map((match) => match[1] ?? '');
		return {
			names,
			exec(text) {
				const match = compiled.exec(text.slice(0, LONGEST_BACKTRACKED));
				return match && { groups: [...match], named: { ...match.groups } };
			},
		};
	} catch {
		return { unsupported: `the expression ${pattern} cannot be read` };
	}
}

/** True when a group that holds a repetition is repeated itself, or three repetitions could compete. */
function nestsRepetition(pattern: string): boolean {
	const plain = pattern.replace(/\\./g, 'x').replace(/\[\^?\]?[^\]]*\]/g, 'x');
	const open: { repeats: boolean }[] = [];
	let unbounded = 0;
	for (let at = 0; at < plain.length; at++) {
		const char = plain[at];
		if (char === '(') open.push({ repeats: false });
		else if (char === '*' || char === '+' || (char === '{' && /^\{\d+,\d*\}/.test(plain.slice(at)))) {
			for (const group of open) group.repeats = true;
			unbounded++;
		} else if (char === ')') {
			const group = open.pop();
			if (group?.repeats === true && /^(?:[*+]|\{\d+,?\d*\})/.test(plain.slice(at + 1))) return true;
		}
	}
	return unbounded > 3;
}
