import { isExpression, locationMatch, locationTitle } from '../config/location.ts';
import type { PlacedDirective } from '../config/model.ts';
import type { Obstacle, Prediction } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { takerOf as firstTaker, serverRewriteOf } from '../routes/taker.ts';
import { mayUpgradeElsewhere } from './jumps.ts';
import { defineRule, placeOf, type Report, type RuleContext } from './rule.ts';
import { aboutRoute, routePlace, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'handshake-fails',
	summary: 'No handshake gets through a WebSocket route, for a reason that has no rule of its own.',
	severity: 'error',
	why: `Every line of the configuration is followed for a handshake as nginx would follow it, for any client, with any password, cookie or
address. Where all of them fail on a location that sets the headers of a WebSocket route, and no other rule names the mistake, this one says
what nginx does, and the line that decides it. It is a warning where nginx answers by itself, as \`deny all\` does: that may be meant.`,
	remedy: 'Change the line that is named, or say that the location is none for WebSockets.',
	ignore: 'The route is closed on purpose; or mark it with the comment `# not websocket`.',
	rows: ['RT25', 'HD1', 'BK1'],
	sources: [
		'https://nginx.org/en/docs/http/websocket.html',
		'https://nginx.org/en/docs/http/ngx_http_access_module.html',
		'https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1',
	],
	last: true,
	examples: [
		{
			title: 'nobody is let in',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«deny all»;
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
	location /ws {
		allow 127.0.0.1;
		deny all;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 403 },
		},
		{
			title: 'an expression for hidden files takes the path',
			within: 'http',
			bad: `server {
	listen 8080;
	location ~ /\\. {
		deny all;
	}
	location /.live/ws {
		«proxy_pass http://127.0.0.1:9000»;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location ~ /\\. {
		deny all;
	}
	location ^~ /.live/ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			path: '/.live/ws',
			proof: { bad: 403 },
		},
		{
			title: 'a rewrite of the server leads the path to another location',
			within: 'http',
			path: '/grafana/api/live',
			bad: `server {
	listen 8080;
	rewrite ^/grafana/(.*) /$1 break;
	location / {
		proxy_pass http://127.0.0.1:9000;
	}
	location /grafana/api/live {
		«proxy_pass http://127.0.0.1:9000»;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	rewrite ^/grafana/(.*) /$1 break;
	location / {
		proxy_pass http://127.0.0.1:9000;
	}
	location /api/live {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 'fails' },
		},
		{
			title: 'a jump to a backend that makes no tunnel',
			within: 'http',
			bad: `server {
	listen 8080;
	«location /ws» {
		try_files /none @app;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
	}
	location @app {
		fastcgi_pass 127.0.0.1:9000;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		try_files /none @app;
	}
	location @app {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.intent.level !== 'certain' || route.at.file.tree.template || route.location.byName.has('internal')) continue;
			const failure = failureOf(route);
			if (failure === undefined || context.isSpokenAbout(route)) continue;
			// Which server takes a name is a matter of the names.
			if (failure.outcome === 'answered' && failure.server !== route.server) continue;
			const taker = takerOf(failure, route);
			if (taker !== undefined && !isCertain(route, taker, context)) continue;
			if (taker !== undefined && mayUpgradeElsewhere(failure, route, context)) continue;
			const line = lineOf(failure, route);
			const isAnswered = failure.obstacles.every(({ code }) => code === 'not-proxied');
			const what = sentence(failure, route, taker, line, context);
			yield {
				...aboutRoute(route),
				...(isAnswered ? { severity: 'warning' as const } : {}),
				at: line !== undefined && line.scope === route.location ? placeOf(line) : routePlace(route),
				message: `${what}, so no WebSocket opens through ${titleOf(route)}. ${advice(route, taker, isAnswered, failure)}`,
			} satisfies Report;
		}
	},
});

/** Obstacles that other rules judge by more than the prediction. */
const OPEN: ReadonlySet<Obstacle['code']> = new Set(['client-request', 'response-status']);

/** What becomes of the handshake of the client that comes furthest; undefined where some client's may upgrade. */
function failureOf({ handshake, outside }: Route): Prediction | undefined {
	const failure = fails(handshake) ? handshake : outside !== undefined && fails(outside) ? outside : undefined;
	if (failure === undefined || failure.obstacles.some(({ code }) => OPEN.has(code))) return undefined;
	// Some backends take a handshake by HTTP/1.0.
	return failure.obstacles.some(({ code }) => code !== 'http-1.0') || failure.obstacles.length === 0 ? failure : undefined;
}

/** What is not known may not matter: then there is an obstacle either way. */
function fails({ outcome, upgrade, obstacles }: Prediction): boolean {
	return !upgrade && (outcome !== 'unknown' || obstacles.length > 0);
}

/** Another location that gets the request. */
interface Taker {
	readonly at: PlacedDirective;
	/** The route had it first. */
	readonly isHandedOn: boolean;
}

function takerOf(failure: Prediction, { match, at }: Route): Taker | undefined {
	if (match === undefined) return undefined;
	const first = firstTaker(failure);
	if (first !== undefined && first.node !== at.node && match.kind !== 'named') return { at: first, isHandedOn: false };
	const last = failure.location?.opener;
	return last === undefined || last.node === at.node ? undefined : { at: last, isHandedOn: true };
}

/** Whether another location takes all that the route's is there for, and nothing has been said of that one. */
function isCertain({ match }: Route, { at, isHandedOn }: Taker, context: RuleContext): boolean {
	// The example of these may be the one path that the other location takes.
	if (!isHandedOn && (match === undefined || match.pattern === '/' || isExpression(match.kind))) return false;
	const beyond = context.allRoutes.find((route) => route.at === at);
	return beyond === undefined || !context.isSpokenAbout(beyond);
}

/** The last line that decided and that stands for something a person could change. */
function lineOf({ obstacles, because }: Prediction, route: Route): PlacedDirective | undefined {
	const [line] = obstacles.filter(({ code }) => code !== 'http-1.0').flatMap(({ at }) => at);
	if (line !== undefined) return line;
	if (obstacles.some(({ code }) => code === 'request-target'))
		return because.findLast(({ at }) => at.node.name.value === 'rewrite')?.at;
	if (obstacles.some(({ code }) => code !== 'not-proxied')) return undefined;
	return because.findLast(({ at }) => at !== route.at && !/^(?:location|server|listen)$/.test(at.node.name.value))?.at;
}

function sentence(
	failure: Prediction,
	route: Route,
	taker: Taker | undefined,
	line: PlacedDirective | undefined,
	{ configuration }: RuleContext,
): string {
	const { outcome, status, obstacles } = failure;
	const other = taker && `${locationTitle(taker.at)} (${whereIs(taker.at, configuration)})`;
	const rewrite = taker?.isHandedOn === false ? serverRewriteOf(failure) : undefined;
	const led =
		rewrite === undefined
			? ''
			: `, since the rewrite (${whereIs(rewrite, configuration)}) changes the path before nginx looks for a location`;
	const taken = taker?.isHandedOn
		? `this location hands its requests on to ${other}, and `
		: `nginx gives ${route.urls[0]?.path ?? 'the request'} to ${other}${led}, and `;
	const place = line === undefined ? '' : ` (${line.node.name.value}, ${whereIs(line, configuration)})`;
	const obstacle = obstacles.find(({ code }) => code !== 'not-proxied' && code !== 'http-1.0') ?? obstacles[0];
	const what =
		outcome === 'refused'
			? 'the connection is refused before nginx reads a request'
			: outcome === 'answered'
				? `nginx answers ${status ?? 'from files on disk'} itself`
				: (obstacle?.text ?? 'no backend gets the handshake');
	const text = `${taker === undefined ? '' : taken}${what}${place}`;
	return text.startsWith('nginx') ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function advice({ match, at }: Route, taker: Taker | undefined, isAnswered: boolean, failure: Prediction): string {
	if (taker?.isHandedOn) return 'Pass handshakes to a backend that speaks WebSocket before that.';
	if (taker !== undefined) {
		if (serverRewriteOf(failure) !== undefined)
			return 'Let that rewrite leave this path alone, or write this location for the path that it makes.';
		const other = locationMatch(taker.at);
		return match?.kind === 'prefix' && other !== undefined && isExpression(other.kind) && taker.at.scope === at.scope
			? `Write \`location ^~ ${match.pattern}\` to keep regular expressions from it, or let that location leave this path alone.`
			: 'Let that location leave this path alone.';
	}
	return isAnswered
		? 'Change that line, or mark the location with the comment # not websocket.'
		: 'Change what that line sends, or mark the location with the comment # not websocket.';
}
