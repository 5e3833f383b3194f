import { distance } from 'fastest-levenshtein';
import table from './directives.generated.json';
import type { ValueKind } from './values.ts';
import { isAtLeast, type NginxVersion } from './versions.ts';

const NO_WORDS: readonly string[] = Object.freeze([]);

/** Contexts as the reference tells them apart: an `if` in a server takes other directives than one in a location (semantics §12.3). */
export type ReferenceContext =
	| 'main'
	| 'events'
	| 'http'
	| 'server'
	| 'location'
	| 'if in server'
	| 'if in location'
	| 'limit_except'
	| 'upstream'
	| 'stream'
	| 'stream server'
	| 'stream upstream'
	| 'mail'
	| 'mail server';

/** One way in which a directive may be written. The same name can mean different directives in different contexts (SM5). */
export interface DirectiveDefinition {
	readonly name: string;
	readonly contexts: readonly string[];
	/** True when it opens a block. */
	readonly block: boolean;
	readonly min: number;
	/** `Infinity` when nginx takes any number of arguments. */
	readonly max: number;
	/** Empty for a directive that the documentation does not name. */
	readonly module: string;
	/** How the documentation writes its arguments, Markdown, one for each form. */
	readonly syntax: readonly string[];
	/** The documentation's default; empty when it has none. The newest version's: ask `defaultOf` for a version. */
	readonly documentedDefault: string;
	/** What its one argument has to be (`words`: each argument), where nginx refuses all else; undefined where the module decides. */
	readonly value: ValueKind | 'words' | undefined;
	/** For values of a list: the words, lower-case. */
	readonly words: readonly string[];
	/** True when nginx refuses a second line on the same level ("is duplicate", semantics DU1). */
	readonly once: boolean;
	/** The first version that has it in these contexts; undefined when every version that matters has. */
	readonly since: string | undefined;
	/** The first version that has it no more. */
	readonly until: string | undefined;
	/** What versions before `before` took instead. */
	readonly earlier:
		| { readonly before: string; readonly min: number; readonly max: number; readonly words: readonly string[] }
		| undefined;
	/** False when only the documentation vouches for it: no nginx with its module (commercial, or shipped apart) was measured. */
	readonly measured: boolean;
}

interface More {
	readonly kind?: DirectiveDefinition['value'];
	readonly words?: readonly string[];
	readonly once?: 1;
	readonly since?: string;
	readonly until?: string;
	readonly earlier?: readonly [before: string, min: number, max: number, words?: readonly string[]];
	readonly unmeasured?: 1;
}

type Row = readonly [readonly string[], number, number, number, string, readonly string[], string, More?];

const DEFINITIONS: ReadonlyMap<string, readonly DirectiveDefinition[]> = new Map(
	Object.entries(table as unknown as Readonly<Record<string, readonly Row[]>>).map(([name, rows]) => [
		name,
		rows.map((row) => definitionOf(name, row)),
	]),
);

function definitionOf(name: string, row: Row): DirectiveDefinition {
	const [contexts, block, min, max, module, syntax, documentedDefault, more = {}] = row;
	const words = more.words ?? NO_WORDS;
	return {
		name,
		contexts,
		block: block === 1,
		min,
		max: most(max),
		module,
		syntax,
		documentedDefault,
		value: more.kind,
		words,
		once: more.once === 1,
		since: more.since,
		until: more.until,
		earlier: more.earlier && {
			before: more.earlier[0],
			min: more.earlier[1],
			max: most(more.earlier[2]),
			words: more.earlier[3] ?? words,
		},
		measured: more.unmeasured !== 1,
	};
}

function most(max: number): number {
	return max === -1 ? Number.POSITIVE_INFINITY : max;
}

const NONE: readonly DirectiveDefinition[] = Object.freeze([]);

/** Every definition of a name; empty for a name that nginx's own modules do not have. Names are case-sensitive (TK17). */
export function definitionsOf(name: string): readonly DirectiveDefinition[] {
	return DEFINITIONS.get(name) ?? NONE;
}

export function isKnownDirective(name: string): boolean {
	return DEFINITIONS.has(name);
}

/** All names, sorted. */
export function directiveNames(): readonly string[] {
	return [...DEFINITIONS.keys()];
}

/**
 * The definitions that may stand in a context, by name. `version`: only those that it has; without one, those of every version.
 */
export function definitionsIn(context: ReferenceContext, version?: NginxVersion): readonly DirectiveDefinition[] {
	return directiveNames().flatMap((name) =>
		definitionsOf(name).filter(
			(definition) => definition.contexts.includes(context) && (version === undefined || isIn(definition, version)),
		),
	);
}

/** Whether a version of nginx has a directive (given that it is built with its module). */
export function isIn({ since, until }: DirectiveDefinition, version: NginxVersion): boolean {
	return (since === undefined || isAtLeast(version, since)) && (until === undefined || !isAtLeast(version, until));
}

/** The arguments that a version takes, fewest and most, and the words of a value of a list. Without a version: those of the newest. */
export function argumentsIn(
	definition: DirectiveDefinition,
	version: NginxVersion | undefined,
): { readonly min: number; readonly max: number; readonly words: readonly string[] } {
	const { earlier } = definition;
	return earlier === undefined || version === undefined || isAtLeast(version, earlier.before) ? definition : earlier;
}

/** Names that people write for a directive and that no module has. */
const OTHERWISE: ReadonlyMap<string, string> = new Map([
	['proxy_header', 'proxy_set_header'],
	['proxy_headers', 'proxy_set_header'],
	['proxy_add_header', 'proxy_set_header'],
	['set_proxy_header', 'proxy_set_header'],
	['proxy_http', 'proxy_http_version'],
]);

/**
 * The known name that a misspelt one most likely means: at most two letters away (one for short names), and none as near. Names that
 * may stand in the context go first.
 */
export function suggestName(name: string, context: ReferenceContext | undefined): string | undefined {
	const meant = OTHERWISE.get(name.toLowerCase());
	if (meant !== undefined) return meant;
	const lower = name.toLowerCase();
	let best: { name: string; score: number } | undefined;
	for (const candidate of DEFINITIONS.keys()) {
		if (Math.abs(candidate.length - name.length) > 2) continue;
		const letters = distance(lower, candidate);
		if (letters > (name.length < 5 ? 1 : 2)) continue;
		const fits = context === undefined || definitionsOf(candidate).some(({ contexts }) => contexts.includes(context));
		const score = letters + (fits ? 0 : 1.5);
		if (best === undefined || score < best.score) best = { name: candidate, score };
	}
	return best?.name;
}
