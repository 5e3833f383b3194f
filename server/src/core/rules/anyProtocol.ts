import type { ClientRequest } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import type { RuleContext } from './rule.ts';

/** The request with another value for one of its headers. */
export function withHeader(request: ClientRequest, name: string, value: string): ClientRequest {
	const others = request.headers.filter(([own]) => own.toLowerCase() !== name.toLowerCase());
	return { ...request, headers: [...others, [name, value]] };
}

/** What to write so that nothing but WebSocket is sent on: two lines. */
export const ALLOW_LIST =
	"Write `map $http_upgrade $websocket_upgrade { default ''; ~*^websocket$ websocket; }` in the http block and `proxy_set_header Upgrade $websocket_upgrade;` here.";

/** True when the location sends on whatever protocol the client asks for, and not only `websocket` (SE1). */
export function forwardsAnyProtocol(route: Route, context: RuleContext): boolean {
	if (!route.handshake.upgrade || route.handshake.upstream?.module !== 'proxy') return false;
	const asked = context.predictor.predictIn(route.location, withHeader(route.request, 'Upgrade', 'h2c'));
	return asked.location === route.location && asked.upstream?.headers.get('upgrade') === 'h2c';
}
