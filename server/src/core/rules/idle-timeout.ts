import { isSocketIo } from '../routes/names.ts';
import { idleTimeoutDirective, idleTimeoutEdit, SHORT_MS } from './cures/idleTimeout.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute, formatDuration, routePlace, whereIs } from './wording.ts';

/** nginx's default, and the least that is spoken about (TO1). */
const DEFAULT_MS = 60_000;

export default defineRule({
	id: 'idle-timeout',
	summary: 'A tunnel is closed after a minute of silence or less.',
	severity: 'information',
	why: `nginx ends a tunnel when no byte went either way for proxy_read_timeout (uwsgi_read_timeout, scgi_read_timeout, proxy_timeout in
stream), 60 s unless set. The browser sees close code 1006; nginx logs it at level info only. Bytes from either side restart the
clock, so pings more often than that keep the tunnel open as well.`,
	remedy: 'Set `proxy_read_timeout 1h;` in the location, or let either side ping more often than the limit.',
	ignore: 'Client or server ping more often than the limit.',
	rows: ['TO1', 'TO2', 'TO3', 'TO4', 'TO5', 'TO8', 'TO12', 'TO13', 'TO22', 'SM1'],
	sources: [
		'https://nginx.org/en/docs/http/websocket.html',
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout',
	],
	examples: [
		{
			title: 'the default of 60 s',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«proxy_pass http://127.0.0.1:9000»;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
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
			proof: { bad: 101 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const { idleTimeoutMs, idleTimeoutAt } = route.handshake;
			if (idleTimeoutMs === null || idleTimeoutMs === 0 || idleTimeoutMs > DEFAULT_MS) continue;
			// The rule read-timeout-zero says more about these.
			if (idleTimeoutMs < SHORT_MS && route.location.context === 'location') continue;
			if (route.match !== undefined && isSocketIo(route.match.pattern) && idleTimeoutMs > 25_000) continue;
			// After a jump, what the location at its end says counts (TO12); one for WebSockets speaks for itself.
			const end = context.allRoutes.find(({ location }) => location === route.handshake.location) ?? route;
			if (end !== route && context.routes.includes(end)) continue;
			const name = idleTimeoutDirective(end) ?? 'proxy_read_timeout';
			const origin =
				idleTimeoutAt === undefined ? `the default of ${name}` : `${name}, ${whereIs(idleTimeoutAt, context.configuration)}`;
			yield {
				...aboutRoute(route),
				severity: 'information',
				at: idleTimeoutAt === undefined || idleTimeoutAt.scope !== end.location ? routePlace(end) : placeOf(idleTimeoutAt),
				message: `nginx closes this tunnel after ${formatDuration(idleTimeoutMs)} without a byte in either direction (${origin}); the browser sees close code 1006. Set \`${name} 1h;\`, or ping more often than that.`,
				cures: () => {
					const edit = idleTimeoutEdit(end, '1h');
					return edit === undefined ? [] : [{ title: 'Let the tunnel be silent for an hour', preferred: true, edits: [edit] }];
				},
			};
		}
	},
});
