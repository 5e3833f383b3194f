import type { PlacedDirective, Scope } from '../config/model.ts';
import { removeDirective } from './cures/editing.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute } from './wording.ts';

export default defineRule({
	id: 'location-internal',
	summary: 'A WebSocket location is internal, so nginx answers 404 to every client.',
	severity: 'error',
	why: `\`internal\` lets only requests in that nginx itself sends there: error_page, try_files, rewrite, auth_request, mirror, or
X-Accel-Redirect from a backend. A client that asks for the path gets 404.`,
	remedy: 'Remove `internal`, or lead the handshake there with error_page or rewrite.',
	ignore: 'A backend sends requests there with X-Accel-Redirect.',
	rows: ['RT13'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_core_module.html#internal'],
	examples: [
		{
			title: 'internal stays from an example',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«internal»;
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
	],
	*check(context) {
		for (const route of context.routes) {
			const line = route.location.byName.get('internal')?.[0];
			if (line === undefined || route.match === undefined || mayBeJumpedTo(route.server)) continue;
			yield {
				...aboutRoute(route),
				severity: 'warning',
				at: placeOf(line),
				message: `This location is internal, and no error_page, try_files, rewrite, auth_request or mirror of this server leads to it, so every client gets 404. Remove \`internal;\`, unless a backend sends requests here with X-Accel-Redirect.`,
				cures: () => [{ title: 'Let clients reach this location', preferred: true, edits: [removeDirective(line)] }],
			};
		}
	},
});

const JUMPS: ReadonlySet<string> = new Set([
	'error_page',
	'try_files',
	'rewrite',
	'auth_request',
	'mirror',
	'index',
	'post_action',
	'add_before_body',
	'add_after_body',
	'perl',
	'js_content',
	'ssi',
]);

/** True when a server holds a directive that can send a request to another location. */
function mayBeJumpedTo(server: Scope): boolean {
	const holds = (placed: PlacedDirective): boolean =>
		JUMPS.has(placed.node.name.value) || /_by_lua/.test(placed.node.name.value) || (placed.body?.directives.some(holds) ?? false);
	const outside =
		server.parent === undefined
			? []
			: ['error_page', 'auth_request', 'mirror'].flatMap((name) => server.parent?.byName.get(name) ?? []);
	return outside.length > 0 || server.unresolved.length > 0 || server.directives.some(holds);
}
