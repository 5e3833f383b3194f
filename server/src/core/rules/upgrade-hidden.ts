import type { PlacedDirective } from '../config/model.ts';
import type { Route } from '../routes/route.ts';
import { insertInto, removeDirective } from './cures/editing.ts';
import { ANCHORS } from './cures/headerLines.ts';
import { type Cure, defineRule, placeOf } from './rule.ts';
import { aboutRoute, routePlace, whereIs } from './wording.ts';

export default defineRule({
	id: 'upgrade-hidden',
	summary: 'proxy_hide_header removes a header of the 101 that the client needs.',
	severity: 'error',
	why: `\`proxy_hide_header Upgrade\` is a popular cure for browsers that dislike a backend's "Upgrade: h2c". It also takes Upgrade out of
the 101: nginx logs 101 and opens the tunnel, but the browser says "'Upgrade' header is missing" and closes with 1006. Hiding
Sec-WebSocket-Accept has the same effect.`,
	remedy:
		'Hide the header in other locations only, or write `proxy_pass_header Upgrade;` in the WebSocket location: it cancels the hiding.',
	ignore: 'Never on a WebSocket route: no client accepts such an answer.',
	rows: ['HD31', 'HD32', 'PR9'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_hide_header',
		'https://www.rfc-editor.org/rfc/rfc6455#section-4.1',
	],
	examples: [
		{
			title: 'Upgrade is hidden in the location',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		«proxy_hide_header Upgrade»;
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
			proof: { bad: 'fails' },
		},
		{
			title: 'Upgrade is hidden for the whole server',
			within: 'http',
			bad: `server {
	listen 8080;
	proxy_hide_header Upgrade;
	location /ws {
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
	proxy_hide_header Upgrade;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_pass_header Upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.handshake.location !== route.location) continue;
			for (const obstacle of route.handshake.obstacles) {
				const [line] = obstacle.at;
				if (obstacle.code !== 'response-header-hidden' || line === undefined) continue;
				const header = line.node.args[0]?.value ?? '';
				const own = line.scope === route.location && line.file === route.at.file;
				yield {
					...aboutRoute(route),
					at: own ? placeOf(line) : routePlace(route),
					message: `proxy_hide_header takes ${header} out of the backend's 101${own ? '' : ` (${whereIs(line, context.configuration)})`}, so the client refuses the handshake although nginx logs 101. ${
						own ? 'Remove the line.' : `Write \`proxy_pass_header ${header};\` in this location.`
					}`,
					cures: () => curesOf(route, line, header, own),
				};
			}
		}
	},
});

function curesOf(route: Route, line: PlacedDirective, header: string, own: boolean): readonly Cure[] {
	const edit = own ? removeDirective(line) : insertInto(route.location, [`proxy_pass_header ${header};`], ANCHORS);
	return edit === undefined ? [] : [{ title: `Let ${header} through to the client`, preferred: true, edits: [edit] }];
}
