import type { Route } from '../routes/route.ts';

/**
 * True unless nginx is known to hand the route's own URL to another location: then what this one does with headers is nobody's trouble,
 * and only a location that is certainly meant for WebSockets is spoken about (RT2–RT5).
 */
export function isReached(route: Route): boolean {
	const { outside } = route;
	if (route.intent.level === 'certain' || outside === undefined || outside.outcome === 'unknown') return true;
	return outside.location === null || outside.location === route.location;
}
