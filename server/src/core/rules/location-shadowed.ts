import { isExpression, isPrefix, type LocationMatch, locationMatch, locationTitle } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import type { Prediction } from '../request/prediction.ts';
import { literalStart } from '../routes/examplePath.ts';
import type { Route } from '../routes/route.ts';
import { serverRewriteOf, takerOf } from '../routes/taker.ts';
import { handshakeRequest } from '../routes/urls.ts';
import { moveBefore } from './cures/editing.ts';
import { keepExpressionsOff, protectable } from './cures/prefixFirst.ts';
import { type Cure, defineRule, placeOf, placeOfArgument, type Report, type RuleContext } from './rule.ts';
import { aboutRoute, whereIs } from './wording.ts';

export default defineRule({
	id: 'location-shadowed',
	summary: 'Another location takes the path from the WebSocket location: a regular expression, or a prefix that keeps those out.',
	severity: 'error',
	why: `After the longest prefix nginx still tries the regular expressions of the server, in the order of the file, and the first that
matches wins. Only \`^~\` on the prefix keeps them out, those for WebSockets too.`,
	remedy: 'Write `location ^~ /ws/`.',
	ignore: 'The regular expression is meant to take the path.',
	rows: ['RT1', 'RT3', 'RT4', 'RT5'],
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
		{
			title: 'a prefix adds the slash before the expression is tried',
			within: 'http',
			path: '/rt',
			bad: `server {
	listen 8080;
	location ~ «^/rt$» {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location /rt/ {
		proxy_pass http://127.0.0.1:9000;
	}
}
`,
			good: `server {
	listen 8080;
	location = /rt {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location /rt/ {
		proxy_pass http://127.0.0.1:9000;
	}
}
`,
			proof: { bad: 301 },
		},
		{
			title: 'a ^~ prefix keeps the expression out',
			within: 'http',
			path: '/rt/1',
			bad: `server {
	listen 8080;
	location ~ «^/rt/[0-9]+$» {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location ^~ / {
		return 404;
	}
}
`,
			good: `server {
	listen 8080;
	location ~ ^/rt/[0-9]+$ {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location / {
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
			if (isExpression(match?.kind)) {
				const first = firstExpression(route, context) ?? behindPrefix(route, context);
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
				cures: () => keepExpressionsOff(route, opener),
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

/** A regular expression of which a `^~` prefix, or an exact location, takes every path: nginx does not try it there (RT3). */
function behindPrefix(route: Route, context: RuleContext): Report | undefined {
	const { match, outside } = route;
	if (match === undefined || outside === undefined || !failsThere(outside)) return undefined;
	if (route.handler === undefined || !route.handshake.upgrade || route.intent.level !== 'certain') return undefined;
	const thief = takerOf(outside);
	const other = thief && locationMatch(thief);
	if (thief === undefined || other === undefined || thief.scope !== route.at.scope || serverRewriteOf(outside) !== undefined)
		return undefined;
	const how = takesAll(other, thief, match);
	if (how === undefined) return undefined;
	const about = aboutRoute(route);
	const path = route.urls[0]?.path ?? other.pattern;
	const { why, remedy, cures } = answerTo(how, path);
	return {
		...about,
		at: placeOfArgument(route.at, match.argument),
		message: `nginx gives ${path} to ${locationTitle(thief)} (${whereIs(thief, context.configuration)}), ${why}, and no WebSocket gets through there. ${remedy}.`,
		related: [{ ...placeOf(thief), message: 'Takes the path first.' }, ...(about.related ?? [])],
		cures: () => cures(route, thief),
	};
}

/** How a location takes every path of an expression. */
type Taking = 'keeps expressions out' | 'is exact' | 'adds the slash';

function answerTo(
	how: Taking,
	path: string,
): {
	readonly why: string;
	readonly remedy: string;
	readonly cures: (route: Route, thief: PlacedDirective) => readonly Cure[];
} {
	switch (how) {
		case 'keeps expressions out':
			return {
				why: 'whose ^~ keeps regular expressions from its paths',
				remedy: 'Write it without ^~, or this location as a longer prefix',
				cures: (_, thief) => withoutSign(thief),
			};
		case 'is exact':
			return {
				why: 'which comes before every regular expression',
				remedy: 'Put what stands here into that location',
				cures: () => [],
			};
		case 'adds the slash':
			return {
				why: 'which redirects it to its own path with a slash before any regular expression is tried',
				remedy: `Write \`location = ${path}\``,
				cures: ({ at, match }) => exactly(at, literalStart(match?.pattern ?? '').text),
			};
	}
}

/** How a location takes every path that an expression matches; undefined where it may leave it some, as may another prefix that begins like them. */
function takesAll({ kind, pattern }: LocationMatch, thief: PlacedDirective, expression: LocationMatch): Taking | undefined {
	const { text, isWhole } = literalStart(expression.pattern);
	const isOne = isWhole && expression.kind === 'regex';
	if (kind === 'exact') return isOne && text === pattern ? 'is exact' : undefined;
	if (!isPrefix(kind)) return undefined;
	if (isOne && pattern === `${text}/`) return 'adds the slash';
	if (kind === 'prefix' || (expression.kind === 'regex-caseless' && pattern !== '/')) return undefined;
	if (pattern !== '/' && !text.startsWith(pattern)) return undefined;
	const leaves = (thief.scope.byName.get('location') ?? []).some((placed) => {
		const one = locationMatch(placed);
		if (one?.kind !== 'prefix' || one.pattern.length <= pattern.length) return false;
		return one.pattern.startsWith(text) || text.startsWith(one.pattern);
	});
	return leaves ? undefined : 'keeps expressions out';
}

/** An expression that matches one path, as the exact location of that path. */
function exactly(at: PlacedDirective, path: string): readonly Cure[] {
	const [first] = at.node.args;
	const last = at.node.args.at(-1);
	if (first === undefined || last === undefined || !/^[\w/.~-]+$/.test(path)) return [];
	const edits = [{ path: at.file.path, span: { start: first.span.start, end: last.span.end }, text: `= ${path}` }];
	return [{ title: `Write location = ${path}`, preferred: true, edits }];
}

function withoutSign(thief: PlacedDirective): readonly Cure[] {
	const [first] = thief.node.args;
	const word = thief.node.args.at(-1);
	if (word === undefined || first === undefined) return [];
	const written = thief.file.tree.source.slice(word.span).replace(/^\^~/, '');
	const edits = [{ path: thief.file.path, span: { start: first.span.start, end: word.span.end }, text: written }];
	return [{ title: `Take ^~ from ${locationTitle(thief)}`, preferred: true, edits }];
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
	return isExpression(kind) ? location : undefined;
}

/** Who takes a longer path under the same prefix: a pattern that takes the bare prefix alone steals nothing. */
function further(route: Route, context: RuleContext): Scope | null {
	const url = route.urls[0];
	if (url === undefined) return null;
	return context.predictor.predict(handshakeRequest({ ...url, path: `${url.path}${url.path.endsWith('/') ? '' : '/'}room` }))
		.location;
}

function advice(route: Route, thief: PlacedDirective): string {
	const pattern = protectable(route, thief)?.match.pattern;
	return pattern === undefined
		? 'Take that expression out of this location, or let it leave this path alone.'
		: `Write \`location ^~ ${pattern}\`.`;
}
