import { readMap } from '../config/maps.ts';
import type { PlacedDirective } from '../config/model.ts';
import type { HeaderLine } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { removeDirective } from './cures/editing.ts';
import { forwardingOf } from './forwarding.ts';
import { mapsOf } from './mapCause.ts';
import { isMeantAsUpgrade, mendMap, sourceVariable } from './mapMend.ts';
import { defineRule, placeOf, type Report, type RuleContext } from './rule.ts';
import { causeOf, redefinitionIn } from './valueCause.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'map-wrong-value',
	summary: 'The map behind the Connection header gives a handshake something other than "upgrade".',
	severity: 'error',
	why: `The map decides what \`proxy_set_header Connection\` sends. Turned round (\`default close; '' upgrade\`) or without a default it gives
a handshake "close" or nothing, and the backend refuses it. A map without a matching entry and without default gives the empty string.`,
	remedy: "Write `default upgrade; '' '';` for a map from $http_upgrade.",
	ignore: 'Never on a WebSocket route: the backend gets no valid handshake.',
	rows: ['MP4', 'MP5', 'HD14', 'HD15'],
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
		{
			title: 'a list of what may be upgraded, with a key that fits nothing',
			within: 'http',
			bad: `«map $http_upgrade $connection_upgrade» {
	default close;
	web-socket upgrade;
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
	default close;
	~*^websocket$ upgrade;
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
			title: 'close for everything',
			within: 'http',
			bad: `«map $http_upgrade $connection_upgrade» {
	default close;
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
			proof: { bad: 'fails' },
		},
		{
			title: 'a letter is missing in what the map looks up',
			within: 'http',
			bad: `«map $http_upgrad $connection_upgrade» {
	default upgrade;
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
	default upgrade;
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
			proof: { bad: 'fails' },
		},
		{
			title: 'an expression over Connection that minds capitals',
			within: 'http',
			bad: `«map $http_connection $conn» {
	default close;
	~upgrade upgrade;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $conn;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_connection $conn {
	default close;
	"~*upgrade" upgrade;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $conn;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'the number of the connection in place of the header',
			within: 'http',
			bad: `«map $connection $conn» {
	default close;
	~*upgrade upgrade;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $conn;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_connection $conn {
	default close;
	~*upgrade upgrade;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $conn;
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
			if (forwarding === undefined || forwarding.connection.problem === 'none') continue;
			if (forwarding.upgrade.problem !== 'none' && !forwarding.upgrade.repeated) continue;
			const { line, misnamed } = forwarding.connection;
			const cause = line && causeOf(line);
			if (line === undefined || misnamed !== undefined || cause?.kind !== 'map' || redefinitionIn(line) !== undefined) continue;
			const { at } = cause;
			if (!(at.node.args[0]?.value ?? '').includes('$') || reported.has(at) || isRefused(at)) continue;
			reported.add(at);
			yield report(route, line, at, context);
		}
	},
});

function report(route: Route, line: HeaderLine, at: PlacedDirective, context: RuleContext): Report {
	const source = sourceVariable(at);
	const typo = source !== undefined && isMeantAsUpgrade(source);
	const replaced = replacedBy(at, context);
	const mend = mendMap(at);
	const gives = line.value === '' ? 'nothing' : `"${line.value}"`;
	const what = typo
		? `This map looks up $${source}, a header that no client sends, and so gives ${gives} for a WebSocket handshake too`
		: `For a WebSocket handshake this map gives ${gives}`;
	const advice =
		replaced === undefined
			? mend.advice
			: `It takes the place of the map in ${whereIs(replaced, context.configuration)}, which gives "upgrade": nginx takes the last one. Remove this one.`;
	return {
		...aboutRoute(route),
		related: [
			...(aboutRoute(route).related ?? []),
			{ ...placeOf(line.at), message: `Sent as Connection by ${titleOf(route)}.` },
			...(replaced === undefined ? [] : [{ ...placeOf(replaced), message: 'This map would say "upgrade".' }]),
		],
		at: placeOf(at),
		message: `${what}, which ${titleOf(route)} (${whereIs(line.at, context.configuration)}) sends as Connection, and 19 of 21 tested backends refuse that. ${advice}`,
		cures: () => [
			...(replaced === undefined
				? []
				: [{ title: 'Remove this map, so that the other one counts', preferred: true, edits: [removeDirective(at)] }]),
			...(mend.edits.length === 0
				? []
				: [{ title: 'Let the map say upgrade for a handshake', preferred: replaced === undefined, edits: mend.edits }]),
		],
	};
}

/** True for a map with an entry that nginx refuses: what the map was to give is told there. */
function isRefused({ body }: PlacedDirective): boolean {
	return (body?.directives ?? []).some(
		({ node }) => node.block !== undefined || (node.args.length !== 1 && !/^(?:hostnames|volatile)$/.test(node.name.value)),
	);
}

/** A map of the same variable that this one takes the place of, and that would do (MP8). */
function replacedBy(at: PlacedDirective, context: RuleContext): PlacedDirective | undefined {
	const variable = at.node.args[1]?.value.toLowerCase();
	const same = mapsOf(context.configuration.root).filter((map) => map.node.args[1]?.value.toLowerCase() === variable);
	if (same.filter((map) => map.node === at.node).length !== 1) return undefined;
	const before = same.slice(0, -1).at(-1);
	if (before === undefined || same.at(-1) !== at || sourceVariable(before) !== 'http_upgrade') return undefined;
	return readMap(before).lookUp('websocket')?.template.toLowerCase() === 'upgrade' ? before : undefined;
}
