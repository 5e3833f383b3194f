import { isAtLeast } from '../reference/versions.ts';
import { httpVersionEdit } from './cures/httpVersion.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute, routePlace } from './wording.ts';

export default defineRule({
	id: 'http-version-2',
	summary: 'nginx speaks HTTP/2 to the backend of a WebSocket location, which cannot carry an upgrade.',
	severity: 'error',
	why: `HTTP/2 has no Upgrade, and nginx does not implement WebSockets over HTTP/2 (RFC 8441). With \`proxy_http_version 2\` the
handshake ends in 200 or 502.`,
	remedy: 'Set `proxy_http_version 1.1;` in the WebSocket location.',
	ignore: 'Never: no backend can upgrade such a request.',
	rows: ['HD6'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version',
		'https://github.com/nginx/nginx/issues/1034',
	],
	versions: { from: '1.29.4' },
	examples: [
		{
			title: 'HTTP/2 to the backend',
			within: 'http',
			checkVersion: '1.30.0',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		«proxy_http_version 2»;
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
			proof: { bad: 'fails', from: '1.29.4' },
		},
	],
	*check(context) {
		// Before, nginx takes no 2 here and does not start: another rule says that.
		if (!isAtLeast(context.version, '1.29.4')) return;
		for (const route of context.routes) {
			const obstacle =
				route.handshake.location === route.location ? route.handshake.obstacles.find(({ code }) => code === 'http-2') : undefined;
			if (obstacle === undefined) continue;
			const written = obstacle.at[0];
			yield {
				...aboutRoute(route),
				at: written === undefined || written.scope !== route.location ? routePlace(route) : placeOf(written),
				message:
					'nginx speaks HTTP/2 to this backend, and no upgrade is possible over it: the handshake ends in 200 or 502. Write `proxy_http_version 1.1;` in this location.',
				cures: () => {
					const edit = httpVersionEdit(route);
					return edit === undefined ? [] : [{ title: 'Speak HTTP/1.1 to the backend', preferred: true, edits: [edit] }];
				},
			};
		}
	},
});
