import { effective } from '../config/effective.ts';
import { locationTitle } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import type { Route } from '../routes/route.ts';
import { insertInto } from './cures/editing.ts';
import { forwardEdits } from './cures/forward.ts';
import { ANCHORS } from './cures/headerLines.ts';
import { type Forwarding, forwardingOf, headerNameOf, writtenLine } from './forwarding.ts';
import { type Cure, defineRule, placeOf, type RuleContext } from './rule.ts';
import { aboutRoute, routePlace, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'headers-lost',
	summary: 'A proxy_set_header in the location, or between, cancels the upgrade headers of an outer level.',
	severity: 'error',
	why: `proxy_set_header lines are inherited all or not at all: as soon as a level has one line of its own, every line of the
levels around it is void there. One \`proxy_set_header Host\` in a location silently removes Upgrade and Connection that the server sets.`,
	remedy: 'Repeat the upgrade headers beside the lines that cancel them.',
	ignore: 'The location is meant to answer without WebSockets; mark it with the comment `# not websocket`.',
	rows: ['IN1', 'IN2', 'IC5'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header'],
	examples: [
		{
			title: 'Host in the location cancels Upgrade and Connection of the server',
			within: 'http',
			bad: `server {
	listen 8080;
	proxy_http_version 1.1;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header Connection "upgrade";
	proxy_read_timeout 1h;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		«proxy_set_header Host $host»;
	}
}
`,
			good: `server {
	listen 8080;
	proxy_http_version 1.1;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header Connection "upgrade";
	proxy_read_timeout 1h;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_set_header Host $host;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
	}
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'Host in the server cancels Upgrade and Connection of http',
			within: 'http',
			bad: `proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection "upgrade";
server {
	listen 8080;
	«proxy_set_header Host $host»;
	proxy_read_timeout 1h;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
	}
}
`,
			good: `proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection "upgrade";
server {
	listen 8080;
	proxy_set_header Host $host;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header Connection "upgrade";
	proxy_read_timeout 1h;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
	}
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'no location has the headers of the server',
			within: 'http',
			path: '/app',
			bad: `server {
	listen 8080;
	proxy_http_version 1.1;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header Connection "upgrade";
	proxy_read_timeout 1h;
	location = / {
		return 302 /app;
	}
	location /app {
		proxy_pass http://127.0.0.1:9000;
		«proxy_set_header Host $host»;
	}
}
`,
			good: `server {
	listen 8080;
	proxy_http_version 1.1;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header Connection "upgrade";
	proxy_read_timeout 1h;
	location = / {
		return 302 /app;
	}
	location /app {
		proxy_pass http://127.0.0.1:9000;
		proxy_set_header Host $host;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
	}
}
`,
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const forwarding = forwardingOf(route, context.version);
			if (forwarding === undefined || forwarding.lost.length === 0) continue;
			if (forwarding.upgrade.problem !== 'missing' && forwarding.connection.problem !== 'missing') continue;
			const said = new Set(forwarding.lines.map(headerNameOf));
			const gone = forwarding.lost.filter((line) => !said.has(headerNameOf(line)));
			const needed = gone.filter((line) => ['upgrade', 'connection'].includes(headerNameOf(line)));
			const [first] = forwarding.lines;
			const [outer] = gone;
			if (needed.length === 0 || first === undefined || outer === undefined) continue;
			const about = aboutRoute(route);
			yield {
				...about,
				at: isIncluded(first) ? routePlace(route) : placeOf(first),
				message: `${whoCancels(route, first, context)} cancels every one set around it, among them ${names(gone)} (${whereIs(outer, context.configuration)}), so the backend${forwarding.own ? '' : ` of ${titleOf(route)}`} sees no WebSocket handshake. Repeat the upgrade headers ${forwarding.own ? 'here' : 'there, or all of them in this location'}.`,
				related: [
					...gone.map((line) => ({
						...placeOf(line),
						message: `${writtenLine(line)} is void ${forwarding.own ? 'in this location' : 'below'}.`,
					})),
					...(about.related ?? []),
				],
				cures: () => curesOf(route, forwarding, needed, context),
			};
		}
	},
});

/** True for a line that an include brings into its block. */
function isIncluded(line: PlacedDirective): boolean {
	return line.via.length !== (line.scope.opener?.via.length ?? 0);
}

function whoCancels(route: Route, first: PlacedDirective, { configuration }: RuleContext): string {
	if (first.scope === route.location) return "This location's own proxy_set_header";
	const { opener } = first.scope;
	const level =
		opener === undefined
			? 'around this server'
			: first.scope.context === 'location'
				? `of ${locationTitle(opener)}`
				: `of the ${first.scope.context} block`;
	return `The proxy_set_header ${level} (${whereIs(first, configuration)})`;
}

function curesOf(
	route: Route,
	forwarding: Forwarding,
	needed: readonly PlacedDirective[],
	context: RuleContext,
): readonly Cure[] {
	const { lines, own } = forwarding;
	const [first] = lines;
	if (first === undefined) return [];
	const anchors = isIncluded(first) ? ['include', ...ANCHORS] : ANCHORS;
	const beside = insertInto(first.scope, needed.map(writtenLine), anchors);
	if (own) {
		const edits = beside === undefined ? forwardEdits(route, forwarding, context) : [beside];
		return edits === undefined ? [] : [{ title: 'Repeat the lost upgrade headers here', preferred: true, edits }];
	}
	const here = insertInto(route.location, [...lines, ...needed].map(writtenLine), ANCHORS);
	const levelCure = beside && { title: 'Repeat the lost upgrade headers beside the lines that cancel them', edits: [beside] };
	const ownCure = here && { title: 'Repeat all headers in this location', edits: [here] };
	// Where plain locations have those lines too, the headers of a handshake are not for them.
	const cures = isForWebSockets(first.scope, context) ? [levelCure, ownCure] : [ownCure, levelCure];
	return cures.filter((cure) => cure !== undefined).map((cure, index) => ({ ...cure, preferred: index === 0 }));
}

/** True when every location that has its headers from this level is meant for WebSockets. */
function isForWebSockets(level: Scope, { allRoutes, routes, version }: RuleContext): boolean {
	return allRoutes.every((route) => {
		const headers = effective(route.location, 'proxy_set_header', version);
		return headers.level !== 'inherited' || headers.scope !== level || routes.includes(route);
	});
}

/** `a, b and c`. */
function listOf(words: readonly string[]): string {
	return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function names(lines: readonly PlacedDirective[]): string {
	return listOf(lines.map((line) => line.node.args[0]?.value ?? ''));
}
