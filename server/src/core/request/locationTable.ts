import { isExpression } from '../config/location.ts';
import type { Scope } from '../config/model.ts';
import type { Level } from './level.ts';

/** The locations directly in one block, ready for searching (src/http/ngx_http_core_module.c, ngx_http_core_find_location). */
export interface LocationTable {
	readonly exact: ReadonlyMap<string, Level>;
	readonly prefixes: ReadonlyMap<string, Level>;
	/** Distinct lengths of the prefixes, longest first. */
	readonly lengths: readonly number[];
	/** In file order. */
	readonly regexes: readonly Level[];
	readonly named: ReadonlyMap<string, Level>;
	readonly byScope: ReadonlyMap<Scope, Level>;
}

export interface FoundLocation {
	readonly level: Level;
	/** The URI is this location's without its last slash: nginx answers 301 (semantics RT1). */
	readonly slashRedirect: boolean;
	/** An exact match, a regex match or a slash redirect: outer regexes are not tried any more (semantics RT2, RT5). */
	readonly final: boolean;
}

/** Sorts the locations of one block into a table. Of equal ones the first stays (nginx refuses them, DU3). */
export function locationTable(locations: readonly Level[]): LocationTable {
	const exact = new Map<string, Level>();
	const prefixes = new Map<string, Level>();
	const named = new Map<string, Level>();
	const regexes: Level[] = [];
	for (const level of locations) {
		const kind = level.match?.kind;
		if (isExpression(kind)) regexes.push(level);
		else {
			const table = kind === 'exact' ? exact : kind === 'named' ? named : prefixes;
			if (!table.has(level.name)) table.set(level.name, level);
		}
	}
	const lengths = [...new Set([...prefixes.keys()].map((name) => name.length))].sort((a, b) => b - a);
	return { exact, prefixes, lengths, regexes, named, byScope: new Map(locations.map((level) => [level.scope, level])) };
}

/**
 * The location that nginx chooses for a URI below `outer` (semantics RT3–RT6). `matches` tries a regex location and keeps its captures.
 * Undefined when no location of this block takes it.
 */
export function findLocation(
	outer: Level,
	uri: string,
	matches: (level: Level, uri: string) => boolean,
): FoundLocation | undefined {
	const table = outer.locations;
	const fixed = findStatic(table, uri);
	if (fixed?.final) return fixed;
	let found = fixed;
	if (fixed !== undefined) {
		const nested = findLocation(fixed.level, uri, matches);
		if (nested?.final) return nested;
		found = nested ?? fixed;
	}
	if (fixed?.level.match?.kind === 'prefix-first') return found;
	for (const level of table.regexes)
		if (uri.startsWith(level.pattern.prefix) && matches(level, uri))
			return { level: findLocation(level, uri, matches)?.level ?? level, slashRedirect: false, final: true };
	return found;
}

function findStatic(table: LocationTable, uri: string): FoundLocation | undefined {
	const exact = table.exact.get(uri);
	if (exact !== undefined) return { level: exact, slashRedirect: false, final: true };
	const same = table.prefixes.get(uri);
	if (same !== undefined) return { level: same, slashRedirect: false, final: false };
	const slashed = [table.exact.get(`${uri}/`), table.prefixes.get(`${uri}/`)].filter((level) => level !== undefined);
	if (slashed[0] !== undefined && slashed.some(({ redirectsToSlash }) => redirectsToSlash))
		return { level: slashed[0], slashRedirect: true, final: true };
	for (const length of table.lengths) {
		if (length > uri.length) continue;
		const level = table.prefixes.get(uri.slice(0, length));
		if (level !== undefined) return { level, slashRedirect: false, final: false };
	}
	return undefined;
}
