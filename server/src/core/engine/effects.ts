import type { Scope } from '../config/model.ts';
import type { Prediction, UpstreamRequest } from '../request/prediction.ts';
import type { Cure } from '../rules/rule.ts';

/** What becomes of one request: nothing, `worse` (the cure is not offered), or what changes in it, as a noun for the cure's title. */
export type Effect = 'none' | 'worse' | { readonly what: string };

/** One request before the edits and after them. */
export interface Change {
	readonly was: Prediction;
	readonly is: Prediction;
	readonly part: 'handshake' | 'plain';
	/** Whether the same place answers: the location, followed through the edits. */
	readonly stays: boolean;
	/** Access rules that held before and hold no more, for a request that went to another place. */
	readonly unguarded: boolean;
}

/** Headers that a cure of a WebSocket route may change on that route (design §2). */
const HANDSHAKE_HEADERS = /^(?:upgrade|connection|sec-websocket-.*)$/;

/** What the cure does to a request of the route that it cures. */
export function effectOnSubject({ was, is, part, stays, unguarded }: Change, on: Cure['changes']): Effect {
	if (unguarded || (was.upgrade && !is.upgrade) || (was.outcome === 'proxied' && is.outcome !== 'proxied')) return 'worse';
	if (was.upgrade && isShorter(was, is)) return 'worse';
	if (was.upstream !== null && is.upstream !== null) {
		if (differencesOf(was.upstream, is.upstream).every((name) => isMeant(name, on)))
			return part === 'plain' && relabelled(was) !== relabelled(is) ? { what: 'plain requests' } : 'none';
		// From another place it is the cure itself that brings the handshake here.
		return stays ? 'worse' : part === 'handshake' ? 'none' : { what: 'plain requests' };
	}
	return part === 'handshake' || isFault(was) || was.outcome === 'refused' || isSame(was, is, stays)
		? 'none'
		: { what: 'plain requests' };
}

/** What it means for a request that the cured location takes it now: nothing, where nobody but nginx itself had answered it. */
export function effectOnTaken({ was, is, unguarded }: Change): Effect {
	if (unguarded || (was.upgrade && !is.upgrade)) return 'worse';
	if (was.outcome === 'unknown' || was.outcome === 'proxied') return isSame(was, is, false) ? 'none' : { what: 'requests' };
	return was.location === null || (was.status !== null && was.status >= 400) ? 'none' : { what: 'requests' };
}

/** True for what a cure changes on the cured route on purpose. */
function isMeant(name: string, on: Cure['changes']): boolean {
	// Headers tell the backend of the scheme and the port.
	if (on === 'listen') return name.startsWith('header ') || name === 'version';
	if (name.startsWith('header ')) {
		const header = name.slice('header '.length);
		if (on?.startsWith('headers:') === true && on.split(':').includes(header)) return true;
		return HANDSHAKE_HEADERS.test(header) || header === on || (on === 'backend' && header === 'host');
	}
	return (
		name === 'version' || name === 'method' || (on === 'path' && name === 'path') || (on === 'backend' && name === 'backend')
	);
}

/** What the cure does to a request of another place. `shares`: an edited line stands in that place too, by an include. */
export function effectOnOther(
	{ was, is, part, stays, unguarded }: Change,
	shares: boolean,
	isMeantForWebSockets: boolean,
	on: Cure['changes'],
): Effect {
	// That nobody was understood on the port is what the cure is about.
	if (isSame(was, is, stays) || (on === 'listen' && (was.outcome === 'refused' || redirectsAlike(was, is)))) return 'none';
	if (unguarded || (was.upgrade && !is.upgrade)) return 'worse';
	if (isFault(was)) return 'none';
	if (was.outcome === 'refused') return { what: 'who answers' };
	if (was.upstream === null || is.upstream === null || was.outcome !== is.outcome) return effectOnAnswer(was, is, part, stays);
	const differences = differencesOf(was.upstream, is.upstream);
	if (!stays && differences.some((name) => name === 'backend' || name === 'path')) return 'worse';
	const headers = differences.filter((name) => name.startsWith('header ')).map((name) => name.slice('header '.length));
	const isHandshakeAlone = differences.every((name) => name !== 'method' && isMeant(name, undefined));
	if (shares && !isHandshakeAlone) return 'worse';
	// A line of a shared file that is not meant for this route makes it one by the way.
	if (shares && !isMeantForWebSockets && headers.length > 0) return 'worse';
	if (isShorter(was, is)) return 'worse';
	if (headers.length > 0) return { what: headers.map(asWritten).join(' and ') };
	if (was.idleTimeoutMs !== is.idleTimeoutMs) return { what: 'the timeout' };
	if (differences.length > 0) return { what: `the ${differences[0]}` };
	return part === 'handshake' ? { what: 'handshakes' } : { what: 'requests' };
}

/** A request that nginx answers itself, before or after. */
function effectOnAnswer(was: Prediction, is: Prediction, part: Change['part'], stays: boolean): Effect {
	if (was.outcome === 'proxied' || was.outcome === 'unknown') return 'worse';
	if (was.status === 401 || was.status === 403) return 'worse';
	if (part === 'handshake' && is.outcome === 'proxied' && was.status !== null && was.status >= 400) return { what: 'handshakes' };
	const wasRefused = was.status !== null && was.status >= 400;
	if (!wasRefused || stays) return 'worse';
	return { what: is.outcome === 'proxied' ? 'plain requests' : 'answers' };
}

/** True when a request fares the same; where nginx answers from files, by the same lines. */
function isSame(was: Prediction, is: Prediction, stays: boolean): boolean {
	if (was.outcome !== is.outcome || was.status !== is.status || was.redirect !== is.redirect) return false;
	if (was.upgrade !== is.upgrade || was.unknown !== is.unknown || was.idleTimeoutMs !== is.idleTimeoutMs) return false;
	if (was.upstream !== null && is.upstream !== null)
		return differencesOf(was.upstream, is.upstream).length === 0 && relabelled(was) === relabelled(is);
	if (was.upstream !== null || is.upstream !== null) return false;
	return was.status !== null || (stays && decidedBy(was) === decidedBy(is));
}

/** True for redirects to one place, over TLS or not. */
function redirectsAlike(was: Prediction, is: Prediction): boolean {
	const place = ({ redirect }: Prediction): string | undefined => redirect?.replace(/^https?:\/\/([^/:]*)(?::\d+)?/, '$1');
	return was.status === is.status && was.redirect !== null && place(was) === place(is);
}

/** The status that an error_page writes in place of the backend's own. */
function relabelled({ obstacles }: Prediction): string | undefined {
	return obstacles.find(({ code, at }) => code === 'response-status' && at.some(({ node }) => node.name.value === 'error_page'))
		?.text;
}

function decidedBy({ because }: Prediction): string {
	return because
		.filter(({ at }) => at.body?.context !== 'location' && at.node.name.value !== 'listen')
		.map(({ at }) => [at.node.name, ...at.node.args].map(({ value }) => value).join(' '))
		.join('\n');
}

/** True where nginx merely failed. With `try_files` that holds only while the files are absent, as they are taken to be. */
function isFault({ outcome, status, because }: Prediction): boolean {
	return (
		outcome === 'answered' && status !== null && status >= 500 && !because.some(({ at }) => at.node.name.value === 'try_files')
	);
}

/** The names of what two requests to a backend differ in. */
function differencesOf(was: UpstreamRequest, is: UpstreamRequest): readonly string[] {
	const found: string[] = [];
	if (was.uri !== is.uri) found.push('path');
	if (was.method !== is.method) found.push('method');
	if (was.module !== is.module || was.scheme !== is.scheme || was.addresses.join() !== is.addresses.join()) found.push('backend');
	if (was.httpVersion !== is.httpVersion) found.push('version');
	for (const name of new Set([...was.headers.keys(), ...is.headers.keys()]))
		if (was.headers.get(name) !== is.headers.get(name)) found.push(`header ${name}`);
	return found;
}

function isShorter(was: Prediction, is: Prediction): boolean {
	return was.idleTimeoutMs !== null && is.idleTimeoutMs !== null && is.idleTimeoutMs < was.idleTimeoutMs;
}

/** `x-forwarded-for` as people write it. */
function asWritten(header: string): string {
	return header.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}

/**
 * True when a failing handshake fares better: it upgrades, gets as far as the backend, or has one obstacle less and no new one. Where the
 * obstacles stay the same, another part of the request must have changed: that is what the cure was for.
 */
export function isBetter(was: Prediction, is: Prediction, on: Cure['changes']): boolean {
	if (is.upgrade) return true;
	if (is.upstream === null) return false;
	if (was.upstream === null) return true;
	const [before, after] = [was, is].map(({ obstacles }) => new Set(obstacles.map(({ code }) => code)));
	const isNew = [...(after ?? [])].some((code) => before?.has(code) === false);
	const isGone = [...(before ?? [])].some((code) => after?.has(code) === false);
	if (isNew || isGone) return isGone && !isNew;
	return (
		on !== undefined ||
		was.idleTimeoutMs !== is.idleTimeoutMs ||
		differencesOf(was.upstream, is.upstream).some((name) => name === 'method' || !isMeant(name, undefined))
	);
}

/** True for a handshake that is known to fail. */
export function isFailing({ outcome, upgrade }: Prediction): boolean {
	return !upgrade && outcome !== 'unknown';
}

/**
 * True when two predictions end in the same place. `laterScopeOf` follows a location through the edits; where they are proved on one block
 * alone, all other locations are `unchanged`.
 */
export function isSamePlace(was: Prediction, is: Prediction, laterScopeOf: FollowScope): boolean {
	if (was.location === null || is.location === null) return was.location === is.location;
	const later = laterScopeOf(was.location);
	return later === 'unchanged' ? true : later === is.location;
}

/** Where a location of the configuration before is in the one after; undefined: nowhere. */
export type FollowScope = (scope: Scope) => Scope | 'unchanged' | undefined;
