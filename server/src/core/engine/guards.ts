import { effective } from '../config/effective.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import type { NginxVersion } from '../reference/versions.ts';
import type { Prediction } from '../request/prediction.ts';

/** Directives that decide who may pass. */
const GUARDS: readonly string[] = [
	'allow',
	'auth_basic',
	'auth_request',
	'auth_jwt',
	'auth_digest',
	'auth_pam',
	'auth_ldap',
	'oidc_mode',
	'access_by_lua',
	'access_by_lua_block',
	'access_by_lua_file',
];

/** What keeps requests out of a scope, each as it is written: passwords, addresses, methods, an `if` that answers. */
export function guardsOf(scope: Scope, version: NginxVersion): ReadonlySet<string> {
	const guards = new Set<string>();
	for (const name of GUARDS) {
		const found = effective(scope, name, version);
		if (found.level === 'default' || found.level === 'unknown') continue;
		if (name === 'allow' && !found.directives.some(({ node }) => node.name.value === 'deny')) continue;
		for (const line of found.directives) if (line.node.args[0]?.value.toLowerCase() !== 'off') guards.add(written(line));
	}
	for (const name of ['internal', 'limit_except']) for (const line of scope.byName.get(name) ?? []) guards.add(written(line));
	for (const line of scope.byName.get('if') ?? []) if (refuses(line)) guards.add(written(line));
	return guards;
}

/** An `if` that answers some requests with a refusal. */
function refuses({ body }: PlacedDirective): boolean {
	return (body?.byName.get('return') ?? []).some(({ node }) => /^4\d\d$/.test(node.args[0]?.value ?? ''));
}

function written({ node }: PlacedDirective): string {
	return [node.name, ...node.args].map(({ value }) => value).join(' ');
}

/** True when a request went to a place with rules of access, and goes past some of them now. */
export function isUnguarded(was: Prediction, is: Prediction, version: NginxVersion): boolean {
	const [before, after] = [was, is].map(({ location, server }) => location ?? server);
	if (before === null || before === undefined || before === after) return false;
	const guards = guardsOf(before, version);
	if (guards.size === 0) return false;
	const left = after === null || after === undefined ? new Set<string>() : guardsOf(after, version);
	return is.outcome !== 'answered' && [...guards].some((guard) => !left.has(guard));
}
