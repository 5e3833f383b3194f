import { defaultOf } from '../reference/defaults.ts';
import { inheritanceOf, listFamily } from '../reference/inheritance.ts';
import type { NginxVersion } from '../reference/versions.ts';
import type { PlacedDirective, Scope } from './model.ts';

/** The directives of one name that are in force in a scope. */
export type Effective =
	| {
			/** `own`: set in the scope itself. */
			readonly level: 'own' | 'inherited';
			/** In nginx's order. For a plain value the last one counts; nginx refuses duplicates of those (DU1). */
			readonly directives: readonly PlacedDirective[];
			/** The scope that holds them. */
			readonly scope: Scope;
	  }
	| { readonly level: 'default'; readonly value: string | undefined }
	| {
			readonly level: 'unknown';
			readonly reason: string;
			/** The include that could set it, when that is why. */
			readonly include?: PlacedDirective;
	  };

/**
 * What is in force for `name` in `scope`, by the one inheritance table (semantics §2). `name` may be one of a family (`allow`, `deny`):
 * then the lines of all of them are given, in order. Unknown when an include that cannot be read, or the unseen surroundings of a
 * fragment, could set it.
 */
export function effective(scope: Scope, name: string, version: NginxVersion): Effective {
	const inheritance = inheritanceOf(name);
	const family = listFamily(name);
	for (let level: Scope | undefined = scope, inner = true; level !== undefined; level = level.parent, inner = false) {
		const own = linesOf(level, family);
		const unresolved = level.unresolved[0];
		if (own.length > 0) {
			if (unresolved !== undefined && inheritance !== 'nearest')
				return { level: 'unknown', reason: `${describe(unresolved)} could set ${name} as well`, include: unresolved };
			return { level: inner ? 'own' : 'inherited', directives: own, scope: level };
		}
		if (unresolved !== undefined && level.context !== 'main')
			return { level: 'unknown', reason: `${describe(unresolved)} could set ${name}`, include: unresolved };
		// Files with server blocks are read alone all the time; what an http block sets around them is its maps and logs, hardly a value of a route.
		if (level.assumed && level.context !== 'main' && level.context !== 'http')
			return { level: 'unknown', reason: `the configuration around this fragment could set ${name}` };
		if (!comesDown(inheritance, level)) break;
	}
	return { level: 'default', value: defaultOf(name, version) };
}

/** The lines of a family on one level, in order. Looks at every directive of the level only where two members of the family meet. */
function linesOf(level: Scope, family: readonly string[]): readonly PlacedDirective[] {
	const present = family.filter((name) => level.byName.has(name));
	const [only] = present;
	if (only === undefined) return NO_LINES;
	if (present.length === 1) return level.byName.get(only) ?? NO_LINES;
	return level.directives.filter((placed) => present.includes(placed.node.name.value));
}

const NO_LINES: readonly PlacedDirective[] = Object.freeze([]);

/** Whether a level without the directive looks further out. */
function comesDown(inheritance: ReturnType<typeof inheritanceOf>, level: Scope): boolean {
	switch (inheritance) {
		case 'own':
			return false;
		case 'handler':
			return level.context === 'if' || level.context === 'limit_except';
		default:
			return level.context !== 'http' && level.context !== 'stream';
	}
}

/** The value of a plain directive: its first argument; undefined when it has none or is not known. */
export function effectiveValue(scope: Scope, name: string, version: NginxVersion): string | undefined {
	const found = effective(scope, name, version);
	if (found.level === 'default') return found.value;
	return found.level === 'unknown' ? undefined : found.directives.at(-1)?.node.args[0]?.value;
}

function describe(include: PlacedDirective): string {
	return `include ${include.node.args[0]?.value ?? ''}, which is not in this workspace,`;
}
