import { locationMatch } from '../config/location.ts';
import type { Scope } from '../config/model.ts';
import { annotated } from './annotation.ts';
import { attemptsIn, evidence, passesConnection } from './attempts.ts';
import { HANDLERS } from './handlers.ts';
import { lostFrom } from './lost.ts';
import { endpointWord, isBeside, saysWebSocket } from './names.ts';
import type { Evidence, Intent } from './route.ts';

/*
 * The only heuristic of the product: which locations are meant for WebSockets. Design §2 words it:
 * certain: annotated, or Upgrade forwarding in effect, attempted on the location itself, or lost from an enclosing location;
 * likely: a well-known path or name, or forwarding lost from server or http level, or from a location around the whole site.
 */

/** What a location says of itself and what encloses it; upstreams shared with other routes are weighed in routes.ts. */
export function intentOf(location: Scope): Intent {
	const annotation = annotated(location);
	if (annotation !== undefined) return { level: annotation.meant ? 'certain' : 'none', evidence: [annotation.evidence] };

	const attempts = attemptsIn(location);
	if (attempts.length > 0) return { level: 'certain', evidence: attempts };

	const lost = lostFrom(location);
	const named = namesIn(location);
	if (lost?.level === 'certain' || (lost !== undefined && named.length > 0 && location.parent?.context === 'location'))
		return { level: 'certain', evidence: [...lost.evidence, ...named] };
	// Plain routes pass Connection on as well: beside a name it is meant for the handshake.
	const passed = named.length === 0 ? undefined : passesConnection(location);
	if (passed !== undefined)
		return { level: 'certain', evidence: [...named, evidence(passed, 'passes on the Connection header of the client')] };
	if (named.length > 0) return { level: 'likely', evidence: [...named, ...(lost?.evidence ?? [])] };
	return lost ?? { level: 'none', evidence: [] };
}

/** What a stream server says of itself: it carries whatever comes, so only a comment tells. */
export function streamIntentOf(server: Scope): Intent {
	const annotation = annotated(server);
	return annotation === undefined
		? { level: 'none', evidence: [] }
		: { level: annotation.meant ? 'certain' : 'none', evidence: [annotation.evidence] };
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
