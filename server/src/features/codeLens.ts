import type { CodeLens } from 'vscode-languageserver-types';
import type { Route } from '../core/routes/route.ts';
import { verdictOf } from '../core/routes/verdict.ts';
import { EXPLAIN_ROUTE_COMMAND, type RouteReference, TEST_ROUTE_COMMAND } from '../protocol/requests.ts';
import { idleLimit } from './effectiveRequest.ts';
import { findRoute, webSocketRoutes } from './routeList.ts';

import { rangeOf, type View } from './view.ts';

/** What a verdict lens carries until it is resolved. */
export interface LensData extends RouteReference {
	readonly version: number | null;
}

/** Above each WebSocket location: the test, where the client offers it, and a lens that says, once resolved, what nginx would do. */
export function codeLenses(view: View): CodeLens[] {
	if (!view.settings.codeLens) return [];
	const lenses: CodeLens[] = [];
	const seen = new Set<number>();
	for (const { route } of webSocketRoutes(view)) {
		const { node, file } = route.at;
		if (file.path !== view.path || seen.has(node.span.start)) continue;
		seen.add(node.span.start);
		const range = rangeOf(view.lines, node.name.span);
		const reference: RouteReference = { uri: view.uri, routeId: route.id };
		if (view.commands.includes(TEST_ROUTE_COMMAND))
			lenses.push({ range, command: { title: 'Test WebSocket route', command: TEST_ROUTE_COMMAND, arguments: [reference] } });
		const data: LensData = { ...reference, version: view.version };
		lenses.push({ range, data });
	}
	return lenses;
}

/** The verdict of a lens made for the view's document; without a command where the client cannot explain. */
export function resolveCodeLens(view: View, lens: CodeLens, data: LensData): CodeLens {
	const found = findRoute(view, data);
	const title = found === undefined ? '' : verdictTitle(found.route);
	const reference: RouteReference = { uri: data.uri, routeId: data.routeId };
	const explains = view.commands.includes(EXPLAIN_ROUTE_COMMAND);
	return {
		...lens,
		command: explains ? { title, command: EXPLAIN_ROUTE_COMMAND, arguments: [reference] } : { title, command: '' },
	};
}

const LONGEST = 100;

function verdictTitle(route: Route): string {
	const { verdict, reason } = verdictOf(route);
	const sign = { upgrades: '✓ upgrades', fails: '✗ fails', unknown: '? unknown' }[verdict];
	const text = `${sign}: ${reason === '' ? idleLimit(route.outside ?? route.handshake) : reason}`;
	return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
