import type { PlacedDirective } from './model.ts';

/** How a location says which URIs it takes (semantics DU8, RT3). */
export interface LocationMatch {
	readonly kind: 'exact' | 'prefix' | 'prefix-first' | 'regex' | 'regex-caseless' | 'named';
	/** The prefix, the exact URI, the regular expression, or `@name`. */
	readonly pattern: string;
	/** Zero-based index of the argument that holds the pattern. */
	readonly argument: number;
}

/** True for locations that are an expression. */
export function isExpression(kind: LocationMatch['kind'] | undefined): kind is 'regex' | 'regex-caseless' {
	return kind === 'regex' || kind === 'regex-caseless';
}

/** True for locations that take whatever begins as they do. */
export function isPrefix(kind: LocationMatch['kind'] | undefined): kind is 'prefix' | 'prefix-first' {
	return kind === 'prefix' || kind === 'prefix-first';
}

const MODIFIERS: readonly (readonly [string, LocationMatch['kind']])[] = [
	['^~', 'prefix-first'],
	['~*', 'regex-caseless'],
	['~', 'regex'],
	['=', 'exact'],
];

/** Reads the arguments of a `location`; undefined when nginx would refuse them. A modifier may be glued to its pattern (DU8). */
export function locationMatch(placed: PlacedDirective): LocationMatch | undefined {
	const [first, second] = placed.node.args;
	if (first === undefined || placed.node.args.length > 2) return undefined;
	if (second !== undefined) {
		const modifier = MODIFIERS.find(([sign]) => sign === first.value);
		return modifier && { kind: modifier[1], pattern: second.value, argument: 1 };
	}
	if (first.value.startsWith('@')) return { kind: 'named', pattern: first.value, argument: 0 };
	const glued = MODIFIERS.find(([sign]) => first.value.startsWith(sign));
	if (glued !== undefined) return { kind: glued[1], pattern: first.value.slice(glued[0].length), argument: 0 };
	return { kind: 'prefix', pattern: first.value, argument: 0 };
}

/** The location as a person writes it: `location ^~ /ws/`. */
export function locationTitle(placed: PlacedDirective): string {
	return `${placed.node.name.value} ${placed.node.args.map((word) => word.value).join(' ')}`;
}
