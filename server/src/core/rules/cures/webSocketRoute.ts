import { isAtLeast } from '../../reference/versions.ts';
import type { Route } from '../../routes/route.ts';
import { forwardingOf } from '../forwarding.ts';
import type { Cure, Edit, RuleContext } from '../rule.ts';
import { forwardEdits } from './forward.ts';
import { httpVersionEdit } from './httpVersion.ts';
import { idleTimeoutEdit } from './idleTimeout.ts';

/** Everything that a location lacks to carry WebSockets, in one cure: HTTP version, headers and map, a long idle timeout. */
export function webSocketRouteCure(route: Route, context: RuleContext): Cure | undefined {
	const forwarding = forwardingOf(route, context.version);
	const edits: Edit[] = [];
	const obstacles = route.handshake.obstacles;
	if (
		obstacles.some(({ code }) => code === 'http-1.0') ||
		(!isAtLeast(context.version, '1.29.7') && route.handshake.upstream === null)
	) {
		const version = httpVersionEdit(route);
		if (version === undefined) return undefined;
		edits.push(version);
	}
	if (forwarding !== undefined) {
		const forward = forwardEdits(route, forwarding, context);
		if (forward === undefined) return undefined;
		edits.push(...forward);
	}
	if ((route.handshake.idleTimeoutMs ?? 60_000) <= 60_000) {
		const timeout = idleTimeoutEdit(route, '1h');
		if (timeout !== undefined) edits.push(timeout);
	}
	return edits.length === 0 ? undefined : { title: 'Make this location a WebSocket route', preferred: false, edits };
}
