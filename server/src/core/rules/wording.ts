import { locationTitle } from '../config/location.ts';
import type { Configuration, Place, PlacedDirective } from '../config/model.ts';
import { relativePath } from '../config/paths.ts';
import type { Evidence, Route } from '../routes/route.ts';
import { placeOf, type RelatedPlace, type Report, type Severity } from './rule.ts';

/** `error` on a location that is certainly meant for WebSockets, `warning` on one that probably is (design §2). */
export function severityOf(route: Route): Severity {
	return route.intent.level === 'certain' ? 'error' : 'warning';
}

/** Where a finding about a whole route stands: its handler, else the location's head. */
export function routePlace(route: Route): Place {
	return placeOf(route.handler ?? route.at);
}

/** `location /ws/`. */
export function titleOf(route: Route): string {
	return route.location.context === 'location' ? locationTitle(route.at) : 'this stream server';
}

/** Why we think that the route is meant for WebSockets, as places that a person can open. */
export function evidenceOf(route: Route): readonly RelatedPlace[] {
	return route.intent.evidence.map((item: Evidence) => ({
		...item.at,
		message: `Read as a WebSocket route because it ${item.text}.`,
	}));
}

/** `conf.d/ws.conf, line 7`: one-based, relative to the main file's folder. */
export function whereIs(placed: PlacedDirective, configuration: Configuration): string {
	const line = placed.file.tree.source.lineAt(placed.node.span.start) + 1;
	return `${shownPath(placed.file.path, configuration.prefix)}, line ${line}`;
}

/** How a sentence names a file. @param prefix the main file's folder */
export function shownPath(path: string, prefix: string): string {
	return relativePath(path, prefix);
}

/** 60 s, 5 min, 1 h: the largest unit that leaves a whole number. */
export function formatDuration(ms: number): string {
	const units: readonly (readonly [number, string])[] = [
		[86_400_000, 'd'],
		[3_600_000, 'h'],
		[60_000, 'min'],
		[1_000, 's'],
	];
	if (ms === 60_000) return '60 s';
	for (const [size, unit] of units) if (ms >= size && ms % size === 0) return `${ms / size} ${unit}`;
	return `${ms} ms`;
}

/** The parts of a report that every finding about a route shares. */
export function aboutRoute(route: Route): Pick<Report, 'route' | 'related' | 'severity'> {
	return { route, related: evidenceOf(route), severity: severityOf(route) };
}
