import type { PlacedDirective } from '../config/model.ts';
import type { Route } from '../routes/route.ts';
import { replaceArgument } from './cures/editing.ts';
import { connectionValue } from './cures/mapBlock.ts';
import { headerNameOf } from './forwarding.ts';
import { type Cure, defineRule, placeOfArgument, type RuleContext } from './rule.ts';
import { aboutRoute } from './wording.ts';

export default defineRule({
	id: 'upgrade-for-everyone',
	summary: 'Plain requests ask for an upgrade too, because the Upgrade header is a fixed word.',
	severity: 'information',
	why: `A fixed \`Upgrade websocket\` makes a handshake of every request: most backends answer plain ones with 400 or 426, and one that
upgrades leaves the plain client hanging until the read timeout.`,
	remedy: "Send the client's own: `proxy_set_header Upgrade $http_upgrade;`, with a map for Connection.",
	ignore: 'Nothing but handshakes ever comes to this location.',
	rows: ['HD19'],
	sources: ['https://nginx.org/en/docs/http/websocket.html'],
	examples: [
		{
			title: 'a fixed Upgrade',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade «websocket»;
		proxy_set_header Connection upgrade;
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
		proxy_set_header Connection upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			fixed: `map $http_upgrade $connection_upgrade {
	default upgrade;
	''      '';
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
			proof: { bad: 101 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const { handshake } = route;
			if (!handshake.upgrade || forwardsOwn(route)) continue;
			const { plain } = route;
			if (plain.location !== route.location) continue;
			if (plain.upstream?.headers.get('upgrade')?.toLowerCase() !== 'websocket') continue;
			const [line] = plain.upstream.headerSources.get('upgrade') ?? [];
			if (line === undefined || line.node.name.value !== 'proxy_set_header') continue;
			yield {
				...aboutRoute(route),
				severity: 'information',
				at: placeOfArgument(line, 1),
				message: `Every plain request to this location asks the backend for an upgrade too: most backends answer it with 400 or 426, some leave the client hanging. Write \`proxy_set_header Upgrade $http_upgrade;\`.`,
				cures: () => curesOf(route, line, context),
			};
		}
	},
});

/** True where every request to the location has its own Upgrade header passed on, so that a plain one asks for none. */
function forwardsOwn({ handshake, location }: Route): boolean {
	const lines = handshake.upstream?.headerSources.get('upgrade') ?? [];
	const [line] = lines;
	return (
		lines.length === 1 &&
		line?.node.args[1]?.value === '$http_upgrade' &&
		handshake.location === location &&
		!location.byName.has('if') &&
		!location.byName.has('limit_except')
	);
}

function curesOf(route: Route, line: PlacedDirective, context: RuleContext): readonly Cure[] {
	const upgrade = replaceArgument(line, 1, '$http_upgrade');
	if (upgrade === undefined) return [];
	const connection = route.plain.upstream?.headerSources.get('connection')?.[0];
	const fixed =
		connection !== undefined &&
		headerNameOf(connection) === 'connection' &&
		!(connection.node.args[1]?.value ?? '').includes('$');
	const value = fixed ? connectionValue(route.location, context.variables()) : undefined;
	const edit = value === undefined || connection === undefined ? undefined : replaceArgument(connection, 1, value.text);
	return [
		{
			title: "Send the client's own Upgrade header",
			preferred: true,
			edits: [upgrade, ...(edit === undefined || value === undefined ? [] : [...value.edits, edit])],
		},
	];
}
