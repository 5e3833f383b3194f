import { effective } from '../config/effective.ts';
import { locationMatch } from '../config/location.ts';
import type { Route } from '../routes/route.ts';
import { ALLOW_LIST, forwardsAnyProtocol } from './anyProtocol.ts';
import { allowListCure } from './cures/allowList.ts';
import { defineRule, placeOf, placeOfArgument, type RuleContext } from './rule.ts';
import { evidenceOf, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'tunnel-bypasses-access',
	summary: 'A protocol other than WebSocket can be tunnelled past the access rules of another location.',
	severity: 'information',
	why: `\`proxy_set_header Upgrade $http_upgrade\` sends on whatever protocol the client names. A backend that takes up \`h2c\`, HTTP/2 in clear
text, answers 101; from then on nginx passes bytes blindly, and the requests in them reach every path of that backend, whatever
\`location\`, \`deny\` or \`auth_basic\` say.`,
	remedy:
		"Let a map choose: `map $http_upgrade $websocket_upgrade { default ''; websocket websocket; }`, and send `proxy_set_header Upgrade $websocket_upgrade;`.",
	ignore: 'The backend never takes up another protocol.',
	rows: ['SE1', 'SE6'],
	sources: ['https://github.com/nginx/nginx/issues/1472', 'https://nginx.org/en/docs/http/websocket.html'],
	examples: [
		{
			title: 'another location of the same backend asks for a password',
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
	location /admin {
		auth_basic admin;
		auth_basic_user_file users;
		proxy_pass http://127.0.0.1:9000;
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
	location /admin {
		auth_basic admin;
		auth_basic_user_file users;
		proxy_pass http://127.0.0.1:9000;
	}
}
`,
			proof: { bad: 101 },
		},
	],
	*check(context) {
		const guarded = context.allRoutes.filter((route) => isGuarded(route, context));
		if (guarded.length === 0) return;
		for (const route of context.routes) {
			if (guarded.includes(route)) continue;
			const backend = backendOf(route);
			const behind = guarded.find((other) => other.server === route.server && backendOf(other) === backend);
			if (backend === undefined || behind === undefined || !forwardsAnyProtocol(route, context)) continue;
			const [line] = route.handshake.upstream?.headerSources.get('upgrade') ?? [];
			if (line === undefined) continue;
			yield {
				route,
				severity: 'information',
				at: placeOfArgument(line, 1),
				related: [{ ...placeOf(behind.at), message: 'Its access rules do not hold inside a tunnel.' }, ...evidenceOf(route)],
				message: `${titleOf(route)} sends on any protocol that a client names in Upgrade: through a tunnel for h2c a client reaches ${titleOf(behind)} (${whereIs(behind.at, context.configuration)}) on the same backend past its access rules. ${ALLOW_LIST}`,
				cures: () => {
					const cure = allowListCure(route, context.variables());
					return cure === undefined ? [] : [cure];
				},
			};
		}
	},
});

/** Scheme and authority of proxy_pass; undefined where a variable decides. A request that is refused has no predicted backend. */
function backendOf({ handler }: Route): string | undefined {
	const target = handler?.node.name.value === 'proxy_pass' ? handler.node.args[0]?.value : undefined;
	return target === undefined ? undefined : /^https?:\/\/[^/$]+(?=\/|$)/i.exec(target)?.[0].toLowerCase();
}

/** True for a location with access rules of its own. Those of the server hold for the handshake as well. */
function isGuarded(route: Route, context: RuleContext): boolean {
	const match = route.match;
	if (match === undefined || locationMatch(route.at)?.kind === 'named') return false;
	return ['auth_basic', 'auth_request', 'deny'].some((name) => {
		const found = effective(route.location, name, context.version);
		return (
			found.level === 'own' &&
			found.directives.some(
				({ node }) => node.name.value !== 'allow' && node.args[0]?.value !== 'off' && node.args[0]?.value !== '',
			)
		);
	});
}
