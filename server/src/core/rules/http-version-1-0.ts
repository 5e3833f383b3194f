import { isAtLeast } from '../reference/versions.ts';
import type { Route } from '../routes/route.ts';
import { httpVersionEdit } from './cures/httpVersion.ts';
import { webSocketRouteCure } from './cures/webSocketRoute.ts';
import { isReached } from './reached.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute, routePlace } from './wording.ts';

export default defineRule({
	id: 'http-version-1-0',
	summary: 'nginx speaks HTTP/1.0 to the backend of a WebSocket location.',
	severity: 'warning',
	why: `Before 1.29.7 nginx speaks HTTP/1.0 to backends unless \`proxy_http_version 1.1\` says otherwise, and RFC 6455 asks for at least
HTTP/1.1. 17 of 21 tested backends accept the handshake all the same; Go coder/websocket (426), Python websockets (400), Hypercorn (400)
and Jetty (200) refuse it. nginx 1.29.7 and newer speak 1.1 by themselves.`,
	remedy: 'Write `proxy_http_version 1.1;` in the location. It does no harm on newer versions.',
	ignore:
		'The backend is known to take handshakes over HTTP/1.0, or nginx is 1.29.7 or newer: then set the nginx version instead.',
	rows: ['HD4', 'HD5'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version', 'https://nginx.org/en/CHANGES'],
	examples: [
		{
			title: 'no HTTP version, on nginx before 1.29.7',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		«proxy_pass http://127.0.0.1:9000»;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails', before: '1.29.7' },
		},
		{
			title: 'HTTP/1.0 asked for',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		«proxy_http_version 1.0»;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const { handshake } = route;
			const obstacle =
				handshake.location === route.location ? handshake.obstacles.find(({ code }) => code === 'http-1.0') : undefined;
			if (obstacle === undefined || !isReached(route) || isNotYetForwarded(route)) continue;
			const written = obstacle.at[0];
			const cause =
				written === undefined
					? 'nginx before 1.29.7 speaks HTTP/1.0 to this backend because no proxy_http_version is set'
					: 'proxy_http_version 1.0 makes nginx speak HTTP/1.0 to this backend';
			yield {
				...aboutRoute(route),
				severity: 'warning',
				...(written === undefined ? { versions: { before: '1.29.7' } } : {}),
				at: written === undefined || written.scope !== route.location ? routePlace(route) : placeOf(written),
				message: `${cause}, and 4 of 21 tested backends refuse a WebSocket handshake over it (Go coder/websocket, Python websockets, Hypercorn, Jetty). Write \`proxy_http_version 1.1;\`${
					written === undefined && !isAtLeast(context.version, '1.29.7') ? ', which newer versions do by themselves.' : '.'
				}`,
				cures: () => {
					const edit = httpVersionEdit(route);
					const all = webSocketRouteCure(route, context);
					return [
						...(edit === undefined ? [] : [{ title: 'Speak HTTP/1.1 to the backend', preferred: true, edits: [edit] }]),
						...(all === undefined ? [] : [all]),
					];
				},
			};
		}
	},
});

/** A likely route that forwards nothing yet is cured as a whole by upgrade-not-forwarded. */
function isNotYetForwarded(route: Route): boolean {
	return route.intent.level === 'likely' && route.handshake.obstacles.some(({ code }) => code === 'upgrade-missing');
}
