import { type LocationMatch, locationMatch, locationTitle } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import type { Prediction } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { handshakeRequest } from '../routes/urls.ts';
import { moveBefore, replaceArgument } from './cures/editing.ts';
import { type Cure, defineRule, placeOf, placeOfArgument, type Report, type RuleContext } from './rule.ts';
import { aboutRoute, whereIs } from './wording.ts';

export default defineRule({
	id: 'location-shadowed',
	summary: 'A regular expression takes the path from the WebSocket location.',
	severity: 'error',
	why: `After the longest prefix nginx still tries the regular expressions of the server, in the order of the file, and the first that
matches wins. Only \`^~\` on the prefix keeps them out.`,
	remedy: 'Write `location ^~ /ws/`.',
	ignore: 'The regular expression is meant to take the path.',
	rows: ['RT3', 'RT4', 'RT5'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_core_module.html#location'],
	examples: [
		{
			title: 'a pattern takes the whole path',
			within: 'http',
			path: '/ws/',
			bad: `server {
	listen 8080;
	location «/ws/» {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location ~ ^/[a-z]+/ {
		return 404;
	}
}
`,
			good: `server {
	listen 8080;
	location ^~ /ws/ {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location ~ ^/[a-z]+/ {
		return 404;
	}
}
`,
			proof: { bad: 404 },
		},
		{
			title: 'an expression further up takes the path',
			within: 'http',
			path: '/live/ws',
			bad: `server {
	listen 8080;
	location ~* ws$ {
		return 404;
	}
	location ~ «^/live/ws$» {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location ~ ^/live/ws$ {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location ~* ws$ {
		return 404;
	}
}
`,
			proof: { bad: 404 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const { match, outside } = route;
			if (match?.kind === 'regex' || match?.kind === 'regex-caseless') {
				const first = firstExpression(route, context);
				if (first !== undefined) yield first;
				continue;
			}
			if (match?.kind !== 'prefix' || outside === undefined || route.handler === undefined || !route.handshake.upgrade) continue;
			const thief = thiefOf(outside.location, route);
			if (thief === undefined || !failsThere(outside) || thiefOf(further(route, context), route) !== thief) continue;
			const opener = thief.opener;
			if (opener === undefined) continue;
			const about = aboutRoute(route);
			yield {
				...about,
				at: placeOfArgument(route.at, match.argument),
				message: `nginx gives ${match.pattern} to ${locationTitle(opener)} (${whereIs(opener, context.configuration)}), a regular expression, which comes before this prefix, and no WebSocket gets through there. ${advice(route, opener)}`,
				related: [{ ...placeOf(opener), message: `Takes ${match.pattern} first.` }, ...(about.related ?? [])],
				cures: () => curesOf(route, opener),
			};
		}
	},
});

/** A regular expression whose example path an earlier one of the server takes: the first in the file wins (RT3). */
function firstExpression(route: Route, context: RuleContext): Report | undefined {
	const { match, outside } = route;
	if (match === undefined || outside === undefined || !failsThere(outside)) return undefined;
	if (route.handler === undefined || !route.handshake.upgrade || route.intent.level !== 'certain') return undefined;
	const opener = thiefOf(outside.location, route)?.opener;
	if (opener === undefined || opener.file !== route.at.file || opener.scope !== route.at.scope) return undefined;
	if (opener.node.span.start > route.at.node.span.start) return undefined;
	const path = route.urls[0]?.path ?? '';
	const about = aboutRoute(route);
	return {
		...about,
		severity: 'warning',
		at: placeOfArgument(route.at, match.argument),
		message: `nginx gives ${path} to ${locationTitle(opener)} (${whereIs(opener, context.configuration)}), the first regular expression in the file that matches, and no WebSocket gets through there. Move this location above it.`,
		related: [{ ...placeOf(opener), message: `Takes ${path} first.` }, ...(about.related ?? [])],
		cures: () => movedAbove(route.at, opener),
	};
}

function movedAbove(at: PlacedDirective, opener: PlacedDirective): readonly Cure[] {
	return [{ title: `Move this location above ${locationTitle(opener)}`, preferred: true, edits: moveBefore(at, opener) }];
}

/** True when a handshake fails in the other location whoever asks: what a password, an address or an `if` decides is none of our business. */
function failsThere({ upgrade, outcome, because }: Prediction): boolean {
	if (upgrade || outcome === 'unknown') return false;
	return !because.some(
		({ at }) =>
			/^(?:auth_|allow$|deny$|satisfy|access_by_|limit_except$)/.test(at.node.name.value) ||
			at.scope.context === 'if' ||
			at.scope.context === 'limit_except',
	);
}

/** The location that got the request in place of the route's own, when it is a regular expression. */
function thiefOf(location: Scope | null, route: Route): Scope | undefined {
	if (location === null || location === route.location || location.opener === undefined) return undefined;
	const kind = locationMatch(location.opener)?.kind;
	return kind === 'regex' || kind === 'regex-caseless' ? location : undefined;
}

/** Who takes a longer path under the same prefix: a pattern that takes the bare prefix alone steals nothing. */
function further(route: Route, context: RuleContext): Scope | null {
	const url = route.urls[0];
	if (url === undefined) return null;
	return context.predictor.predict(handshakeRequest({ ...url, path: `${url.path}${url.path.endsWith('/') ? '' : '/'}room` }))
		.location;
}

/**
 * The prefix that `^~` keeps the expression from: the location itself, or the one around it beside which the expression stands. An
 * expression is tried after the prefixes of its own level (RT5). Undefined where it stands in the location itself.
 */
function protectable(
	route: Route,
	thief: PlacedDirective,
): { readonly at: PlacedDirective; readonly match: LocationMatch } | undefined {
	for (let at: PlacedDirective | undefined = route.at; at?.body?.context === 'location'; at = at.scope.opener) {
		const match = at.scope === thief.scope ? locationMatch(at) : undefined;
		if (match?.kind === 'prefix') return { at, match };
	}
	return undefined;
}

function advice(route: Route, thief: PlacedDirective): string {
	const pattern = protectable(route, thief)?.match.pattern;
	return pattern === undefined
		? 'Take that expression out of this location, or let it leave this path alone.'
		: `Write \`location ^~ ${pattern}\`.`;
}

function curesOf(route: Route, thief: PlacedDirective): readonly Cure[] {
	const found = protectable(route, thief);
	const word = found?.at.node.args[found.match.argument];
	if (found === undefined || word === undefined) return [];
	const edit = replaceArgument(found.at, found.match.argument, `^~ ${found.at.file.tree.source.slice(word.span)}`);
	return edit === undefined
		? []
		: [{ title: `Keep regular expressions from ${found.match.pattern}`, preferred: true, edits: [edit] }];
}
