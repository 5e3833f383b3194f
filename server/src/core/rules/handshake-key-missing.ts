import type { PlacedDirective } from '../config/model.ts';
import type { Route } from '../routes/route.ts';
import { insertInto, removeDirective, replaceArgument } from './cures/editing.ts';
import { type Cure, defineRule, placeOf } from './rule.ts';
import { aboutRoute, routePlace, whereIs } from './wording.ts';

export default defineRule({
	id: 'handshake-key-missing',
	summary: 'Sec-WebSocket-Key or Sec-WebSocket-Version does not reach the backend.',
	severity: 'error',
	why: `A handshake needs the client's Sec-WebSocket-Key and Sec-WebSocket-Version. \`proxy_pass_request_headers off\` drops all of the
client's headers, and \`proxy_set_header Sec-WebSocket-Key ""\` drops one; the backend answers 400.`,
	remedy: "Let the client's headers through: remove the line.",
	ignore: 'Never on a WebSocket route.',
	rows: ['HD27', 'HD28'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass_request_headers',
		'https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1',
	],
	examples: [
		{
			title: "the client's headers are not passed",
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		«proxy_pass_request_headers off»;
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
		proxy_pass_request_headers on;
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
			const obstacle = route.handshake.obstacles.find(({ code }) => code === 'key-missing');
			const line = obstacle?.at[0];
			if (obstacle === undefined || line === undefined) continue;
			const own = line.scope === route.location && line.file === route.at.file;
			yield {
				...aboutRoute(route),
				at: own ? placeOf(line) : routePlace(route),
				message: `${line.node.name.value}${own ? '' : ` (${whereIs(line, context.configuration)})`} keeps the client's Sec-WebSocket headers from the backend, which then answers 400. Let them through.`,
				cures: () => curesOf(route, line, own),
			};
		}
	},
});

function curesOf(route: Route, line: PlacedDirective, own: boolean): readonly Cure[] {
	const passes = line.node.name.value === 'proxy_pass_request_headers';
	if (!passes && !own) return [];
	const edit = passes
		? own
			? replaceArgument(line, 0, 'on')
			: insertInto(route.location, ['proxy_pass_request_headers on;'], ['proxy_pass'])
		: removeDirective(line);
	return edit === undefined ? [] : [{ title: 'Let the handshake headers through', preferred: true, edits: [edit] }];
}
