import type { RegexNode } from '../config/regex/nodes.ts';
import { readRegex } from '../config/regex/read.ts';
import { compileRegex } from '../config/regex.ts';
import { toBytes } from '../text/bytes.ts';

/** A regular expression of the configuration, compiled when it is first tried. */
export interface Pattern {
	/** Names of its captures, in lower case as variables are. */
	readonly names: readonly { readonly name: string; readonly group: number }[];
	/** How many groups it has. */
	readonly groups: number;
	/** Every subject that it matches starts so; '' when nothing is known. */
	readonly prefix: string;
	/** Every subject that it matches holds this; '' when nothing is known. */
	readonly literal: string;
	/** The groups of a match ('' where one took no part), null when it does not match, undefined when that cannot be said. */
	match(subject: string): readonly string[] | null | undefined;
}

/** Compiles an expression for subjects of one byte a character. What is not modelled never says whether it matches. */
export function compilePattern(source: string, caseless: boolean): Pattern {
	const bytes = toBytes(source);
	const regex = compileRegex(bytes, caseless);
	if ('unsupported' in regex) return { names: namesIn(source), groups: 1, prefix: '', literal: '', match: () => undefined };
	const { node, names, groups } = readRegex(bytes, caseless);
	const { prefix, literal } = requiredText(node);
	return {
		names: names.map(({ name, group }) => ({ name: name.toLowerCase(), group })),
		groups,
		prefix,
		literal,
		match(subject) {
			if (!subject.startsWith(prefix) || !subject.includes(literal)) return null;
			const found = regex.exec(subject);
			return found === null || found === undefined ? found : found.groups.map((group) => group ?? '');
		},
	};
}

export type CompilePattern = (source: string, caseless: boolean) => Pattern;

/** `compilePattern` that remembers what it made. */
export function sharedPatterns(): CompilePattern {
	const made = [new Map<string, Pattern>(), new Map<string, Pattern>()] as const;
	return (source, caseless) => {
		const known = made[caseless ? 1 : 0].get(source);
		if (known !== undefined) return known;
		const pattern = compilePattern(source, caseless);
		made[caseless ? 1 : 0].set(source, pattern);
		return pattern;
	};
}

/** Text that every match holds: to turn most subjects away without trying. `prefix`: at the subject's start. */
function requiredText(node: RegexNode): { readonly prefix: string; readonly literal: string } {
	let prefix = '';
	let literal = '';
	let run = '';
	let anchored = false;
	let atStart = true;
	const cut = (): void => {
		if (run.length > literal.length) literal = run;
		if (anchored && atStart) prefix = run;
		run = '';
	};
	const visit = (part: RegexNode): void => {
		if (part.kind === 'byte') run += String.fromCharCode(part.code);
		else if (part.kind === 'sequence') for (const one of part.parts) visit(one);
		else if (part.kind === 'group') visit(part.body);
		else if (part.kind === 'assertion' && part.where === 'start' && run === '' && atStart) anchored = true;
		else if (part.kind !== 'assertion') {
			cut();
			atStart = false;
		}
	};
	visit(node);
	cut();
	return { prefix, literal };
}

/** The names of an expression that is not modelled, as far as they can be seen. */
function namesIn(source: string): readonly { name: string; group: number }[] {
	return [...source.matchAll(/\(\?P?[<']([A-Za-z_]\w*)[>']/g)].map((found, at) => ({
		name: (found[1] ?? '').toLowerCase(),
		group: at + 1,
	}));
}
