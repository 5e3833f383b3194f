import { HANDLERS } from '../../routes/handlers.ts';
import type { Route } from '../../routes/route.ts';
import type { Edit } from '../rule.ts';
import { insertInto, replaceArgument } from './editing.ts';

/** Makes the location itself say `proxy_http_version 1.1` (IN4: the nearest level wins). */
export function httpVersionEdit(route: Route): Edit | undefined {
	const own = route.location.byName.get('proxy_http_version')?.[0];
	return own === undefined ? insertInto(route.location, ['proxy_http_version 1.1;'], HANDLERS) : replaceArgument(own, 0, '1.1');
}
