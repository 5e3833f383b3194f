import type { ValueKind } from '../reference/values.ts';

/** What a value of a kind looks like, for a sentence: `on or off`, `a time such as 60s, 5m or 1h30m`. */
export function valueText(kind: ValueKind, words: readonly string[]): string {
	switch (kind) {
		case 'flag':
			return 'on or off';
		case 'time':
			return 'a time such as 60s, 5m or 1h30m';
		case 'seconds':
			return 'a time in whole seconds such as 60s, 5m or 1h30m';
		case 'size':
			return 'a size such as 8k or 1m';
		case 'offset':
			return 'a size such as 8k, 1m or 1g';
		case 'number':
			return 'a whole number';
		case 'word':
			return words.length > 1 ? listText(words) : `only ${words[0] ?? 'nothing'}`;
	}
}

/** The counts of arguments that some ways of writing a directive take: `2 to 3 arguments`. */
export function countText(shapes: readonly { readonly min: number; readonly max: number }[]): string {
	const min = Math.min(...shapes.map((shape) => shape.min));
	const max = Math.max(...shapes.map((shape) => shape.max));
	const plural = (count: number): string => `${count === 0 ? 'no' : count} argument${count === 1 ? '' : 's'}`;
	if (min === max) return plural(min);
	if (max === Number.POSITIVE_INFINITY) return `at least ${plural(min)}`;
	return `${min} ${max === min + 1 ? 'or' : 'to'} ${plural(max)}`;
}

/** A word in quotes, cut when it is long; a byte order mark, which nobody sees, is named. */
export function shownName(name: string): string {
	const text = name.length > 60 ? `${name.slice(0, 60)}…` : name;
	return text.startsWith('\ufeff')
		? `"${text.slice(1)}" with a byte order mark before it, which nginx does not skip`
		: `"${text}"`;
}

/** `a server block`, `an if in location block`. */
export function articleOf(context: string): string {
	// "http" is said letter by letter.
	return `${/^(?:[aeiu]|http)/.test(context) ? 'an' : 'a'} ${context} block`;
}

/** `a, b or c`. */
export function listText(names: readonly string[]): string {
	return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
