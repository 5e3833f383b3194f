import { isPrefix, type LocationMatch } from '../config/location.ts';
import { compileRegex } from '../config/regex.ts';

/** A path as a client sends it. Half a character, which no URL can hold, becomes the replacement character. */
export function encodePath(path: string): string {
	return encodeURI(path.replace(/\p{Surrogate}/gu, '\ufffd'));
}

/**
 * A path that a location takes, for showing and testing; undefined when none can be named with certainty.
 * @param around the locations that it stands in, the innermost first: its requests come through them (RT5)
 */
export function examplePath(
	match: LocationMatch,
	around: readonly LocationMatch[] = [],
): { readonly path: string; readonly open: boolean } | undefined {
	switch (match.kind) {
		case 'exact':
			return match.pattern.startsWith('/') ? { path: encodePath(match.pattern), open: false } : undefined;
		case 'prefix':
		case 'prefix-first':
			return match.pattern.startsWith('/') ? { path: encodePath(match.pattern), open: true } : undefined;
		case 'regex':
		case 'regex-caseless': {
			const takers = [match, ...around].map(takerOf);
			const outer = around.map((one) => examplePath(one)?.path ?? '');
			// nginx merges slashes before it looks for a location, so a path with two of them is another one.
			const path = [false, true]
				.flatMap((isLonger) => rooted(match.pattern, exampleText(match.pattern, isLonger)))
				.flatMap((one) => [one, ...outer.map((start) => `${start.replace(/\/$/, '')}${one}`)])
				.find((one) => one.startsWith('/') && !one.includes('//') && takers.every((takes) => takes(one)));
			return path === undefined ? undefined : { path: encodePath(path), open: true };
		}
		case 'named':
			return undefined;
	}
}

/** An expression that does not begin at the start of the path matches behind a slash, and one for an ending behind a name. */
function rooted(pattern: string, example: string | undefined): readonly string[] {
	if (example === undefined) return [];
	if (pattern.startsWith('^') || example.startsWith('/')) return [example];
	return example.startsWith('.') ? [`/index${example}`, `/${example}`] : [`/${example}`];
}

/** Whether a location takes a path, once its own level is looked at. */
function takerOf({ kind, pattern }: LocationMatch): (path: string) => boolean {
	if (kind === 'exact') return (path) => path === pattern;
	if (isPrefix(kind)) return (path) => path.startsWith(pattern);
	const regex = kind === 'named' ? undefined : compileRegex(pattern, kind === 'regex-caseless');
	return regex === undefined || 'unsupported' in regex ? () => false : (path) => Boolean(regex.exec(path));
}

/** The plain text that every match of an expression begins with; `isWhole` where it is all that it matches. */
export function literalStart(pattern: string): { readonly text: string; readonly isWhole: boolean } {
	if (!pattern.startsWith('^') || pattern.includes('|')) return { text: '', isWhole: false };
	let text = '';
	let rest = pattern.slice(1);
	const plain = /^(?:\\([^A-Za-z\d])|([^\\^$.*+?()[\]{}]))(?![?*+{])/;
	for (let one = plain.exec(rest); one !== null; one = plain.exec(rest)) {
		text += one[1] ?? one[2] ?? '';
		rest = rest.slice(one[0].length);
	}
	return { text, isWhole: rest === '$' };
}

/** The shortest text that an expression without alternatives surely matches, with nothing in it that it could do without; undefined when none can be named. */
export function shortestMatch(pattern: string, caseless: boolean): string | undefined {
	const regex = compileRegex(pattern, caseless);
	if ('unsupported' in regex || pattern.includes('|')) return undefined;
	const example = exampleText(pattern, false);
	return example !== undefined && regex.exec(example) ? example : undefined;
}

/** Something that a plain regular expression would match, as short as can be, or with what may be left out in it; a guess that the caller checks with the expression itself. */
export function exampleText(pattern: string, isLonger: boolean): string | undefined {
	let at = 0;
	let budget = 200;

	function alternatives(): string {
		const first = sequence();
		while (pattern[at] === '|') {
			at++;
			sequence();
		}
		return first;
	}

	function sequence(): string {
		let out = '';
		while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')' && budget-- > 0) out += quantified();
		return out;
	}

	function quantified(): string {
		const one = atom();
		const braces = /^\{(\d+)(?:,\d*)?\}/.exec(pattern.slice(at, at + 12));
		let out = one;
		if (pattern[at] === '*' || pattern[at] === '?') {
			at++;
			if (!isLonger) out = '';
		} else if (pattern[at] === '+') at++;
		else if (braces !== null) {
			at += braces[0].length;
			out = one.repeat(Math.min(Number(braces[1]), 50));
		}
		if (pattern[at] === '?' || pattern[at] === '+') at++;
		return out;
	}

	function atom(): string {
		const char = pattern[at++] ?? '';
		if (char === '^' || char === '$') return '';
		// Between letters a dot that nobody escaped was meant for one, as in `^/socket.io/`; elsewhere one could make a hidden file of the path.
		if (char === '.') return /\w/.test(pattern[at - 2] ?? '') && /\w/.test(pattern[at] ?? '') ? '.' : 'x';
		if (char === '\\') {
			const escaped = pattern[at++] ?? '';
			if (escaped === 'd') return '1';
			if (escaped === 'w') return 'x';
			return /[bBAzZ]/.test(escaped) ? '' : escaped;
		}
		if (char === '[') return characterClass();
		if (char === '(') {
			const opening = /^\?(?::|P?<\w+>|'\w+')/.exec(pattern.slice(at, at + 80));
			const lookaround = /^\?<?[!=]/.test(pattern.slice(at, at + 3));
			if (opening !== null) at += opening[0].length;
			const inner = alternatives();
			if (pattern[at] === ')') at++;
			return lookaround ? '' : inner;
		}
		return char;
	}

	function characterClass(): string {
		const negated = pattern[at] === '^';
		const close = pattern.indexOf(']', at + (negated ? 2 : 1));
		const inside = pattern.slice(negated ? at + 1 : at, close === -1 ? pattern.length : close);
		at = close === -1 ? pattern.length : close + 1;
		if (!negated)
			return inside.startsWith('\\') ? ({ d: '1', w: 'x', s: ' ' }[inside[1] ?? ''] ?? inside[1] ?? '') : (inside[0] ?? '');
		return ['x', '1', '-', 'é'].find((candidate) => !inside.includes(candidate)) ?? 'x';
	}

	const example = alternatives();
	return budget <= 0 ? undefined : example;
}
