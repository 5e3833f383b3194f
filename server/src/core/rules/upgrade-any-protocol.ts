import { ALLOW_LIST, forwardsAnyProtocol } from './anyProtocol.ts';
import { allowListCure } from './cures/allowList.ts';
import { defineRule, placeOfArgument } from './rule.ts';
import { evidenceOf, titleOf } from './wording.ts';

export default defineRule({
	id: 'upgrade-any-protocol',
	summary: 'Whatever protocol a client names in Upgrade is sent on, not only websocket.',
	severity: 'hint',
	optIn: true,
	why: `\`proxy_set_header Upgrade $http_upgrade\` sends on \`h2c\`, \`TLS/1.0\` or any other word. If the backend answers 101, nginx passes
bytes blindly, so later requests in that tunnel are neither matched with locations nor checked nor logged. On \`location /\` every path
of the site is open to it. nginx's maintainers call this by design and recommend a list of what is allowed.`,
	remedy:
		"Let a map choose: `map $http_upgrade $websocket_upgrade { default ''; websocket websocket; }`, and send `proxy_set_header Upgrade $websocket_upgrade;`.",
	ignore: 'The backend takes up no other protocol than WebSocket.',
	rows: ['SE1', 'SE6'],
	sources: ['https://github.com/nginx/nginx/issues/1472', 'https://nginx.org/en/docs/http/websocket.html'],
	examples: [
		{
			title: "the client's own Upgrade",
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade «$http_upgrade»;
		proxy_set_header Connection upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $websocket_upgrade {
	default         '';
	~*^websocket$   websocket;
}

server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $websocket_upgrade;
		proxy_set_header Connection upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (!forwardsAnyProtocol(route, context)) continue;
			const [line] = route.handshake.upstream?.headerSources.get('upgrade') ?? [];
			if (line === undefined) continue;
			const whole = route.match?.kind === 'prefix' && route.match.pattern === '/' ? ' on every path of the site' : '';
			yield {
				route,
				severity: 'hint',
				at: placeOfArgument(line, 1),
				related: evidenceOf(route),
				message: `${titleOf(route)} sends on any protocol that a client names in Upgrade${whole}; if the backend takes up another one than WebSocket (h2c), what is in that tunnel passes by locations, access rules and logs. ${ALLOW_LIST}`,
				cures: () => {
					const cure = allowListCure(route, context.variables());
					return cure === undefined ? [] : [cure];
				},
			};
		}
	},
});
