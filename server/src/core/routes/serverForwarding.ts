import { effective } from '../config/effective.ts';
import type { Scope } from '../config/model.ts';
import type { NginxVersion } from '../reference/versions.ts';
import type { Prediction } from '../request/prediction.ts';
import { attemptsIn } from './attempts.ts';
import { declines, isPlain, servesRoot } from './lost.ts';
import type { Evidence, Intent } from './route.ts';

/** A proxied location and what it says of itself. */
interface Place {
	readonly scope: Scope;
	readonly intent: Intent;
}

const HEADER_OBSTACLES: ReadonlySet<string> = new Set([
	'upgrade-missing',
	'upgrade-value',
	'connection-missing',
	'connection-value',
]);

/**
 * Whom the forwarding lines around the locations of a server were meant for, when no handshake gets through by them: the location `/` that
 * has them, yet so that they do not work; or, where all locations cancel those of the server, each that cancels them (IN1). None where a
 * location is known to be meant already.
 * @param handshakeAt what becomes of a handshake in a location
 */
export function meantByServer(
	server: Scope,
	places: readonly Place[],
	version: NginxVersion,
	handshakeAt: (location: Scope) => Prediction,
): ReadonlyMap<Scope, Intent> {
	if (server.context !== 'server' || places.some(({ intent }) => intent.level !== 'none')) return NOBODY;
	const proxied = places.map(({ scope }) => scope).filter((scope) => scope.byName.has('proxy_pass'));
	if (proxied.length === 0 || !forwardsAround(server)) return NOBODY;
	const inForce = proxied.map((scope) => ({ scope, lines: effective(scope, 'proxy_set_header', version) }));
	if (inForce.some(({ lines }) => lines.level === 'unknown')) return NOBODY;

	const root = inForce.find(({ scope }) => servesRoot(scope));
	if (root?.lines.level === 'inherited') {
		const evidence = forwardingIn(root.lines.scope);
		const isBroken = evidence.length > 0 && handshakeAt(root.scope).obstacles.some(({ code }) => HEADER_OBSTACLES.has(code));
		return isBroken ? new Map([[root.scope, { level: 'likely', evidence }]]) : NOBODY;
	}
	const evidence = forwardingIn(server);
	if (evidence.length === 0 || inForce.some(({ lines }) => lines.level === 'inherited' && lines.scope === server)) return NOBODY;
	return new Map(
		proxied.filter((scope) => !isPlain(scope) && !declines(scope)).map((scope) => [scope, { level: 'likely', evidence }]),
	);
}

const NOBODY: ReadonlyMap<Scope, Intent> = new Map();

/** The lines of a level around locations that forward, or try to forward, an upgrade. */
function forwardingIn(level: Scope): readonly Evidence[] {
	return level.context === 'location' ? [] : attemptsIn(level).filter(({ text }) => text.startsWith('sets proxy_set_header'));
}

/** True when a server, or a level around it, has lines that forward an upgrade for the locations in it. */
export function forwardsAround(server: Scope): boolean {
	for (let level: Scope | undefined = server; level !== undefined; level = level.parent)
		if (forwardingIn(level).length > 0) return true;
	return false;
}
