import type { Route } from './route.ts';

/** What becomes of a handshake on a route, for lists and lenses. */
export interface RouteVerdict {
	readonly verdict: 'upgrades' | 'fails' | 'unknown';
	/** One clause: why; empty when it upgrades for every client. */
	readonly reason: string;
}

/** The verdict of a route at the version it was made for: from outside where a URL is known, else once the location is chosen. */
export function verdictOf(route: Route): RouteVerdict {
	const { handshake, outside } = route;
	// HTTP/1.0 is refused by some backends only: any other obstacle says more.
	const obstacle = handshake.obstacles.find(({ code }) => code !== 'http-1.0') ?? handshake.obstacles[0];
	if (obstacle !== undefined) return { verdict: 'fails', reason: obstacle.text };
	if (outside !== undefined && outside.outcome !== 'unknown' && !outside.upgrade) {
		const reason =
			outside.obstacles[0]?.text ??
			(outside.outcome === 'refused' ? 'nobody listens there' : `nginx answers ${outside.status ?? 'from files'} itself`);
		return { verdict: 'fails', reason };
	}
	if (handshake.outcome === 'unknown') return { verdict: 'unknown', reason: handshake.unknown ?? '' };
	if (handshake.upgrade) return { verdict: 'upgrades', reason: conditionOf(route) };
	return {
		verdict: 'fails',
		reason:
			handshake.outcome === 'answered'
				? `nginx answers ${handshake.status ?? 'from files'} itself`
				: 'no backend gets the handshake',
	};
}

/** What a client without the query, cookie, header or password that the configuration asks for gets; empty when nothing is asked for. */
function conditionOf({ handshakeOfExample, outsideOfExample }: Route): string {
	const example = outsideOfExample ?? handshakeOfExample;
	if (example.upgrade || example.outcome === 'unknown' || example.outcome === 'refused') return '';
	const without =
		example.outcome === 'answered'
			? `nginx answers ${example.status ?? 'from files'} itself`
			: (example.obstacles[0]?.text ?? 'it fails');
	return `for clients that bring what it asks for; without that ${without}`;
}
