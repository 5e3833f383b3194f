import { defaultOf } from '../reference/defaults.ts';
import { type Inheritance, inheritanceOf, listFamily } from '../reference/inheritance.ts';
import { isAtLeast, type NginxVersion } from '../reference/versions.ts';
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
 * fragment, could set it. Its cost is the depth of the scope.
 */
export function effective(scope: Scope, name: string, version: NginxVersion): Effective {
	const merging = INHERIT_SWITCHES.get(name);
	if (merging !== undefined && isAtLeast(version, '1.29.3')) return effectiveWithSwitch(scope, name, merging, version);
	const inheritance = inheritanceOf(name);
	const family = listFamily(name);
	for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
		const found = onLevel(level, name, family, inheritance);
		if (found !== undefined && found.level !== 'unknown') return { ...found, level: level === scope ? 'own' : 'inherited' };
		if (found !== undefined) return found;
		if (!comesDown(inheritance, level)) break;
	}
	return { level: 'default', value: defaultOf(name, version) };
}

/** Lists of which `…_inherit merge` adds the outer lines to the own ones, and `off` takes none (docs: ngx_http_headers_module, since 1.29.3). */
const INHERIT_SWITCHES: ReadonlyMap<string, string> = new Map([
	['add_header', 'add_header_inherit'],
	['add_trailer', 'add_trailer_inherit'],
]);

function effectiveWithSwitch(scope: Scope, name: string, switchName: string, version: NginxVersion): Effective {
	const directives: PlacedDirective[] = [];
	let nearest: Scope | undefined;
	for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
		const found = onLevel(level, name, [name], 'list');
		if (found?.level === 'unknown') return found;
		if (found !== undefined) {
			directives.push(...found.directives);
			nearest ??= level;
		}
		const rule = scalar(level, switchName);
		if (rule.level === 'unknown') return rule;
		const value = (rule.level === 'default' ? undefined : rule.directives.at(-1)?.node.args[0]?.value.toLowerCase()) ?? 'on';
		if (value === 'off' || (value !== 'merge' && found !== undefined) || !comesDown('list', level)) break;
	}
	if (nearest === undefined) return { level: 'default', value: defaultOf(name, version) };
	return { level: nearest === scope ? 'own' : 'inherited', directives, scope: nearest };
}

/** A plain directive without a default. */
function scalar(scope: Scope, name: string): Effective {
	for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
		const found = onLevel(level, name, [name], 'nearest');
		if (found !== undefined) return found;
		if (!comesDown('nearest', level)) break;
	}
	return { level: 'default', value: undefined };
}

/** What one level says; undefined when it says nothing, and nothing is hidden from us there. */
function onLevel(
	level: Scope,
	name: string,
	family: readonly string[],
	inheritance: Inheritance,
): Extract<Effective, { level: 'own' | 'inherited' | 'unknown' }> | undefined {
	const own = linesOf(level, family);
	const unresolved = level.unresolved[0];
	if (own.length > 0) {
		// A second plain one would be refused (DU1), so an include cannot hold it.
		if (unresolved !== undefined && inheritance !== 'nearest')
			return { level: 'unknown', reason: `${describe(unresolved)} could set ${name} as well`, include: unresolved };
		return { level: 'own', directives: own, scope: level };
	}
	if (unresolved !== undefined && level.context !== 'main')
		return { level: 'unknown', reason: `${describe(unresolved)} could set ${name}`, include: unresolved };
	// Files with server blocks are read alone all the time; what an http block sets around them is its maps and logs, hardly a value of a route.
	if (level.assumed && level.context !== 'main' && level.context !== 'http')
		return { level: 'unknown', reason: `the configuration around this fragment could set ${name}` };
	return undefined;
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

/** Whether a level without the directive looks further out. Blocks beside the chain http, server, location have directives of their own. */
function comesDown(inheritance: Inheritance, level: Scope): boolean {
	switch (level.context) {
		case 'if':
		case 'limit_except':
			return inheritance !== 'own';
		case 'server':
		case 'location':
		case 'stream server':
			return inheritance === 'nearest' || inheritance === 'list';
		default:
			return false;
	}
}

/** The value of a plain directive: its first argument; undefined when it has none or is not known. */
export function effectiveValue(scope: Scope, name: string, version: NginxVersion): string | undefined {
	const found = effective(scope, name, version);
	if (found.level === 'default') return found.value;
	return found.level === 'unknown' ? undefined : found.directives.at(-1)?.node.args[0]?.value;
}

function describe(include: PlacedDirective): string {
	if (include.node.name.value !== 'include') return `what is to stand in place of ${include.node.name.value}`;
	return `include ${include.node.args[0]?.value ?? ''}, which is not in this workspace,`;
}
