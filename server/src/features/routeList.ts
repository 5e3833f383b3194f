import type { Position } from 'vscode-languageserver-types';
import { listensOf } from '../core/config/listen.ts';
import { locationTitle } from '../core/config/location.ts';
import { formatVersion } from '../core/reference/versions.ts';
import type { Route } from '../core/routes/route.ts';
import { verdictOf } from '../core/routes/verdict.ts';
import type {
	RouteDescription,
	RouteReference,
	RoutesResult,
	WorkspaceRoute,
	WorkspaceRoutesResult,
} from '../protocol/requests.ts';
import type { Checked } from './checked.ts';
import { idleLimit } from './effectiveRequest.ts';

import { rangeOf, type View } from './view.ts';

/** The WebSocket routes of the view's document and of the configurations it belongs to, those of the document first. */
export function routeList(view: View, position: Position | undefined): RoutesResult {
	const all = webSocketRoutes(view);
	const offset = position && view.lines.offsetAt(position);
	const here =
		offset === undefined
			? []
			: all.filter(
					({ route: { at } }) => at.file.path === view.path && at.node.span.start <= offset && offset <= at.node.span.end,
				);
	// The innermost location is the one that is meant.
	const innermost = here.sort((a, b) => b.route.at.node.span.start - a.route.at.node.span.start)[0];
	const chosen = innermost === undefined ? all : here.filter(({ route }) => route.at.node === innermost.route.at.node);
	return {
		routes: chosen.flatMap(({ route }) => describe(view, route) ?? []),
		nginxVersion: formatVersion(view.nginxVersion),
		mainUri: view.uriOf(view.checked[0]?.configuration.main.path ?? view.path),
	};
}

/** Each WebSocket route with the configuration it is of: those that stand in the view's document first, each in file order. */
export function webSocketRoutes(view: View): { readonly checked: Checked; readonly route: Route }[] {
	const all = view.checked.flatMap((checked) =>
		checked.routes.filter(({ intent }) => intent.level !== 'none').map((route) => ({ checked, route })),
	);
	const isHere = ({ route }: { readonly route: Route }): boolean => route.at.file.path === view.path;
	return [...all.filter(isHere), ...all.filter((one) => !isHere(one))];
}

/** The route that a client names; undefined when the text has changed since. */
export function findRoute(view: View, { routeId }: Pick<RouteReference, 'routeId'>) {
	for (const checked of view.checked) {
		const route = checked.routes.find(({ id }) => id === routeId);
		if (route !== undefined) return { checked, route };
	}
	return undefined;
}

/** The WebSocket routes of several configurations; what two of them share is there once. */
export function workspaceRoutes(checked: readonly Checked[], links: Pick<View, 'linesOf' | 'uriOf'>): WorkspaceRoutesResult {
	const routes = new Map<string, WorkspaceRoute>();
	for (const { routes: all } of checked)
		for (const route of all) {
			if (route.intent.level === 'none') continue;
			const described = describeStill(links, route);
			if (described === undefined) continue;
			const key = `${described.uri}#${described.range.start.line}:${described.range.start.character}#${described.server}`;
			if (!routes.has(key)) routes.set(key, described);
		}
	return { routes: [...routes.values()] };
}

function describe(view: View, route: Route): RouteDescription | undefined {
	const still = describeStill(view, route);
	if (still === undefined) return undefined;
	const { serverRange: _, ...described } = still;
	const { verdict, reason } = verdictOf(route);
	return { ...described, verdict, reason: reason === '' ? idleLimit(route.outside ?? route.handshake) : reason };
}

/** What a route is, without evaluating it. */
function describeStill(links: Pick<View, 'linesOf' | 'uriOf'>, route: Route): WorkspaceRoute | undefined {
	const lines = links.linesOf(route.at.file.path);
	if (lines === undefined) return undefined;
	const { node } = route.at;
	const last = node.args.at(-1) ?? node.name;
	const opener = route.server.opener;
	return {
		uri: links.uriOf(route.at.file.path),
		routeId: route.id,
		title: route.match === undefined ? 'stream server' : locationTitle(route.at),
		server: serverTitle(route),
		range: rangeOf(lines, { start: node.name.span.start, end: last.span.end }),
		intent: route.intent.level,
		evidence: route.intent.evidence.map(({ text }) => text),
		...(opener !== undefined && opener !== route.at && opener.file.path === route.at.file.path
			? { serverRange: rangeOf(lines, opener.node.name.span) }
			: {}),
		urls: route.urls.map(({ scheme, host, port, path, listen, hostOpen, pathOpen }) => ({
			scheme,
			host,
			port,
			path,
			listenAddress: listen.address,
			hostOpen,
			pathOpen,
		})),
	};
}

/** A server by its names, else by where it listens. */
export function serverTitle({ server }: Route): string {
	const names = (server.byName.get('server_name') ?? [])
		.flatMap(({ node }) => node.args.map(({ value }) => value))
		.filter((name) => name !== '' && name !== '_');
	if (names.length > 0) return names.join(' ');
	const [listen] = listensOf(server);
	if (listen === undefined) return 'server';
	return listen.port === 0 ? `server on ${listen.address}` : `server on port ${listen.port}`;
}
