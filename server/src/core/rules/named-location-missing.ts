import { distance } from 'fastest-levenshtein';
import { locationMatch } from '../config/location.ts';
import type { Scope } from '../config/model.ts';
import { saysWebSocket } from '../routes/names.ts';
import type { Route } from '../routes/route.ts';
import { removeDirective, replaceArgument } from './cures/editing.ts';
import { createJumps, type Jump, type Jumps, jumpIntoNothing, mayLeadTo, missingName } from './jumps.ts';
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
	],
	*check(context) {
		const jumps = createJumps();
		for (const route of context.routes) {
			const taken = takenBy(route);
			if (taken !== undefined) {
				const name = suggestion(taken, route.server, context);
				yield report(route, taken, name, `to the handshake of ${titleOf(route)} (${whereIs(route.at, context.configuration)})`);
			}
			const meant = meantFor(route, jumps);
			if (meant !== undefined)
				yield report(
					route,
					meant,
					route.match?.pattern,
					`where this ${meant.line.node.name.value} takes over, and nothing leads to ${titleOf(route)} (${whereIs(route.at, context.configuration)})`,
				);
		}
	},
});

/** The jump that a route's handshake takes and that ends there. */
function takenBy(route: Route): Jump | undefined {
	return [route.handshake, route.outside]
		.map((prediction) => prediction && jumpIntoNothing(prediction))
		.find((jump) => jump !== undefined);
}

/** A jump to a name that is not there, where nothing leads to this named route, and its name says that it was to. */
function meantFor({ match, server, intent }: Route, all: Jumps): Jump | undefined {
	if (match?.kind !== 'named' || intent.level !== 'certain') return undefined;
	const jumps = all.of(server);
	if (jumps.some((jump) => mayLeadTo(jump, match))) return undefined;
	return jumps.find((jump) => {
		const name = missingName(jump, server);
		return name !== undefined && (saysWebSocket(name) || isNear(name, match.pattern));
	});
}

function report(route: Route, jump: Jump, name: string | undefined, whom: string): Report {
	return {
		...aboutRoute(route),
		at: placeOfArgument(jump.line, jump.argument),
		message: `There is no location ${jump.target} in this server, so nginx answers 500 ${whom}. ${name === undefined ? 'Add it' : `Write ${name}`}.`,
		cures: () => curesOf(route, jump, name),
	};
}

function curesOf(route: Route, { line, argument, target }: Jump, name: string | undefined): readonly Cure[] {
	if (name !== undefined) {
		const edit = replaceArgument(line, argument, name);
		return edit === undefined ? [] : [{ title: `Write ${name} for ${target}`, preferred: true, edits: [edit] }];
	}
	return line.node.name.value === 'try_files' && line.scope === route.location && route.handler !== undefined
		? [{ title: 'Remove this try_files', preferred: true, edits: [removeDirective(line)] }]
		: [];
}

/** The named location of a server that was meant: the one whose name is nearest, else the only one for WebSockets. */
function suggestion({ target }: Jump, server: Scope, { routes }: RuleContext): string | undefined {
	const names = (server.byName.get('location') ?? []).flatMap((placed) => {
		const match = locationMatch(placed);
		return match?.kind === 'named' ? [match.pattern] : [];
	});
	const [near] = names
		.filter((name) => isNear(name, target))
		.sort((one, other) => distance(one, target) - distance(other, target));
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
