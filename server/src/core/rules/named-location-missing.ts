import { distance } from 'fastest-levenshtein';
import { locationMatch, locationTitle } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import { intentOf } from '../routes/intent.ts';
import { handsOn } from '../routes/lost.ts';
import { saysWebSocket } from '../routes/names.ts';
import type { Route } from '../routes/route.ts';
import { forSomeClient, locationsIn, serversOf } from '../routes/routes.ts';
import { handshakeRequest, serverUrls } from '../routes/urls.ts';
import { removeDirective, replaceArgument } from './cures/editing.ts';
import {
	createJumps,
	handshakesFromOutside,
	type Jump,
	type JumpIntoNothing,
	type Jumps,
	jumpIntoNothing,
	mayLeadTo,
	missingName,
} from './jumps.ts';
import { type Cure, defineRule, placeOfArgument, type Report, type RuleContext } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'named-location-missing',
	summary: 'error_page or try_files leads handshakes to a named location that is not there.',
	severity: 'error',
	why: `nginx -t does not look for the location behind \`error_page 418 = @ws;\` or \`try_files $uri @ws;\`. A request that is sent there
gets 500, and the error log says "could not find named location". Named locations belong to one server, and stand directly in it.`,
	remedy: 'Write the name of the location that is there, or add the location.',
	ignore: 'Never where handshakes take the jump.',
	rows: ['DU10'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#location',
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files',
	],
	examples: [
		{
			title: 'another name than the one of the location',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		error_page 418 = «@websocket»;
		return 418;
	}
	location @ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		error_page 418 = @ws;
		return 418;
	}
	location @ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 500 },
		},
		{
			title: 'try_files ends in a location that is not there',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		try_files $uri «@backend»;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
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
			proof: { bad: 500 },
		},
		{
			title: 'the name of a second jump, in an endpoint',
			within: 'http',
			path: '/cable',
			bad: `server {
	listen 8080;
	location / {
		try_files $uri «@b»;
	}
	location /cable {
		try_files /nope «@b»;
	}
	location @bx {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location / {
		try_files $uri @bx;
	}
	location /cable {
		try_files /nope @bx;
	}
	location @bx {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 500 },
		},
		{
			title: 'a map makes a name that no location has',
			within: 'http',
			path: '/',
			bad: `map $http_upgrade $type {
	default   web;
	websocket websocket;
}

server {
	listen 8080;
	location / {
		try_files /nonexistent «@$type»;
	}
	location @web {
		root html;
	}
	location @ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $type {
	default   web;
	websocket websocket;
}

server {
	listen 8080;
	location / {
		try_files /nonexistent @$type;
	}
	location @web {
		root html;
	}
	location @websocket {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 500 },
		},
	],
	*check(context) {
		const jumps = createJumps();
		const told = new Set<PlacedDirective>();
		for (const route of context.routes) {
			const taken = takenBy(route);
			if (taken !== undefined) {
				const name = suggestion(taken.name, route.server, context);
				told.add(taken.line);
				yield report(
					route,
					taken,
					name,
					`to the handshake of ${titleOf(route)} (${whereIs(route.at, context.configuration)})`,
					jumps,
				);
			}
			const meant = meantFor(route, jumps, context);
			if (meant !== undefined) {
				told.add(meant.line);
				yield report(
					route,
					meant,
					route.match?.pattern,
					`where this ${meant.line.node.name.value} takes over, and nothing leads to ${titleOf(route)} (${whereIs(route.at, context.configuration)})`,
					jumps,
				);
			}
		}
		const known = new Set(context.allRoutes.map(({ location }) => location));
		for (const server of serversOf(context.configuration.root))
			if (server.context === 'server' && jumps.of(server).some((jump) => mayMiss(jump, server)))
				yield* endpoints(server, known, told, jumps, context);
	},
});

/** The jump that a route's handshake takes and that ends there. */
function takenBy(route: Route): JumpIntoNothing | undefined {
	return [route.handshake, route.outside]
		.map((prediction) => prediction && jumpIntoNothing(prediction))
		.find((jump) => jump !== undefined);
}

function mayMiss(jump: Jump, server: Scope): boolean {
	return missingName(jump, server) !== undefined || /^@.*\$/.test(jump.target);
}

/** Locations that have the name of an endpoint and only hand on: their handshakes are not followed as those of a route. */
function* endpoints(
	server: Scope,
	known: ReadonlySet<Scope>,
	told: Set<PlacedDirective>,
	jumps: Jumps,
	context: RuleContext,
): Generator<Report> {
	const urlsOf = serverUrls(server);
	for (const location of locationsIn(server)) {
		const { opener } = location;
		const match = opener && locationMatch(opener);
		if (opener === undefined || match === undefined || known.has(location) || opener.file.tree.template || !mayJump(location))
			continue;
		if (match.kind === 'named' || location.byName.has('internal') || intentOf(location).level === 'none') continue;
		const urls = urlsOf(match, opener);
		const request = handshakeRequest(urls[0]);
		const prediction = context.predictor.predictIn(location, request);
		const taken = jumpIntoNothing(forSomeClient({ urls, request, location }, context.predictor, prediction, location));
		if (taken === undefined || told.has(taken.line)) continue;
		told.add(taken.line);
		const name = suggestion(taken.name, server, context);
		const whom = `to every handshake for ${locationTitle(opener)} (${whereIs(opener, context.configuration)})`;
		yield {
			severity: 'warning',
			at: placeOfArgument(taken.line, taken.argument),
			message: sentence(taken, name, whom),
			related: intentOf(location).evidence.map(({ at, text }) => ({
				...at,
				message: `Read as a WebSocket route because it ${text}.`,
			})),
			cures: () => (name === undefined ? [] : renamed(taken, name, server, jumps)),
		};
	}
}

/** What a try_files answers, an error_page may take over. */
function mayJump(location: Scope): boolean {
	return handsOn(location) || location.byName.has('try_files');
}

/** A jump to a name that is not there, where nothing leads to this named route, and its name says that it was to. */
function meantFor({ match, server, intent, location }: Route, all: Jumps, context: RuleContext): JumpIntoNothing | undefined {
	if (match?.kind !== 'named' || intent.level !== 'certain') return undefined;
	const jumps = all.of(server);
	const leading = jumps.filter((jump) => mayLeadTo(jump, match));
	if (leading.length === 0)
		return jumps.flatMap((jump) => {
			const name = missingName(jump, server);
			const isIt =
				name !== undefined && (saysWebSocket(name) || isNear(name, match.pattern) || jump.line.node.name.value === 'try_files');
			return isIt ? [{ ...jump, name }] : [];
		})[0];
	if (all.areHidden(server) || !leading.every(({ target }) => /^@.*\$/.test(target))) return undefined;
	const found = handshakesFromOutside(server, context);
	if (found.some((one) => one.location === location || one.outcome === 'unknown')) return undefined;
	return found.map(jumpIntoNothing).find((jump) => leading.some(({ line }) => line === jump?.line));
}

function report(route: Route, jump: JumpIntoNothing, name: string | undefined, whom: string, jumps: Jumps): Report {
	return {
		...aboutRoute(route),
		at: placeOfArgument(jump.line, jump.argument),
		message: sentence(jump, name, whom),
		cures: () => curesOf(route, jump, name, jumps),
	};
}

function sentence({ target, name }: JumpIntoNothing, other: string | undefined, whom: string): string {
	const what =
		target === name ? `There is no location ${name}` : `For a handshake ${target} is ${name}, and there is no such location`;
	const advice = target === name ? `Write ${other}` : `Let it be ${other}, or name that location ${name}`;
	return `${what} in this server, so nginx answers 500 ${whom}. ${other === undefined ? 'Add it' : advice}.`;
}

function curesOf(route: Route, jump: JumpIntoNothing, name: string | undefined, jumps: Jumps): readonly Cure[] {
	if (name !== undefined) return renamed(jump, name, route.server, jumps);
	const { line } = jump;
	return line.node.name.value === 'try_files' && line.scope === route.location && route.handler !== undefined
		? [{ title: 'Remove this try_files', preferred: true, edits: [removeDirective(line)] }]
		: [];
}

/** Every jump of the server to the name that is not there names the other location; where a variable gives the name, that location takes it. */
function renamed({ target, name: missing }: JumpIntoNothing, name: string, server: Scope, jumps: Jumps): readonly Cure[] {
	const all = jumps.of(server);
	if (target !== missing) {
		const at = (server.byName.get('location') ?? []).find(({ node }) => node.args[0]?.value === name);
		const edit = at && !all.some((jump) => jump.target === name) ? replaceArgument(at, 0, missing) : undefined;
		return edit === undefined ? [] : [{ title: `Name location ${name} ${missing}`, preferred: true, edits: [edit] }];
	}
	const edits = all
		.filter((jump) => jump.target === target)
		.flatMap(({ line, argument }) => replaceArgument(line, argument, name) ?? []);
	const unique = new Map(edits.map((edit) => [`${edit.path}\0${edit.span.start}`, edit]));
	return [{ title: `Write ${name} for ${target}`, preferred: true, edits: [...unique.values()] }];
}

/** The named location of a server that was meant: the one whose name is nearest, else the only one for WebSockets. */
function suggestion(missing: string, server: Scope, { routes }: RuleContext): string | undefined {
	const names = (server.byName.get('location') ?? []).flatMap((placed) => {
		const match = locationMatch(placed);
		return match?.kind === 'named' ? [match.pattern] : [];
	});
	const [near] = names
		.filter((name) => isNear(name, missing))
		.sort((one, other) => distance(one, missing) - distance(other, missing));
	if (near !== undefined) return near;
	const forWebSockets = routes.flatMap(({ server: own, match }) =>
		own === server && match?.kind === 'named' ? [match.pattern] : [],
	);
	return forWebSockets.length === 1 ? forWebSockets[0] : undefined;
}

function isNear(one: string, other: string): boolean {
	const far = distance(one.toLowerCase(), other.toLowerCase());
	return far <= (Math.min(one.length, other.length) < 6 ? 1 : 2);
}
