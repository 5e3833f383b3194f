import type { Route } from '../../routes/route.ts';
import type { Edit } from '../rule.ts';
import { insertInto, replaceArgument } from './editing.ts';
import { ANCHORS } from './headerLines.ts';

/** The directive that bounds the silence of a tunnel, by the module that made it (TO1, TO13, SM1). */
export function idleTimeoutDirective(route: Route): string | undefined {
	if (route.location.context === 'stream server') return 'proxy_timeout';
	const handler = route.handler?.node.name.value ?? 'proxy_pass';
	return ['proxy_pass', 'uwsgi_pass', 'scgi_pass'].includes(handler) ? handler.replace('_pass', '_read_timeout') : undefined;
}

/** Below this a backend under load does not even answer the handshake in time (TO9). */
export const SHORT_MS = 1000;

/** Sets the idle timeout on the route itself; `time` is written as nginx writes times: `1h`. */
export function idleTimeoutEdit(route: Route, time: string): Edit | undefined {
	const name = idleTimeoutDirective(route);
	if (name === undefined) return undefined;
	const own = route.location.byName.get(name)?.[0];
	if (own !== undefined) return replaceArgument(own, 0, time);
	return insertInto(route.location, [`${name} ${time};`], ANCHORS);
}
