import { isExpression, isPrefix, locationMatch } from '../config/location.ts';
import type { Scope } from '../config/model.ts';
import { compileRegex } from '../config/regex.ts';
import { encodePath } from '../routes/examplePath.ts';
import { HANDLERS } from '../routes/handlers.ts';
import { isSocketIo } from '../routes/names.ts';
import type { Route } from '../routes/route.ts';
import { handshakeRequest } from '../routes/urls.ts';
import { insertBlockBefore } from './cures/editing.ts';
import { type Cure, defineRule, placeOfArgument, type RuleContext } from './rule.ts';
import { aboutRoute } from './wording.ts';

export default defineRule({
	id: 'slash-redirect',
	summary: 'A handshake for /ws is redirected to /ws/ before the location that would take it.',
	severity: 'information',
	why: `For \`location /ws/\` with a proxy_pass, nginx answers 301 to a request for /ws, before it tries regular expressions or a
shorter prefix. WebSocket clients do not follow redirects. It matters where another location of the server would have taken /ws.`,
	remedy: 'Add `location = /ws` that leads there, or write the location without the final slash, which takes /wsfoo too.',
	ignore: 'Every client opens the URL with the final slash.',
	rows: ['RT1', 'RT2'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_core_module.html#location'],
	examples: [
		{
			title: 'the catch-all would have taken /ws',
			within: 'http',
			path: '/ws',
			bad: `server {
	listen 8080;
	location «/ws/» {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location / {
		proxy_pass http://127.0.0.1:9000;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location / {
		proxy_pass http://127.0.0.1:9000;
	}
}
`,
			fixed: `server {
	listen 8080;
	location = /ws {
		rewrite ^ /ws/ last;
	}

	location /ws/ {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location / {
		proxy_pass http://127.0.0.1:9000;
	}
}
`,
			proof: { bad: 301 },
		},
	],
	*check(context) {
		const tables = new Map<Scope | undefined, Takers>();
		for (const route of context.routes) {
			const { match } = route;
			if (match === undefined || !isPrefix(match.kind)) continue;
			// Clients of socket.io always send the slash.
			if (isSocketIo(match.pattern)) continue;
			if (!match.pattern.endsWith('/') || match.pattern === '/' || !HANDLERS.some((name) => route.location.byName.has(name)))
				continue;
			const bare = match.pattern.slice(0, -1);
			const level = route.location.parent;
			const takers = tables.get(level) ?? takersIn(level);
			tables.set(level, takers);
			if (!isTakenOtherwise(bare, takers) || !isRedirected(route, bare, context)) continue;
			yield {
				...aboutRoute(route),
				severity: 'information',
				at: placeOfArgument(route.at, match.argument),
				message: `nginx answers a handshake for ${bare} with 301 to ${match.pattern}, although another location of this server would take it, and WebSocket clients do not follow redirects. Add \`location = ${bare}\`, or make sure that every client asks for ${match.pattern}.`,
				cures: () => (route.handler === undefined ? [] : curesOf(route, bare, match.pattern)),
			};
		}
	},
});

/** A location for the one path: without its slash the prefix would take other locations' paths too. */
function curesOf(route: Route, bare: string, pattern: string): readonly Cure[] {
	if (!/^[\w/.~-]+$/.test(pattern)) return [];
	const lines = [`location = ${bare} {`, `\trewrite ^ ${pattern} last;`, '}'];
	return [{ title: `Take ${bare} too`, preferred: true, edits: [insertBlockBefore(route.at, lines)] }];
}

/** What takes paths on one level, among the locations that pass requests on. */
interface Takers {
	readonly prefixes: ReadonlySet<string>;
	readonly expressions: readonly ((path: string) => boolean)[];
}

function takersIn(level: Scope | undefined): Takers {
	const prefixes = new Set<string>();
	const expressions = new Map<string, Takers['expressions'][number]>();
	for (const placed of level?.byName.get('location') ?? []) {
		const match = locationMatch(placed);
		if (match === undefined || !HANDLERS.some((name) => placed.body?.byName.has(name))) continue;
		const { kind, pattern } = match;
		if (isPrefix(kind)) prefixes.add(pattern);
		else if (isExpression(kind)) {
			const key = `${kind} ${pattern}`;
			if (!expressions.has(key)) expressions.set(key, compiled(pattern, kind === 'regex-caseless'));
		}
	}
	return { prefixes, expressions: [...expressions.values()] };
}

/** True when a location takes the path without its slash; the one with the slash does not. */
function isTakenOtherwise(bare: string, { prefixes, expressions }: Takers): boolean {
	for (let end = 0; end <= bare.length; end++) if (prefixes.has(bare.slice(0, end))) return true;
	return expressions.some((takes) => takes(bare));
}

function compiled(pattern: string, caseless: boolean): (path: string) => boolean {
	const regex = compileRegex(pattern, caseless);
	return 'exec' in regex ? (path) => regex.exec(path) != null : () => false;
}

function isRedirected(route: Route, bare: string, context: RuleContext): boolean {
	const url = route.urls[0];
	if (url === undefined) return false;
	const answer = context.predictor.predict({ ...handshakeRequest(url), uri: encodePath(bare) });
	return answer.outcome === 'answered' && answer.status === 301 && (answer.redirect ?? '').includes(`${encodePath(bare)}/`);
}
