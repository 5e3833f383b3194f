import type { HeaderLine } from '../request/prediction.ts';
import { forwardCures } from './cures/forward.ts';
import { connectionValue } from './cures/mapBlock.ts';
import { forwardingOf, isHeaderName, renamedBy } from './forwarding.ts';
import { defineRule, placeOfArgument, type RuleContext } from './rule.ts';
import { causeOf, causeText, redefinitionIn } from './valueCause.ts';
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
		{
			title: 'the address of the client',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade «$remote_addr»;
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
		{
			title: 'one of two values, and neither is websocket',
			within: 'http',
			bad: `split_clients $remote_addr $variant {
	50% blue;
	* green;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade «$variant»;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `split_clients $remote_addr $variant {
	50% blue;
	* green;
}
server {
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
			const forwarding = forwardingOf(route, context.version);
			if (forwarding === undefined || forwarding.upgrade.problem !== 'wrong' || forwarding.upgrade.repeated) continue;
			const { line, misnamed } = forwarding.upgrade;
			if (redefinitionIn(line) !== undefined) continue;
			if (misnamed !== undefined && !isHeaderName(misnamed.node.args[0]?.value ?? '')) continue;
			const sent = route.handshake.upstream?.headers.get('upgrade');
			const why = line && whyWrong(line, context);
			yield {
				...aboutRoute(route),
				at: line === undefined ? routePlace(route) : placeOfArgument(line.at, 1),
				message: `The backend gets ${sent === undefined ? 'an Upgrade header that is not "websocket"' : `"Upgrade: ${sent}"`} instead of "Upgrade: websocket"${why === undefined ? '' : `, because ${why}`}, and refuses the handshake. Write \`proxy_set_header Upgrade $http_upgrade;\`${
					forwarding.connection.problem === 'none'
						? '.'
						: ` and \`proxy_set_header Connection ${connectionValue(route.location, context.variables()).text};\`.`
				}`,
				cures: () =>
					forwardCures(route, forwarding, context, "Send the client's Upgrade header").map((cure) => ({
						...cure,
						...renamedBy(forwarding),
					})),
			};
		}
	},
});

/** Why a line sends what is no Upgrade, as a clause; a variable that says upgrade is there for the other header. */
function whyWrong(line: HeaderLine, context: RuleContext): string | undefined {
	const cause = causeOf(line);
	return cause.kind === 'map' && line.value.toLowerCase() === 'upgrade'
		? `$${cause.name} holds the word for Connection`
		: causeText(line, context.configuration);
}
