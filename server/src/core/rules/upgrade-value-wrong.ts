import { forwardCures } from './cures/forward.ts';
import { forwardingOf } from './forwarding.ts';
import { defineRule, placeOfArgument } from './rule.ts';
import { aboutRoute, routePlace } from './wording.ts';

export default defineRule({
	id: 'upgrade-value-wrong',
	summary: 'The Upgrade header that reaches the backend is not "websocket".',
	severity: 'error',
	why: `A backend accepts a handshake only when Upgrade is the single token "websocket". Swapped variables are the usual cause:
\`Upgrade $connection_upgrade\` sends "Upgrade: upgrade". nginx takes any text as a header's value and says nothing.`,
	remedy: '`proxy_set_header Upgrade $http_upgrade;` and `proxy_set_header Connection $connection_upgrade;`.',
	ignore: 'The backend speaks another protocol over Upgrade and is no WebSocket server.',
	rows: ['HD8', 'HD9', 'HD25', 'HD21'],
	sources: ['https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1', 'https://nginx.org/en/docs/http/websocket.html'],
	examples: [
		{
			title: 'the two variables are swapped',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade «$connection_upgrade»;
		proxy_set_header Connection $http_upgrade;
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
			const forwarding = forwardingOf(route, context.version);
			if (forwarding === undefined || forwarding.upgrade.problem !== 'wrong') continue;
			const line = forwarding.upgrade.at.at(-1);
			const sent = route.handshake.upstream?.headers.get('upgrade');
			yield {
				...aboutRoute(route),
				at: line === undefined ? routePlace(route) : placeOfArgument(line, 1),
				message: `The backend gets ${sent === undefined ? 'an Upgrade header that is not "websocket"' : `"Upgrade: ${sent}"`} instead of "Upgrade: websocket" and refuses the handshake. Write \`proxy_set_header Upgrade $http_upgrade;\`${
					forwarding.connection.problem === 'none' ? '.' : ' and give Connection the value that says upgrade.'
				}`,
				cures: () => forwardCures(route, forwarding, context, "Send the client's Upgrade header"),
			};
		}
	},
});
