import type { NginxVersion } from './versions.ts';

/** An argument that nginx refuses where the arguments of a directive differ from one another. */
export interface ArgumentFault {
	/** Zero-based. */
	readonly argument: number;
	/** A clause that ends in "nginx refuses to start": `expires takes …, not "7x"`. */
	readonly text: string;
	/** What to write: texts, and the numbers of arguments as they stand. Undefined where it cannot be told what was meant. */
	readonly right?: readonly (string | number)[];
}

/** What one directive takes: the first argument that is none of it, or undefined. */
export type Check = (args: readonly string[], version: NginxVersion | undefined, name: string) => ArgumentFault | undefined;

/** True for a word that holds a variable, of which nothing can be said. */
export const isOpen = (text: string): boolean => text.includes('$');

/** Finds the first argument, from one on, that is none of what a directive takes. */
export function each(
	wants: string,
	takes: (text: string) => boolean,
	options: { readonly from?: number; readonly to?: number; readonly mend?: (text: string) => string | undefined } = {},
): Check {
	const { from = 0, to = Number.POSITIVE_INFINITY, mend } = options;
	return (args, _, name) => {
		const argument = args.findIndex((text, index) => index >= from && index <= to && !isOpen(text) && !takes(text));
		const word = args[argument];
		if (word === undefined) return undefined;
		const meant = mend?.(word);
		const right =
			meant !== undefined && takes(meant) ? args.map((_word, index) => (index === argument ? meant : index)) : undefined;
		return { argument, text: `${name} takes ${wants}, not "${word}"`, ...(right && { right }) };
	};
}

export function first(...checks: readonly Check[]): Check {
	return (args, version, name) => {
		for (const check of checks) {
			const fault = check(args, version, name);
			if (fault !== undefined) return fault;
		}
		return undefined;
	};
}

/** A parameter that has to be there. */
export function needs(prefix: string, shown: string): Check {
	return (args, _, name) =>
		args.some((text) => text.startsWith(prefix) || isOpen(text.slice(0, 1)))
			? undefined
			: { argument: 0, text: `${name} needs ${shown}` };
}

/** The names of all parameters that there are; those of a value with their `=`. */
export function only(from: number, names: readonly string[]): Check {
	return (args, _, name) => {
		const argument = args.findIndex(
			(text, index) =>
				index >= from && !isOpen(text) && !names.some((known) => (known.endsWith('=') ? text.startsWith(known) : text === known)),
		);
		return argument === -1 ? undefined : { argument, text: `${name} knows no parameter "${args[argument]}"` };
	};
}

/** Parameters such as `size=8k`: each name and what it takes. Other words are left alone. */
export function parameters(
	from: number,
	known: Readonly<Record<string, readonly [wants: string, takes: (text: string) => boolean]>>,
): Check {
	return (args, _, name) => {
		for (const [index, text] of args.entries()) {
			const key = text.slice(0, text.indexOf('=') + 1);
			const one = index < from || isOpen(text) ? undefined : known[key];
			if (one !== undefined && !one[1](text.slice(key.length)))
				return { argument: index, text: `${key} of ${name} takes ${one[0]}, not "${text.slice(key.length)}"` };
		}
		return undefined;
	};
}
