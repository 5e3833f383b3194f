import type { CompiledMap } from '../config/maps.ts';
import type { PlacedDirective } from '../config/model.ts';
import { insertBlockAtEnd, replaceArgument } from './cures/editing.ts';
import { forwardingOf } from './forwarding.ts';
import { mapBehind } from './mapCause.ts';
import { type Cure, defineRule, type Edit, placeOf, type Report } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'map-wrong-value',
	summary: 'The map behind the Connection header gives a handshake something other than "upgrade".',
	severity: 'error',
	why: `The map decides what \`proxy_set_header Connection\` sends. Turned round (\`default close; '' upgrade\`) or without a default it gives
a handshake "close" or nothing, and the backend refuses it. A map without a matching entry and without default gives the empty string.`,
	remedy: "Write `default upgrade; '' '';` for a map from $http_upgrade.",
	ignore: 'Never on a WebSocket route: the backend gets no valid handshake.',
	rows: ['MP4', 'MP5', 'HD14'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_map_module.html', 'https://nginx.org/en/docs/http/websocket.html'],
	examples: [
		{
			title: 'the map is turned round',
			within: 'http',
			bad: `«map $http_upgrade $connection_upgrade» {
	default close;
	'' upgrade;
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
			title: 'the map has no default',
			within: 'http',
			bad: `«map $http_upgrade $connection_upgrade» {
	'' close;
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
			good: `map $http_upgrade $connection_upgrade {
	'' close;
	default upgrade;
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
		const reported = new Set<PlacedDirective>();
		for (const route of context.routes) {
			const forwarding = forwardingOf(route, context.version);
			if (forwarding === undefined || forwarding.upgrade.problem !== 'none' || forwarding.connection.problem === 'none') continue;
			const line = forwarding.connection.at.at(-1);
			const behind = line && mapBehind(line, context);
			if (line === undefined || behind === undefined || !behind.map.source.includes('$') || reported.has(behind.at)) continue;
			if (isRefused(behind.at)) continue;
			reported.add(behind.at);
			const sent = route.handshake.upstream?.headers.get('connection');
			yield {
				...aboutRoute(route),
				related: [
					...(aboutRoute(route).related ?? []),
					{ ...placeOf(line), message: `Sent as Connection by ${titleOf(route)}.` },
				],
				at: placeOf(behind.at),
				message: `For a WebSocket handshake this map gives ${sent === undefined ? 'nothing' : `"${sent}"`}, which ${titleOf(route)} (${whereIs(line, context.configuration)}) sends as Connection, so the backend refuses it. Write \`default upgrade;\` and \`'' '';\`.`,
				cures: () => curesOf(behind.at, behind.map),
			} satisfies Report;
		}
	},
});

/** True for a map with an entry that nginx refuses: what the map was to give is told there. */
function isRefused({ body }: PlacedDirective): boolean {
	return (body?.directives ?? []).some(
		({ node }) => node.block !== undefined || (node.args.length !== 1 && !/^(?:hostnames|volatile)$/.test(node.name.value)),
	);
}

function curesOf(at: PlacedDirective, map: CompiledMap): readonly Cure[] {
	if (!/^\$\{?http_upgrade\}?$/i.test(map.source)) return [];
	const entry = map.lookUp('websocket');
	if (entry === undefined) return [];
	const edits: Edit[] = [];
	const colon = (at.body?.directives ?? []).find(({ node }) => /^default[:=]$/.test(node.name.value));
	if (entry.at === undefined && colon?.node.args[0]?.value.toLowerCase() === 'upgrade') {
		edits.push({ path: colon.file.path, span: colon.node.name.span, text: 'default' });
	} else if (entry.at === undefined) {
		const inserted = at.body && insertBlockAtEnd(at.body, ['default upgrade;']);
		if (inserted !== undefined) edits.push(inserted);
	} else {
		const replaced = replaceArgument(entry.at, 0, 'upgrade');
		if (replaced !== undefined) edits.push(replaced);
		const plain = map.lookUp('');
		if (plain?.at !== undefined && plain.at !== entry.at && /upgrade/i.test(plain.template)) {
			const emptied = replaceArgument(plain.at, 0, "''");
			if (emptied !== undefined) edits.push(emptied);
		}
	}
	return edits.length === 0 ? [] : [{ title: 'Let the map say upgrade for a handshake', preferred: true, edits }];
}
