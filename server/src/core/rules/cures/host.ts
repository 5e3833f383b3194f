import { effective } from '../../config/effective.ts';
import type { Route } from '../../routes/route.ts';
import type { Cure, RuleContext } from '../rule.ts';
import { headerEdits } from './headerLines.ts';

/** The cure after which a route sends `value` as Host, every other header as before. */
export function hostCure(route: Route, context: RuleContext, value: '$host' | '$http_host'): readonly Cure[] {
	const found = effective(route.location, 'proxy_set_header', context.version);
	if (found.level === 'unknown') return [];
	const edits = headerEdits(
		route,
		{ lines: found.level === 'default' ? [] : found.directives, own: found.level === 'own' },
		new Map([['host', value]]),
		context,
	);
	return edits === undefined
		? []
		: [{ title: "Send the browser's host to the backend", preferred: true, edits, changes: 'host' }];
}
