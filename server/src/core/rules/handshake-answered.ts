import { effective } from '../config/effective.ts';
import { locationTitle } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import type { NginxVersion } from '../reference/versions.ts';
import type { Prediction } from '../request/prediction.ts';
import { HANDLERS } from '../routes/handlers.ts';
import type { Route } from '../routes/route.ts';
import { dependsOnClient } from './clientChosen.ts';
import { removeDirective, wrapDirective } from './cures/editing.ts';
import { jumpIntoNothing, mayUpgradeElsewhere, rewriteCycle } from './jumps.ts';
import { type Cure, defineRule, placeOf, type Report, type RuleContext } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'handshake-answered',
	summary: 'nginx answers the handshake itself before the location can pass it on.',
	severity: 'error',
	why: `proxy_pass comes last. A \`return\` in the location or the server, \`try_files … =404\`, \`limit_except\` without GET, or a
valid_referers without \`none\` (browsers send no Referer with a handshake) answers first, and no backend ever sees the request.`,
	remedy: 'Take the directive out of the way of the WebSocket location.',
	ignore: 'The location is switched off on purpose.',
	rows: ['RT10', 'RT11', 'RT12', 'RT23', 'RT24'],
	sources: [
		'https://nginx.org/en/docs/dev/development_guide.html#http_phases',
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files',
		'https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#return',
	],
	examples: [
		{
			title: 'try_files looks for a file first',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		«try_files $uri $uri/ =404»;
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
}
`,
			proof: { bad: 404 },
		},
		{
			title: 'try_files leads to a page',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«try_files $uri $uri/ /index.html»;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location / {
		root html;
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
		root html;
	}
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'limit_except forgets GET',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«limit_except POST» {
			deny all;
		}
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
		limit_except POST GET {
			deny all;
		}
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 403 },
		},
		{
			title: 'a return in the server',
			within: 'http',
			bad: `server {
	listen 8080;
	«return 404»;
	location /ws {
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
	location / {
		return 404;
	}
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: `server {
	listen 8080;
	if ($http_upgrade !~* "^websocket$") {
		return 404;
	}
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 404 },
		},
		{
			title: 'a return behind an if that proxies',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		if ($http_upgrade ~* websocket) {
			proxy_pass http://127.0.0.1:9000;
		}
		«return 426»;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		if ($http_upgrade !~* websocket) {
			return 426;
		}
		proxy_pass http://127.0.0.1:9000;
	}
}
`,
			fixed: `server {
	listen 8080;
	location /ws {
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		if ($http_upgrade ~* websocket) {
			proxy_pass http://127.0.0.1:9000;
		}
		if ($http_upgrade !~* "^websocket$") {
			return 426;
		}
	}
}
`,
			proof: { bad: 426 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.handler === undefined && !hasHandlerInIf(route)) continue;
			const gone = handedOn(route, context);
			if (gone !== undefined) {
				yield gone;
				continue;
			}
			const prediction = route.handshake.outcome === 'answered' ? route.handshake : route.outside;
			if (prediction === undefined || prediction.outcome !== 'answered' || isElsewhere(prediction, route)) continue;
			const line = cause(prediction, context.version);
			if (line === undefined || dependsOnClient(line, context.variables())) continue;
			if (jumpIntoNothing(prediction) !== undefined || rewriteCycle(prediction).length > 0) continue;
			yield {
				...aboutRoute(route),
				at: placeOf(line),
				message: `${sentence(line, prediction)}, so no handshake reaches the backend of ${titleOf(route)} (${whereIs(route.at, context.configuration)}). ${advice(line)}`,
				cures: () => curesOf(line),
			} satisfies Report;
		}
	},
});

/** A try_files beside the proxy_pass leads the handshake to another location, where it certainly fails, and not for want of headers alone. */
function handedOn(route: Route, context: RuleContext): Report | undefined {
	const { handshake, location } = route;
	const end = handshake.location?.opener;
	if (route.handler === undefined || end === undefined || end === route.at || handshake.upgrade) return undefined;
	const module = handshake.obstacles.find(({ code }) => code === 'module');
	if (handshake.outcome !== 'answered' && (handshake.outcome !== 'proxied' || module === undefined)) return undefined;
	const line = handshake.because
		.map(({ at }) => at)
		.findLast(({ node, scope }) => /^(?:try_files|rewrite|error_page)$/.test(node.name.value) && isOwn(scope, location));
	if (line?.node.name.value !== 'try_files' || line.scope !== location) return undefined;
	if (jumpIntoNothing(handshake) !== undefined || mayUpgradeElsewhere(handshake, route, context)) return undefined;
	const { configuration } = context;
	const answer = handshake.status === null ? 'nginx answers from files on disk' : `nginx answers ${handshake.status}`;
	return {
		...aboutRoute(route),
		at: placeOf(line),
		message: `try_files looks for a file before proxy_pass and hands the handshake on to ${locationTitle(end)} (${whereIs(end, configuration)}), where ${module?.text ?? answer}, so the backend of ${titleOf(route)} never gets one. ${advice(line)}`,
		related: [{ ...placeOf(end), message: 'Gets the handshake.' }, ...(aboutRoute(route).related ?? [])],
		cures: () => curesOf(line),
	};
}

function isOwn(scope: Scope, location: Scope): boolean {
	return scope === location || (scope.context === 'if' && scope.parent === location);
}

/** An `if` that proxies does not end the rewrite phase: a return behind it still answers. */
function hasHandlerInIf({ location }: Route): boolean {
	return (location.byName.get('if') ?? []).some(({ body }) => HANDLERS.some((name) => body?.byName.has(name)));
}

/** Another location or another server answers: that is a matter of which one takes the request. */
function isElsewhere({ location, server }: Prediction, route: Route): boolean {
	if (location !== null) return location !== route.location;
	return server !== null && server !== route.server;
}

const ANSWERING: readonly string[] = ['return', 'try_files', 'rewrite'];

/** The directive that made nginx answer, when it is one that does so for every handshake. Passwords and addresses are there on purpose (RT25). */
function cause(prediction: Prediction, version: NginxVersion): PlacedDirective | undefined {
	const lines = prediction.because.map(({ at }) => at);
	const limit = lines.find(({ scope }) => scope.context === 'limit_except')?.scope;
	if (limit !== undefined) return refusesEverybody(limit, version) ? limit.opener : undefined;
	if (lines.some(({ node }) => /^(?:auth_|deny$|allow$|satisfy)/.test(node.name.value))) return undefined;
	const referers = lines.find(({ node }) => node.name.value === 'valid_referers');
	return referers ?? lines.findLast(({ node }) => ANSWERING.includes(node.name.value));
}

/** True for a `limit_except` that holds `deny all` and nothing else; with passwords or addresses in it, it is a guard. */
function refusesEverybody(limit: Scope, version: NginxVersion): boolean {
	const [only, ...others] = limit.directives;
	if (only?.node.name.value !== 'deny' || only.node.args[0]?.value !== 'all' || others.length > 0) return false;
	const satisfy = effective(limit, 'satisfy', version);
	return satisfy.level === 'default' || (satisfy.level !== 'unknown' && satisfy.directives.at(-1)?.node.args[0]?.value !== 'any');
}

function sentence(line: PlacedDirective, prediction: Prediction): string {
	const status = prediction.status ?? 'from files on disk';
	switch (line.node.name.value) {
		case 'try_files':
			return `try_files looks for a file before proxy_pass and answers ${status}`;
		case 'limit_except':
			return `limit_except does not list GET, which a handshake is, and answers ${status}`;
		case 'valid_referers':
			return `valid_referers lacks none, browsers send no Referer with a handshake, and nginx answers ${status}`;
		default:
			return `This ${line.node.name.value} answers ${status} before proxy_pass`;
	}
}

function advice(line: PlacedDirective): string {
	switch (line.node.name.value) {
		case 'try_files':
			return 'Remove it here, or let it end in a named location that proxies.';
		case 'limit_except':
			return 'Add GET.';
		case 'valid_referers':
			return 'Add none, and check the Origin instead.';
		default:
			return 'Move it into a location of its own, or let handshakes pass it: `if ($http_upgrade !~* "^websocket$") { … }` around it.';
	}
}

function curesOf(line: PlacedDirective): readonly Cure[] {
	const last = line.node.args.at(-1);
	switch (line.node.name.value) {
		case 'try_files':
			return line.scope.context === 'location'
				? [{ title: 'Remove this try_files', preferred: true, edits: [removeDirective(line)] }]
				: [];
		case 'limit_except':
			return last === undefined
				? []
				: [
						{
							title: 'Allow GET',
							preferred: true,
							edits: [{ path: line.file.path, span: { start: last.span.end, end: last.span.end }, text: ' GET' }],
						},
					];
		case 'valid_referers':
			return last === undefined
				? []
				: [
						{
							title: 'Let requests without a Referer pass',
							preferred: true,
							edits: [{ path: line.file.path, span: { start: last.span.end, end: last.span.end }, text: ' none' }],
						},
					];
		default:
			return line.scope.context === 'location' || line.scope.context === 'server' ? unlessHandshake(line) : [];
	}
}

/** What answers plain requests goes on doing so. */
function unlessHandshake(line: PlacedDirective): readonly Cure[] {
	const name = line.node.name.value;
	return [
		{
			title: `Let handshakes pass this ${name}`,
			preferred: true,
			edits: wrapDirective(line, 'if ($http_upgrade !~* "^websocket$")'),
		},
		{ title: `Remove this ${name}`, preferred: false, edits: [removeDirective(line)] },
	];
}
