import { locationMatch } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import type { Comment } from '../syntax/nodes.ts';
import { HANDLERS, isHandler } from './handlers.ts';
import { endpointWord, isBeside, saysWebSocket } from './names.ts';
import type { Evidence, Intent } from './route.ts';

/*
 * The only heuristic of the product: which locations are meant for WebSockets. Design §2 words it:
 * certain: annotated, or Upgrade forwarding in effect, attempted on the location itself, or lost from an enclosing location;
 * likely: a well-known path or name, or forwarding lost from server or http level on the location that serves `/`.
 */

/** What a location says of itself and what encloses it; upstreams shared with other routes are weighed in routes.ts. */
export function intentOf(location: Scope): Intent {
	const annotation = annotated(location);
	if (annotation !== undefined) return { level: annotation.meant ? 'certain' : 'none', evidence: [annotation.evidence] };

	const attempts = attemptsIn(location);
	if (attempts.length > 0) return { level: 'certain', evidence: attempts };

	const lost = lostFrom(location);
	const named = namesIn(location);
	if (lost?.level === 'certain') return { level: 'certain', evidence: [...lost.evidence, ...named] };
	if (named.length > 0) return { level: 'likely', evidence: [...named, ...(lost?.evidence ?? [])] };
	return lost ?? { level: 'none', evidence: [] };
}

/** The directives of a scope that forward, or try to forward, an upgrade (HD1–HD11, HD15, HD23, HD26). */
export function attemptsIn(scope: Scope): readonly Evidence[] {
	const found: Evidence[] = [];
	for (const name of ['proxy_set_header', 'add_header', 'uwsgi_param', 'fastcgi_param', 'grpc_set_header'])
		for (const placed of scope.byName.get(name) ?? [])
			if (attemptsUpgrade(placed)) found.push(evidence(placed, `sets ${written(placed)}`));
	for (const nested of scope.byName.get('if') ?? []) {
		const condition = nested.node.args.map((word) => word.value).join(' ');
		if (/\$\{?http_upgrade\b/i.test(condition) && nested.body !== undefined && holdsHandler(nested.body))
			found.push(evidence(nested, `proxies when $http_upgrade is set (${written(nested)})`));
	}
	return found;
}

function attemptsUpgrade(placed: PlacedDirective): boolean {
	const [name, value] = placed.node.args.map((word) => word.value.trim().toLowerCase());
	if (name === undefined || value === undefined || value === '') return false;
	const header = name.replace(/[:=\s].*$/, '').replace(/^http_/, '');
	const mentionsUpgrade = /upgr|websocket/.test(value);
	if (placed.node.name.value === 'proxy_set_header') {
		if (header === 'upgrade' || isMisspeltUpgrade(header)) return value !== 'close';
		return (header === 'connection' || header === 'conection' || header === 'connexion') && mentionsUpgrade;
	}
	return (header === 'upgrade' || header === 'connection') && mentionsUpgrade;
}

/** One letter missing, doubled, swapped or wrong in `upgrade`. */
function isMisspeltUpgrade(header: string): boolean {
	return (
		header.length >= 6 &&
		header.length <= 8 &&
		/^u?p?g?r?a?d?e?$|^up+gr+a+d+e+$|^(?:upgarde|ugprade|upgrdae|upgraed|updrade|upgrede|upgrate|updgrade)$/.test(header)
	);
}

/** Forwarding on an enclosing level that this location's own proxy_set_header lines cancel (IN1, IN2), or a handler it does not inherit (IN8). */
function lostFrom(location: Scope): Intent | undefined {
	const ownHeaders = (location.byName.get('proxy_set_header') ?? []).length > 0;
	const mayBeLikely = ownHeaders && servesRoot(location);
	for (let outer = location.parent; outer !== undefined; outer = outer.parent) {
		if (outer.context !== 'location' && !mayBeLikely) return undefined;
		const attempts = attemptsIn(outer).filter((item) => item.text.startsWith('sets proxy_set_header'));
		if (attempts.length > 0) {
			if (outer.context === 'location') {
				if (ownHeaders) return { level: 'certain', evidence: attempts };
				if (holdsHandler(location)) return { level: 'certain', evidence: attempts };
				return isBare(location) ? { level: 'certain', evidence: attempts } : undefined;
			}
			return mayBeLikely ? { level: 'likely', evidence: attempts } : undefined;
		}
		if ((outer.byName.get('proxy_set_header') ?? []).length > 0) return undefined;
	}
	return undefined;
}

function servesRoot(location: Scope): boolean {
	const match = location.opener && locationMatch(location.opener);
	return match !== undefined && (match.kind === 'prefix' || match.kind === 'prefix-first') && match.pattern === '/';
}

/** True when the location or an `if` or `limit_except` in it hands requests to something that can speak HTTP. */
export function holdsHandler(location: Scope): boolean {
	if (HANDLERS.some((name) => location.byName.has(name))) return true;
	return ['if', 'limit_except'].some((name) =>
		(location.byName.get(name) ?? []).some((placed) => placed.body !== undefined && holdsHandler(placed.body)),
	);
}

/** A location that says nothing of what to do with a request: no handler, no files, no answer, no jump, no locations of its own. */
function isBare(location: Scope): boolean {
	const answers = [
		'root',
		'alias',
		'return',
		'rewrite',
		'try_files',
		'index',
		'autoindex',
		'error_page',
		'if',
		'location',
		'internal',
		'deny',
		'stub_status',
		'empty_gif',
		'include',
	];
	return (
		!answers.some((name) => location.byName.has(name)) &&
		!location.directives.some(
			(placed) => isHandler(placed.node.name.value) || /_by_lua|^js_|^perl$|^echo/.test(placed.node.name.value),
		)
	);
}

/** A location that is meant for WebSockets and has nothing that would answer it. */
export function lostItsHandler(location: Scope): boolean {
	return !holdsHandler(location) && isBare(location);
}

function namesIn(location: Scope): readonly Evidence[] {
	const found: Evidence[] = [];
	const opener = location.opener;
	const match = opener && locationMatch(opener);
	if (opener !== undefined && match !== undefined) {
		const word =
			match.kind === 'named' ? (saysWebSocket(match.pattern.slice(1)) ? match.pattern : undefined) : endpointWord(match.pattern);
		if (word !== undefined) found.push(evidence(opener, `has the name of a WebSocket endpoint (${match.pattern})`));
	}
	if (match !== undefined && match.kind !== 'named' && isBeside(match.pattern)) return found;
	for (const name of HANDLERS)
		for (const placed of location.byName.get(name) ?? []) {
			const host = /^(?:https?:\/\/)?([^:/$]+)/i.exec(placed.node.args[0]?.value ?? '')?.[1];
			if (host !== undefined && !/^[\d.]+$/.test(host) && saysWebSocket(host))
				found.push(evidence(placed, `passes to ${host}, a name that says WebSocket`));
		}
	return found;
}

/** `# websocket` or `# not websocket` above the location, behind its `{`, or as the first line in it. */
function annotated(location: Scope): { meant: boolean; evidence: Evidence } | undefined {
	const opener = location.opener;
	if (opener === undefined) return undefined;
	const { source, comments } = opener.file.tree;
	const start = opener.node.span.start;
	const line = source.lineAt(start);
	const open = opener.node.block?.span.start ?? start;
	for (const comment of near(comments, start)) {
		const meaning = /^#+\s*(?:nginx-websocket:\s*)?(not?\s+(?:a\s+)?)?websockets?\s*$/i.exec(source.slice(comment.span));
		if (meaning === null) continue;
		const at = source.lineAt(comment.span.start);
		const above = at === line - 1 && source.text.slice(source.lineStarts[at] ?? 0, comment.span.start).trim() === '';
		const inside = comment.span.start > open && source.text.slice(open + 1, comment.span.start).trim() === '';
		if (above || inside)
			return {
				meant: meaning[1] === undefined,
				evidence: { text: `is marked ${source.slice(comment.span)}`, at: { path: opener.file.path, span: comment.span } },
			};
	}
	return undefined;
}

/** The comment before an offset and the few behind it. */
function near(comments: readonly Comment[], offset: number): readonly Comment[] {
	let low = 0;
	let high = comments.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((comments[middle]?.span.start ?? 0) < offset) low = middle + 1;
		else high = middle;
	}
	return comments.slice(Math.max(0, low - 1), low + 2);
}

function evidence(placed: PlacedDirective, text: string): Evidence {
	return { text, at: { path: placed.file.path, span: placed.node.name.span } };
}

function written(placed: PlacedDirective): string {
	return [placed.node.name, ...placed.node.args].map((word) => placed.file.tree.source.slice(word.span)).join(' ');
}
