import { isWithin } from '../core/config/enclosing.ts';
import { isExpression, isPrefix, type LocationMatch, locationMatch } from '../core/config/location.ts';
import type { PlacedDirective, Scope } from '../core/config/model.ts';

/**
 * True when a line outside of a location could send a request into it: an error page, a fallback, a rewrite, a subrequest. What is said of
 * the location may then stand at that line, and the other way round. Says yes when in doubt.
 */
export function mayBeJumpedTo(location: Scope, server: Scope): boolean {
	const match = location.opener && locationMatch(location.opener);
	if (match === undefined || match.kind === 'named') return true;
	const exact = new Set(
		(server.byName.get('location') ?? []).map(locationMatch).flatMap((other) => (other?.kind === 'exact' ? [other.pattern] : [])),
	);
	for (const line of linesOutside(location, server)) {
		const target = targetOf(line);
		if (target === undefined) continue;
		if (exact.has(target) ? match.kind === 'exact' && match.pattern === target : couldTake(match, target)) return true;
	}
	return false;
}

const JUMPS: ReadonlySet<string> = new Set([
	'error_page',
	'try_files',
	'rewrite',
	'auth_request',
	'mirror',
	'post_action',
	'index',
	'add_before_body',
	'add_after_body',
]);

/** The lines of a server, and of the levels around it, that make requests jump; those in the location itself aside. */
function* linesOutside(location: Scope, server: Scope): Generator<PlacedDirective> {
	for (let outer = server.parent; outer !== undefined; outer = outer.parent) yield* jumpsIn(outer);
	const waiting: Scope[] = [server];
	for (let scope = waiting.pop(); scope !== undefined; scope = waiting.pop()) {
		yield* jumpsIn(scope);
		for (const { body } of scope.directives) if (body !== undefined && !isWithin(body, location)) waiting.push(body);
	}
}

function* jumpsIn(scope: Scope): Generator<PlacedDirective> {
	for (const name of JUMPS) yield* scope.byName.get(name) ?? [];
}

/** The literal beginning of the URI that a line jumps to; undefined when it leaves for elsewhere or for a named location. */
function targetOf({ node }: PlacedDirective): string | undefined {
	const values = node.args.map(({ value }) => value);
	const name = node.name.value;
	if (name === 'rewrite' && /^(?:break|redirect|permanent)$/.test(values[2] ?? '')) return undefined;
	const written = name === 'rewrite' ? values[1] : name === 'auth_request' || name === 'mirror' ? values[0] : values.at(-1);
	if (written === undefined || written === 'off' || /^(?:=|@|https?:\/\/)/.test(written)) return undefined;
	return written.startsWith('/') ? (written.split('$')[0] ?? '') : '';
}

function couldTake(match: LocationMatch, target: string): boolean {
	if (isExpression(match.kind)) return true;
	return target.startsWith(match.pattern) || match.pattern.startsWith(target);
}

/** The lines in a scope that make requests jump, and those that answer with a status, as written: what is said of other locations may hang on them. */
export function jumpLines(location: Scope): string {
	const found: string[] = [];
	const waiting: Scope[] = [location];
	for (let scope = waiting.pop(); scope !== undefined; scope = waiting.pop()) {
		for (const name of [...JUMPS, ...ANSWERS])
			for (const { node, file } of scope.byName.get(name) ?? []) found.push(file.tree.source.slice(node.span));
		for (const { body } of scope.directives) if (body !== undefined) waiting.push(body);
	}
	return found.join('\n');
}

const ANSWERS: readonly string[] = ['return', 'limit_req_status', 'limit_conn_status', 'proxy_intercept_errors', 'ssi'];

/** True when one location takes the path of another without its last slash, by its prefix (as `slash-redirect` wants to know). */
export function takesWithoutSlash(other: Scope, location: Scope): boolean {
	const shorter = other.opener && locationMatch(other.opener);
	const longer = location.opener && locationMatch(location.opener);
	return (
		shorter !== undefined &&
		longer !== undefined &&
		isPrefix(shorter.kind) &&
		isPrefix(longer.kind) &&
		longer.pattern.slice(0, -1).startsWith(shorter.pattern)
	);
}
