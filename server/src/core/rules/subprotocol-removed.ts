import { removeDirective } from './cures/editing.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute, routePlace, whereIs } from './wording.ts';

export default defineRule({
	id: 'subprotocol-removed',
	summary: 'The subprotocol that a client asks for never reaches the backend.',
	severity: 'warning',
	why: `An empty value removes the header. A client that asked for a subprotocol (graphql-ws, mqtt, stomp …) and gets none closes the
connection: "Sent non-empty Sec-WebSocket-Protocol header but no response was received".`,
	remedy: 'Remove the line.',
	ignore: 'No client asks for a subprotocol.',
	rows: ['HD29'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header',
		'https://www.rfc-editor.org/rfc/rfc6455#section-4.1',
	],
	examples: [
		{
			title: 'blanked',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		«proxy_set_header Sec-WebSocket-Protocol ""»;
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
		// Few configurations name the header at all; in others no request needs to be followed.
		const texts = [...context.configuration.files.values()].map(({ tree }) => tree.source.text);
		if (!texts.some((text) => /sec[-_]websocket[-_]protocol/i.test(text))) return;
		for (const route of context.routes) {
			if (!route.handshake.upgrade) continue;
			const request = { ...route.request, headers: [...route.request.headers, ['Sec-WebSocket-Protocol', 'chat'] as const] };
			const { upstream } = context.predictor.predictIn(route.location, request);
			if (upstream === null) continue;
			const [line] = upstream.headerSources.get('sec-websocket-protocol') ?? [];
			if (line === undefined || upstream.headers.has('sec-websocket-protocol')) continue;
			const own = line.scope === route.location && line.file === route.at.file;
			yield {
				...aboutRoute(route),
				severity: 'warning',
				at: own ? placeOf(line) : routePlace(route),
				message: `The backend never learns which subprotocol a client asks for${own ? '' : ` (${whereIs(line, context.configuration)})`}, and a client that asks for one, as those for GraphQL, MQTT and STOMP do, closes the connection when none is agreed. Remove the line \`proxy_set_header Sec-WebSocket-Protocol "";\`.`,
				cures: () => [
					{ title: 'Let the subprotocol through', preferred: line.scope === route.location, edits: [removeDirective(line)] },
				],
			};
		}
	},
});
