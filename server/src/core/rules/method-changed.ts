import { insertInto, removeDirective } from './cures/editing.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute, routePlace, whereIs } from './wording.ts';

export default defineRule({
	id: 'method-changed',
	summary: 'proxy_method turns the handshake into something other than GET.',
	severity: 'error',
	why: 'A WebSocket handshake is a GET. With `proxy_method POST` (or HEAD) the backend answers 405, 400, or not at all.',
	remedy: 'Remove proxy_method from the WebSocket location, or set it to GET there.',
	ignore: 'The backend is one of the few that take a POST.',
	rows: ['HD37'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_method',
		'https://www.rfc-editor.org/rfc/rfc6455#section-4.1',
	],
	examples: [
		{
			title: 'every request becomes a POST',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		«proxy_method POST»;
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
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.handshake.location !== route.location) continue;
			const obstacle = route.handshake.obstacles.find(({ code }) => code === 'method');
			const line = obstacle?.at[0];
			if (obstacle === undefined || line === undefined || line.node.name.value !== 'proxy_method') continue;
			// A second one on the same level would be a duplicate (DU1), also behind an include.
			const own = line.scope === route.location;
			const here = own && line.file === route.at.file;
			yield {
				...aboutRoute(route),
				at: here ? placeOf(line) : routePlace(route),
				message: `proxy_method ${line.node.args[0]?.value ?? ''}${here ? '' : ` (${whereIs(line, context.configuration)})`} sends the handshake to the backend with another method than GET, and it answers 405 or 400. ${own ? 'Remove the line.' : 'Write `proxy_method GET;` here.'}`,
				cures: () => {
					const edit = own ? removeDirective(line) : insertInto(route.location, ['proxy_method GET;'], ['proxy_pass']);
					return edit === undefined ? [] : [{ title: 'Send the handshake as GET', preferred: true, edits: [edit] }];
				},
			};
		}
	},
});
