import type { PlacedDirective } from '../config/model.ts';
import type { HeaderLine } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { replaceArgument } from './cures/editing.ts';
import { forwardingOf } from './forwarding.ts';
import { mapsOf } from './mapCause.ts';
import { type Cure, defineRule, placeOfArgument, type RuleContext } from './rule.ts';
import { redefinitionIn } from './valueCause.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'request-header-redefined',
	summary: 'A map gives a variable of a request header another value everywhere.',
	severity: 'information',
	why: `nginx lets a map define $http_upgrade, although that is the client's header. From then on every \`$http_upgrade\` of the http block,
also the one that is meant to be forwarded, has the map's value.`,
	remedy: 'Give the map a name of its own, `$connection_upgrade` for instance.',
	ignore: 'The header is replaced on purpose for all servers.',
	rows: ['MP9'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_core_module.html#var_http_'],
	examples: [
		{
			title: 'the map overwrites its own source',
			within: 'http',
			bad: `map $http_connection «$http_upgrade» {
	default websocket;
	close '';
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
			good: `map $http_connection $upgrade_sent {
	default websocket;
	close '';
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
			fixed: '',
			proof: { bad: 101 },
		},
		{
			title: 'the map takes the place of the client’s header',
			within: 'http',
			bad: `map $request_method «$http_upgrade» {
	default none;
	POST '';
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
			good: `map $request_method $mapped_upgrade {
	default none;
	POST '';
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
		if (context.routes.length === 0) return;
		const failing = failingRoutes(context);
		for (const map of mapsOf(context.configuration.root)) {
			const name = map.node.args[1]?.value.toLowerCase() ?? '';
			if (!/^\$http_(?:upgrade|connection|origin|sec_websocket_\w+)$/.test(name)) continue;
			const fails = failing.get(map);
			const shared = { at: placeOfArgument(map, 1) };
			if (fails === undefined)
				yield {
					...shared,
					severity: 'information',
					message: `This map gives ${name} its value in every server of the http block, whatever the client sent${plainToo(map, context) ? ', so plain requests ask the backend for an upgrade too' : ''}. Give the map's variable a name of its own.`,
				};
			else
				yield {
					...shared,
					...aboutRoute(fails.route),
					message: `This map gives ${name} its value in place of the client's header, so ${titleOf(fails.route)} (${whereIs(fails.line.at, context.configuration)}) sends ${fails.line.value === '' ? `no ${fails.header}` : `"${fails.header}: ${fails.line.value}"`} and the handshake fails. Give the map's variable a name of its own.`,
					cures: () => renamed(map, context),
				};
		}
	},
});

interface Failing {
	readonly route: Route;
	readonly line: HeaderLine;
	readonly header: 'Upgrade' | 'Connection';
}

/** The maps that make the handshake of a route fail because its Upgrade or Connection is read from what they define again. */
function failingRoutes(context: RuleContext): ReadonlyMap<PlacedDirective, Failing> {
	const found = new Map<PlacedDirective, Failing>();
	for (const route of context.routes) {
		const forwarding = forwardingOf(route, context.version);
		if (forwarding === undefined) continue;
		for (const [header, { problem, line }] of [
			['Upgrade', forwarding.upgrade],
			['Connection', forwarding.connection],
		] as const) {
			const map = problem === 'none' ? undefined : redefinitionIn(line);
			if (map !== undefined && line !== undefined && !found.has(map)) found.set(map, { route, line, header });
		}
	}
	return found;
}

/** Gives the map a variable of its own; what reads `$http_…` reads the client's header again. */
function renamed(map: PlacedDirective, context: RuleContext): readonly Cure[] {
	const name = (map.node.args[1]?.value ?? '').toLowerCase().replace(/^\$http_/, '$mapped_');
	if (context.variables().definitions.has(name.slice(1))) return [];
	const edit = replaceArgument(map, 1, name);
	return edit === undefined ? [] : [{ title: `Call the map's variable ${name}`, preferred: true, edits: [edit] }];
}

/** Whether a plain request through some route carries an Upgrade header that this map gives. */
function plainToo(map: PlacedDirective, context: RuleContext): boolean {
	return context.routes.some(({ plain }) =>
		plain.upstream?.lines.some(({ name, value, sources }) => name === 'upgrade' && value !== '' && sources.includes(map)),
	);
}
