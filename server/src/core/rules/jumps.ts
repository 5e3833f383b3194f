import { isPrefix, type LocationMatch, locationMatch } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import { compileRegex } from '../config/regex.ts';
import type { Prediction } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { forSomeClient, locationsIn } from '../routes/routes.ts';
import { handshakeRequest, serverUrls } from '../routes/urls.ts';
import type { RuleContext } from './rule.ts';

/** A directive that can send a request on to another location of its server, and what it names. */
export interface Jump {
	readonly line: PlacedDirective;
	/** As written: `@name`, `/path`, with variables in it where it has some. */
	readonly target: string;
	/** Where the target stands among the arguments. */
	readonly argument: number;
}

/** Directives whose argument is a URI for an internal redirect or a subrequest: the index of it, or `last`. */
const TARGETS: ReadonlyMap<string, number | 'last'> = new Map<string, number | 'last'>([
	['error_page', 'last'],
	['try_files', 'last'],
	['rewrite', 1],
	['auth_request', 0],
	['mirror', 0],
	['post_action', 0],
	['add_before_body', 0],
	['add_after_body', 0],
]);

/** The jumps of servers, each read once. */
export interface Jumps {
	/** The jumps that are written in a server, and those that it inherits from around it. */
	of(server: Scope): readonly Jump[];
	/** True where requests may be sent on by what cannot be read here: scripts, SSI, other modules, an include that is not there. */
	areHidden(server: Scope): boolean;
}

/** Jumps for one run of a rule. */
export function createJumps(): Jumps {
	const known = new Map<Scope, readonly Jump[]>();
	const hidden = new Map<Scope, boolean>();
	return {
		of(server) {
			const found = known.get(server) ?? jumpsOf(server);
			known.set(server, found);
			return found;
		},
		areHidden(server) {
			const found = hidden.get(server) ?? hasHiddenJumps(server);
			hidden.set(server, found);
			return found;
		},
	};
}

function jumpsOf(server: Scope): readonly Jump[] {
	const found: Jump[] = [];
	const search = (placed: PlacedDirective): void => {
		found.push(...jumpsIn(placed));
		placed.body?.directives.forEach(search);
	};
	server.directives.forEach(search);
	for (const name of ['error_page', 'auth_request', 'mirror']) server.parent?.byName.get(name)?.forEach(search);
	return found;
}

function jumpsIn(line: PlacedDirective): readonly Jump[] {
	const { name, args } = line.node;
	if (name.value === 'index')
		return args.flatMap(({ value }, argument) =>
			value.includes('$') || value.startsWith('/') ? [{ line, target: value, argument }] : [],
		);
	const index = TARGETS.get(name.value);
	if (index === undefined) return [];
	const argument = index === 'last' ? args.length - 1 : index;
	const target = args[argument]?.value;
	if (target === undefined || isElsewhere(target) || target.startsWith('=') || target === 'off') return [];
	if (name.value === 'rewrite' && /^(?:redirect|permanent)$/.test(args[2]?.value ?? '')) return [];
	return [{ line, target, argument }];
}

function isElsewhere(target: string): boolean {
	return /^(?:https?:\/\/|\$scheme:)/.test(target);
}

function hasHiddenJumps(server: Scope): boolean {
	if (server.assumed || (server.parent?.unresolved.length ?? 0) > 0) return true;
	const isHidden = ({ node: { name, args } }: PlacedDirective): boolean =>
		/_by_lua|^(?:js_|perl|echo|ssi$|eval)/.test(name.value) && args[0]?.value !== 'off';
	const holds = (scope: Scope): boolean =>
		scope.unresolved.length > 0 ||
		scope.directives.some((placed) => isHidden(placed) || (placed.body !== undefined && holds(placed.body)));
	return holds(server) || (server.parent?.directives.some((placed) => placed.body === undefined && isHidden(placed)) ?? false);
}

/** The path of a request begins with a slash, and never names a location. */
const BEGINS_WITH_PATH = /^\$\{?(?:(?:document_|request_)?uri)\b/;

/** True unless a jump certainly leads to other locations than this one. What a variable in it holds is not looked at. */
export function mayLeadTo({ target }: Jump, match: LocationMatch): boolean {
	const constant = target.split('$')[0] ?? '';
	const isConstant = constant === target;
	if (match.kind === 'named')
		return isConstant ? target === match.pattern : !BEGINS_WITH_PATH.test(target) && match.pattern.startsWith(constant);
	if (constant.startsWith('@')) return false;
	const path = isConstant ? (target.split('?')[0] ?? '') : constant;
	switch (match.kind) {
		case 'exact':
			return isConstant ? path === match.pattern : match.pattern.startsWith(path);
		case 'prefix':
		case 'prefix-first':
			return path.startsWith(match.pattern) || (!isConstant && match.pattern.startsWith(path));
		default: {
			const regex = compileRegex(match.pattern, match.kind === 'regex-caseless');
			return !isConstant || !('exec' in regex) || regex.exec(path) !== null;
		}
	}
}

/**
 * True when a handshake ended badly in another location than its route's, and the path decided on that: a jump with a variable in its
 * target leads other paths to other locations, and one that may be among them upgrades, or may for all that is known.
 */
export function mayUpgradeElsewhere(prediction: Prediction, route: Route, { predictor }: RuleContext): boolean {
	const { location: end, because } = prediction;
	const open = because.flatMap(({ at }) => jumpsIn(at)).filter(({ target }) => target.includes('$'));
	if (open.length === 0) return false;
	const ended = end?.opener && locationMatch(end.opener);
	const urlsOf = serverUrls(route.server);
	return locationsIn(route.server).some((location) => {
		const match = location.opener && locationMatch(location.opener);
		if (match === undefined || location === end || location === route.location) return false;
		if (!open.some((jump) => mayLeadTo(jump, match) && !isHidden(jump, match, ended))) return false;
		const request = handshakeRequest(urlsOf(match, location.opener)[0]);
		const found = predictor.predictForSome(request, { path: true }, location);
		return found.upgrade || found.outcome === 'unknown';
	});
}

/** True for a prefix that is shorter than the one that certainly takes what a jump leads to. */
function isHidden({ target }: Jump, match: LocationMatch, ended: LocationMatch | undefined): boolean {
	if (ended === undefined || !isPrefix(match.kind) || !isPrefix(ended.kind)) return false;
	return (target.split('$')[0] ?? '').startsWith(ended.pattern) && ended.pattern.startsWith(match.pattern);
}

/** The named location that a jump certainly leads to although its server has none of that name: nginx answers 500 (DU10). */
export function missingName({ target }: Jump, server: Scope): string | undefined {
	if (!target.startsWith('@') || target.includes('$') || server.assumed || server.unresolved.length > 0) return undefined;
	return (server.byName.get('location') ?? []).some((placed) => placed.node.args[0]?.value === target) ? undefined : target;
}

/** A jump that asked for a named location by a name that its server has not. */
export interface JumpIntoNothing extends Jump {
	/** The name, with the values of what variables stand in `target`. */
	readonly name: string;
}

/** The jump to a named location that is not there, which ended a request. */
export function jumpIntoNothing({ outcome, because, server, missing }: Prediction): JumpIntoNothing | undefined {
	if (outcome !== 'answered' || server === null || missing === undefined) return undefined;
	if (server.assumed || server.unresolved.length > 0) return undefined;
	const isIt = ({ target }: Jump): boolean => target === missing || (target.includes('$') && /^[@$]/.test(target));
	const jump = because.flatMap(({ at }) => jumpsIn(at)).findLast(isIt);
	return jump && { ...jump, name: missing };
}

/** The rewrites that lead a handshake round and round, until nginx answers 500 after ten rounds; empty for a request that ends otherwise. */
export function rewriteCycle({ outcome, status, because }: Prediction): readonly PlacedDirective[] {
	if (outcome !== 'answered' || status !== 500) return [];
	const lines = because.map(({ at }) => at).filter(({ node: { name } }) => TARGETS.has(name.value) || name.value === 'return');
	const [last] = lines.slice(-1);
	if (last?.node.name.value !== 'rewrite' || jumpsIn(last).length === 0) return [];
	return [...new Set(lines.filter(({ node }) => node.name.value === 'rewrite'))];
}

/**
 * What becomes of handshakes for the locations of a server that clients can ask for, by one example URL each; where another client gets
 * further, of that one's.
 */
export function handshakesFromOutside(server: Scope, { predictor }: RuleContext): readonly Prediction[] {
	const urlsOf = serverUrls(server);
	return locationsIn(server).flatMap((location) => {
		const match = location.opener && locationMatch(location.opener);
		const urls = match === undefined || location.byName.has('internal') ? [] : urlsOf(match, location.opener);
		if (urls.length === 0) return [];
		const request = handshakeRequest(urls[0]);
		return [forSomeClient({ urls, request, location }, predictor, predictor.predict(request), undefined)];
	});
}
