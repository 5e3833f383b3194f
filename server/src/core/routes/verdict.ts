import { locationTitle } from '../config/location.ts';
import type { Obstacle, Prediction } from '../request/prediction.ts';
import type { Route } from './route.ts';
import { serverRewriteOf, takerOf } from './taker.ts';
import { requestForOwnPath } from './urls.ts';

/** What becomes of a handshake on a route, for lists and lenses. */
export interface RouteVerdict {
	readonly verdict: 'upgrades' | 'fails' | 'unknown';
	/** One clause: why; empty when it upgrades for every client. */
	readonly reason: string;
}

/** The verdict of a route at the version it was made for: from outside where a URL is known, else once the location is chosen. */
export function verdictOf(route: Route): RouteVerdict {
	const { handshake, outside } = route;
	const obstacle = obstacleOf(handshake.obstacles);
	if (obstacle !== undefined) return { verdict: 'fails', reason: obstacle.text };
	if (outside !== undefined && outside.outcome !== 'unknown' && !outside.upgrade) {
		const rewrite = serverRewriteOf(outside);
		const taker = takerOf(outside);
		const led =
			rewrite === undefined || taker === undefined || taker === route.at
				? ''
				: `a rewrite of the server leads it to ${locationTitle(taker)}, and `;
		const reason =
			obstacleOf(outside.obstacles)?.text ??
			(outside.outcome === 'refused' ? 'nobody listens there' : `nginx answers ${outside.status ?? 'from files'} itself`);
		return { verdict: 'fails', reason: `${led}${reason}` };
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

/**
 * What a client without the query, cookie, header or password that the configuration asks for gets, or every client at the path of the
 * example; empty when nothing is asked for.
 */
function conditionOf({ handshakeOfExample, outsideOfExample, outsideOfPath, urls: [url] }: Route): string {
	const example = outsideOfExample ?? handshakeOfExample;
	if (
		url !== undefined &&
		outsideOfPath !== undefined &&
		!outsideOfPath.upgrade &&
		/^(?:answered|proxied)$/.test(outsideOfPath.outcome)
	)
		return `for other paths than ${requestForOwnPath(url).uri}; there ${failure(outsideOfPath)}`;
	if (example.upgrade || example.outcome === 'unknown' || example.outcome === 'refused') return '';
	return `for clients that bring what it asks for; without that ${failure(example)}`;
}

function failure({ outcome, status, obstacles }: Prediction): string {
	return outcome === 'answered' ? `nginx answers ${status ?? 'from files'} itself` : (obstacleOf(obstacles)?.text ?? 'it fails');
}

/** The obstacle that says most of a failure. HTTP/1.0 is refused by some backends only: any other one says more. */
export function obstacleOf(obstacles: readonly Obstacle[]): Obstacle | undefined {
	return obstacles.find(({ code }) => code !== 'http-1.0') ?? obstacles[0];
}
