import { unknownPrediction } from './outcome.ts';
import type { Prediction, UpstreamRequest } from './prediction.ts';
import type { RequestState } from './state.ts';

/** The prediction when there are more open questions than are followed. */
export function undecidedPrediction(state: RequestState, reason: string): Prediction {
	return unknownPrediction(state, reason);
}

/** What is certain whichever way an open question is answered. Equal outcomes stay; else the outcome is unknown. */
export function mergePredictions(yes: Prediction, no: Prediction, reason: string): Prediction {
	if (sameAnswer(yes, no)) return yes.because.length <= no.because.length ? yes : no;
	const proxied = [yes, no].filter(({ upstream }) => upstream !== null);
	const [only] = proxied;
	const main = only ?? yes;
	const other = main === yes ? no : yes;
	const obstacles =
		proxied.length === 1
			? main.obstacles
			: main.obstacles.filter((obstacle) => other.obstacles.some(({ code }) => code === obstacle.code));
	return {
		...main,
		outcome: 'unknown',
		status: null,
		redirect: null,
		server: yes.server === no.server ? yes.server : null,
		location: yes.location === no.location ? yes.location : null,
		upgrade: false,
		obstacles,
		unknown: yes.unknown ?? no.unknown ?? reason,
	};
}

function sameAnswer(a: Prediction, b: Prediction): boolean {
	return (
		a.outcome === b.outcome &&
		a.status === b.status &&
		a.redirect === b.redirect &&
		a.server === b.server &&
		a.location === b.location &&
		a.upgrade === b.upgrade &&
		a.idleTimeoutMs === b.idleTimeoutMs &&
		a.unknown === b.unknown &&
		a.cacheKey === b.cacheKey &&
		sameUpstream(a.upstream, b.upstream)
	);
}

function sameUpstream(a: UpstreamRequest | null, b: UpstreamRequest | null): boolean {
	if (a === null || b === null) return a === b;
	return (
		a.module === b.module &&
		a.scheme === b.scheme &&
		a.addresses.join(' ') === b.addresses.join(' ') &&
		a.method === b.method &&
		a.uri === b.uri &&
		a.httpVersion === b.httpVersion &&
		a.headers.size === b.headers.size &&
		[...a.headers].every(([name, value]) => b.headers.get(name) === value)
	);
}
