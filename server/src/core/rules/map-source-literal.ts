import type { PlacedDirective } from '../config/model.ts';
import type { HeaderLine } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { replaceArgument } from './cures/editing.ts';
import { forwardingOf } from './forwarding.ts';
import { mapsOf } from './mapCause.ts';
import { sourceFor } from './mapMend.ts';
import { defineRule, placeOfArgument, type RuleContext } from './rule.ts';
import { causeOf, redefinitionIn } from './valueCause.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'map-source-literal',
	summary: 'A map looks up a fixed text instead of a variable.',
	severity: 'warning',
	why: `\`map http_upgrade $connection_upgrade\` without the \`$\` is accepted by nginx, which then looks up the text "http_upgrade" for
every request: the map always gives its default. With \`default upgrade\`, every plain request is sent with "Connection: upgrade".`,
	remedy: 'Write the `$`: `map $http_upgrade $connection_upgrade`.',
	ignore: 'The map is meant to be a constant.',
	rows: ['MP7'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_map_module.html#map'],
	examples: [
		{
			title: 'the $ is missing',
			within: 'http',
			bad: `map «http_upgrade» $connection_upgrade {
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
			proof: { bad: 101 },
		},
		{
			title: 'the name of the header in place of the variable',
			within: 'http',
			bad: `map «upgrade» $conn {
	default close;
	websocket upgrade;
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
			good: `map $http_upgrade $conn {
	default close;
	websocket upgrade;
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
		const failing = failingRoutes(context);
		for (const map of mapsOf(context.configuration.root)) {
			const source = map.node.args[0]?.value ?? '';
			const fails = failing.get(map);
			if (fails === undefined && !/^(?:http_\w+|connection_upgrade|host|uri|scheme|args)$/i.test(source)) continue;
			const variable = fails === undefined ? `$${source}` : (sourceFor(map) ?? '$http_upgrade');
			yield {
				...(fails === undefined ? { severity: 'warning' as const } : aboutRoute(fails.route)),
				at: placeOfArgument(map, 0),
				message: `This map looks up the text "${source}", not a variable, so it gives the same value for every request${fails === undefined ? '' : `: ${gives(fails.line)}, which ${titleOf(fails.route)} (${whereIs(fails.line.at, context.configuration)}) sends as ${headerOf(fails.line)}, and the handshake fails`}. Write \`${variable}\`.`,
				cures: () => {
					const edit = replaceArgument(map, 0, variable);
					return edit === undefined ? [] : [{ title: `Look up ${variable}`, preferred: true, edits: [edit] }];
				},
			};
		}
	},
});

interface Failing {
	readonly route: Route;
	readonly line: HeaderLine;
}

/** The maps with a text as their source that give a route the Connection with which its handshake fails. */
function failingRoutes(context: RuleContext): ReadonlyMap<PlacedDirective, Failing> {
	const found = new Map<PlacedDirective, Failing>();
	for (const route of context.routes) {
		const forwarding = forwardingOf(route, context.version);
		if (forwarding === undefined || (forwarding.upgrade.problem !== 'none' && !forwarding.upgrade.repeated)) continue;
		const { line, problem } = forwarding.connection;
		const cause = line && causeOf(line);
		if (problem === 'none' || line === undefined || cause?.kind !== 'map' || redefinitionIn(line) !== undefined) continue;
		if (!(cause.at.node.args[0]?.value ?? '').includes('$') && !found.has(cause.at)) found.set(cause.at, { route, line });
	}
	return found;
}

function gives({ value }: HeaderLine): string {
	return value === '' ? 'nothing' : `"${value}"`;
}

function headerOf({ at }: HeaderLine): string {
	return at.node.args[0]?.value ?? 'a header';
}
