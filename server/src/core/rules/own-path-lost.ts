import { isExpression, isPrefix, locationMatch, locationTitle } from '../config/location.ts';
import type { PlacedDirective } from '../config/model.ts';
import type { Prediction } from '../request/prediction.ts';
import { examplePath } from '../routes/examplePath.ts';
import { endpointWord, isSocketIo } from '../routes/names.ts';
import type { Route } from '../routes/route.ts';
import { serverRewriteOf, takerOf } from '../routes/taker.ts';
import { requestForOwnPath } from '../routes/urls.ts';
import { obstacleOf } from '../routes/verdict.ts';
import { wrapDirective } from './cures/editing.ts';
import { keepExpressionsOff, protectable } from './cures/prefixFirst.ts';
import { type Cure, defineRule, placeOf, placeOfArgument, type Report, type RuleContext } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'own-path-lost',
	summary: 'Handshakes for the very path of a WebSocket location fail, while longer paths get through.',
	severity: 'warning',
	why: `Most clients open the path of the location itself, \`wss://example.com/ws\`, and those of socket.io \`/socket.io/\`. A regular expression for
one segment (\`^/([^/]+)$\`), or a rewrite that takes the last slash away, catches exactly that path; a test with a longer one shows nothing.
It is information where the location has no name of a WebSocket endpoint.`,
	remedy: 'Write `location ^~ /ws`, or let the rewrite leave handshakes alone.',
	ignore: 'Every client opens a longer path.',
	rows: ['RT3', 'RT4', 'RT7'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#location',
		'https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#rewrite',
		'https://socket.io/docs/v4/client-options/#path',
	],
	examples: [
		{
			title: 'an expression for one segment',
			within: 'http',
			bad: `server {
	listen 8080;
	location «/ws» {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location ~ ^/([^/]+)$ {
		return 404;
	}
}
`,
			good: `server {
	listen 8080;
	location ^~ /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location ~ ^/([^/]+)$ {
		return 404;
	}
}
`,
			proof: { bad: 404 },
		},
		{
			title: 'a rewrite takes the slash from socket.io',
			within: 'http',
			path: '/socket.io/',
			bad: `server {
	listen 8080;
	«rewrite ^(.+)/$ $1 permanent»;
	location /socket.io/ {
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
	if ($http_upgrade !~* "^websocket$") {
		rewrite ^(.+)/$ $1 permanent;
	}
	location /socket.io/ {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 301 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const { match, outside } = route;
			if (match === undefined || !isPrefix(match.kind)) continue;
			if (match.pattern === '/' || outside?.upgrade !== true || outside.location !== route.location) continue;
			const own = failureOf(route);
			if (own === undefined) continue;
			const isNamed = endpointWord(match.pattern) !== undefined;
			// What stands at the path of an application with a slash at its end is a page.
			if (!isNamed && match.pattern.endsWith('/')) continue;
			const [url] = route.urls;
			const report = url && reportOf(route, own, requestForOwnPath(url).uri, context);
			if (report !== undefined) yield isNamed ? report : { ...report, severity: 'information' };
		}
	},
});

/** What becomes of handshakes for the path, where they fail whoever asks, or for everybody who sends no query and is led to the path without its slash. */
function failureOf(route: Route): Prediction | undefined {
	const { match, outsideOfPath: own, outsideOfExample: example } = route;
	if (own !== undefined && fails(own, route)) return own;
	if (match === undefined || !match.pattern.endsWith('/') || isSocketIo(match.pattern)) return undefined;
	return example !== undefined && isCut(example, route) && fails(example, route) ? example : undefined;
}

/** Whether a redirect leads to the path of the location without its slash. */
function isCut({ redirect }: Prediction, { match }: Route): boolean {
	const pattern = match?.pattern ?? '';
	return pattern.endsWith('/') && ((redirect ?? '').split('?')[0] ?? '').endsWith(pattern.slice(0, -1));
}

/** Whether every client's handshake for the path fails, but for a redirect to the same path with a slash: that is `slash-redirect`'s. */
function fails({ outcome, upgrade, server, redirect, obstacles }: Prediction, { server: own, match }: Route): boolean {
	if (upgrade || server !== own || (outcome !== 'answered' && outcome !== 'proxied')) return false;
	if (outcome === 'proxied' && obstacles.every(({ code }) => code === 'http-1.0')) return false;
	return match !== undefined && !(redirect ?? '').split('?')[0]?.endsWith(`${match.pattern}/`);
}

function reportOf(route: Route, own: Prediction, path: string, context: RuleContext): Report | undefined {
	const { configuration } = context;
	const about = { ...aboutRoute(route), severity: 'warning' as const };
	const beyond = `longer paths reach ${titleOf(route)}`;
	const line = serverRewriteOf(own) ?? lineIn(own, route);
	if (line !== undefined)
		return {
			...about,
			at: placeOf(line),
			message: `This ${line.node.name.value} catches ${path} itself, and ${whatOf(own)}, so a client that opens exactly that path gets no WebSocket; ${beyond} (${whereIs(route.at, configuration)}). ${advice(line)}`,
			cures: () => passedBy(line),
		};
	const thief = takerOf(own);
	const other = thief && locationMatch(thief);
	if (thief === undefined || thief === route.at || other === undefined || !isExpression(other.kind)) return undefined;
	// An expression that is there for this very path was written on purpose.
	const isForThis = (examplePath(other)?.path ?? '').startsWith(route.match?.pattern ?? '/');
	const protects = isForThis ? undefined : protectable(route, thief)?.match.pattern;
	return {
		...about,
		at: placeOfArgument(route.at, route.match?.argument ?? 0),
		message: `nginx gives ${path} itself to ${locationTitle(thief)} (${whereIs(thief, configuration)}), and ${whatOf(own)}, so a client that opens exactly that path gets no WebSocket; only ${beyond}. ${protects === undefined ? 'Let that expression leave this path alone.' : `Write \`location ^~ ${protects}\`.`}`,
		related: [{ ...placeOf(thief), message: `Takes ${path} first.` }, ...(about.related ?? [])],
		cures: () => (isForThis ? [] : keepExpressionsOff(route, thief)),
	};
}

function whatOf({ outcome, status, obstacles }: Prediction): string {
	if (outcome === 'answered') return status === null ? 'nginx answers from files on disk' : `nginx answers ${status} itself`;
	return obstacleOf(obstacles)?.text ?? 'the handshake fails';
}

/** The rewrite of the location itself that ended the request or sent it on, or the return of an `if` that cuts the slash: another one was written for the path. */
function lineIn(own: Prediction, route: Route): PlacedDirective | undefined {
	const { location } = route;
	return own.because
		.map(({ at }) => at)
		.findLast(({ node: { name }, scope }) => {
			const level = scope.context === 'if' ? scope.parent : scope;
			if (name.value === 'return')
				return scope.context === 'if' && isCut(own, route) && (level === location || level?.context === 'server');
			return name.value === 'rewrite' && level === location;
		});
}

function isWrappable({ node: { name }, scope }: PlacedDirective): boolean {
	return name.value === 'rewrite' && scope.context !== 'if';
}

function advice(line: PlacedDirective): string {
	return isWrappable(line)
		? 'Let handshakes pass it: `if ($http_upgrade !~* "^websocket$") { … }` around it.'
		: 'Let it leave this path alone.';
}

/** What the rewrite does with plain requests stays; it cannot go into a second `if`. */
function passedBy(line: PlacedDirective): readonly Cure[] {
	if (!isWrappable(line)) return [];
	const edits = wrapDirective(line, 'if ($http_upgrade !~* "^websocket$")');
	return [{ title: 'Let handshakes pass this rewrite', preferred: true, edits }];
}
