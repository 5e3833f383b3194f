import { isPrefix, locationMatch } from '../config/location.ts';
import type { Scope } from '../config/model.ts';

/**
 * The locations of a server that auth_request or mirror asks, and no client does: internal ones, and those for that very path. Whatever
 * headers they set, a handshake ends elsewhere (RT26, RT27).
 */
export function subrequestTargets(server: Scope, locations: readonly Scope[]): ReadonlySet<Scope> {
	const uris = new Set(
		levelsOf(server, locations).flatMap((level) =>
			['auth_request', 'mirror'].flatMap((name) =>
				(level.byName.get(name) ?? []).map(({ node }) => (node.args[0]?.value ?? '').replace(/[?$].*$/, '')),
			),
		),
	);
	uris.delete('off');
	if (uris.size === 0) return NONE;
	return new Set(locations.filter((location) => isAsked(location, uris)));
}

const NONE: ReadonlySet<Scope> = new Set();

function isAsked(location: Scope, uris: ReadonlySet<string>): boolean {
	const match = location.opener && locationMatch(location.opener);
	if (match === undefined || match.kind === 'named') return false;
	if (match.kind === 'exact' && uris.has(match.pattern)) return true;
	return isPrefix(match.kind) && isInternal(location) && [...uris].some((uri) => uri.startsWith(match.pattern));
}

function isInternal(location: Scope): boolean {
	for (let level: Scope | undefined = location; level?.context === 'location'; level = level.parent)
		if (level.byName.has('internal')) return true;
	return false;
}

/** Where such lines can stand. */
function levelsOf(server: Scope, locations: readonly Scope[]): readonly Scope[] {
	const around: Scope[] = [];
	for (let outer = server.parent; outer !== undefined; outer = outer.parent) around.push(outer);
	return [
		...around,
		server,
		...locations,
		...locations.flatMap((level) => (level.byName.get('limit_except') ?? []).flatMap(({ body }) => body ?? [])),
	];
}
