import { removeDirective } from './cures/editing.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute, routePlace, whereIs } from './wording.ts';

export default defineRule({
	id: 'response-header-added',
	summary: 'add_header … always puts a second handshake header into the 101.',
	severity: 'error',
	why: `add_header works on the answer to the client, not on the request to the backend. With \`always\` it also works on a 101, which then
has two Upgrade lines, or a subprotocol that nobody asked for; clients refuse both.`,
	remedy: 'Remove the line; to send the header to the backend, write proxy_set_header.',
	ignore: 'Never on a WebSocket route.',
	rows: ['HD34', 'HD35', 'HD36'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header'],
	examples: [
		{
			title: 'a second Upgrade header',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		«add_header Upgrade websocket always»;
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
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.handshake.location !== route.location) continue;
			const obstacle = route.handshake.obstacles.find(({ code }) => code === 'response-header-added');
			const line = obstacle?.at[0];
			if (obstacle === undefined || line === undefined) continue;
			const own = line.scope === route.location && line.file === route.at.file;
			yield {
				...aboutRoute(route),
				at: own ? placeOf(line) : routePlace(route),
				message: `add_header ${line.node.args[0]?.value ?? ''} … always${own ? '' : ` (${whereIs(line, context.configuration)})`} adds a handshake header to the 101 that the client did not ask for, and it refuses the handshake. Remove the line; add_header never reaches the backend.`,
				cures: () => [{ title: 'Remove the added header', preferred: true, edits: [removeDirective(line)] }],
			};
		}
	},
});
