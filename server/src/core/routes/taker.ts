import type { PlacedDirective, Scope } from '../config/model.ts';
import type { Prediction, Reason } from '../request/prediction.ts';

/** The location that a request came to first; undefined where it came to none. */
export function takerOf({ because }: Prediction): PlacedDirective | undefined {
	return because.find(isTaken)?.at;
}

/** The last one is a prefix that redirects to itself (RT1). */
const TAKES: readonly string[] = ['takes the URI', 'takes the request', 'its name is the URI and a slash'];

function isTaken({ text }: Reason): boolean {
	return TAKES.includes(text);
}

/** The last rewrite of the server itself that changed the path or redirected, before any location was looked for. */
export function serverRewriteOf({ because }: Prediction): PlacedDirective | undefined {
	const end = because.findIndex(isTaken);
	return (end === -1 ? because : because.slice(0, end))
		.map(({ at }) => at)
		.findLast(({ node, scope }) => node.name.value === 'rewrite' && isOfServer(scope));
}

function isOfServer(scope: Scope): boolean {
	return scope.context === 'server' || (scope.context === 'if' && scope.parent?.context === 'server');
}
