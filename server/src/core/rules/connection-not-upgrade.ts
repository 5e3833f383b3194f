import { forwardCures } from './cures/forward.ts';
import { webSocketRouteCure } from './cures/webSocketRoute.ts';
import { forwardingOf } from './forwarding.ts';
import { mapBehind } from './mapCause.ts';
import { defineRule, placeOfArgument } from './rule.ts';
import { aboutRoute, routePlace } from './wording.ts';

export default defineRule({
	id: 'connection-not-upgrade',
	summary: 'The Connection header that reaches the backend does not say "upgrade".',
	severity: 'error',
	why: `The backend needs both headers: Upgrade says what to become, Connection says that it is meant for this hop. nginx replaces
the client's Connection by its own ("close" before 1.29.7, none since), so it has to be set. 19 of 21 tested backends refuse a
handshake without it.`,
	remedy: "Set `proxy_set_header Connection $connection_upgrade;` with the map `default upgrade; '' '';` from $http_upgrade.",
	ignore: 'The backend is known not to look at Connection (websockify and Mojolicious do not).',
	rows: ['HD2', 'HD7', 'HD10', 'HD11', 'HD17'],
	sources: ['https://nginx.org/en/docs/http/websocket.html', 'https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1'],
	examples: [
		{
			title: 'Upgrade is forwarded, Connection is forgotten',
			within: 'http',
			bad: `server {
    listen 8080;
    location /ws {
        «proxy_pass http://127.0.0.1:9000»;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade; # from the client
        proxy_read_timeout 1h;
    }
}
`,
			good: `map $http_upgrade $connection_upgrade {
    default upgrade;
    ''      '';
}

server {
    listen 8080;
    location /ws {
        proxy_pass http://127.0.0.1:9000;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade; # from the client
        proxy_set_header Connection $connection_upgrade;
        proxy_read_timeout 1h;
    }
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'Connection gets the value of Upgrade',
			within: 'http',
			bad: `map $http_upgrade $ws_connection {
	default upgrade;
	'' close;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection «$http_upgrade»;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $ws_connection {
	default upgrade;
	'' close;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $ws_connection;
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
			if (forwarding === undefined || forwarding.upgrade.problem !== 'none' || forwarding.connection.problem === 'none') continue;
			if (forwarding.lost.length > 0 && forwarding.connection.at.length === 0) continue;
			const line = forwarding.connection.at.at(-1);
			if (line !== undefined && mapBehind(line, context) !== undefined) continue;
			const sent = route.handshake.upstream?.headers.get('connection');
			const reaches = sent === undefined ? 'no Connection header' : `"Connection: ${sent}"`;
			yield {
				...aboutRoute(route),
				at: line === undefined ? routePlace(route) : placeOfArgument(line, 1),
				message: `The backend gets ${reaches} beside Upgrade, and 19 of 21 tested backends refuse such a handshake. ${
					line === undefined ? 'Add' : 'Write'
				} \`proxy_set_header Connection $connection_upgrade;\` (with its map in the http block).`,
				cures: () => {
					const all = webSocketRouteCure(route, context);
					return [
						...forwardCures(route, forwarding, context, 'Set the Connection header to upgrade'),
						...(all === undefined ? [] : [all]),
					];
				},
			};
		}
	},
});
