import { readMap } from '../config/maps.ts';
import type { PlacedDirective } from '../config/model.ts';
import type { Prediction } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { handshakeRequest } from '../routes/urls.ts';
import { sourceVariable } from './mapMend.ts';
import { type Cure, defineRule, placeOf, type RuleContext } from './rule.ts';
import { evidenceOf, titleOf } from './wording.ts';

export default defineRule({
	id: 'connection-compared-exactly',
	summary: 'A client whose Connection header holds more than the word "Upgrade" is not taken for a WebSocket client.',
	severity: 'information',
	why: `Connection is a list. Chrome and newer Firefox send \`Connection: Upgrade\`; older Firefox and other clients send
\`Connection: keep-alive, Upgrade\`, which is the same to a WebSocket server. A map from $http_connection with the key \`Upgrade\`, or
\`if ($http_connection = Upgrade)\`, fits the first alone, so the handshake of the others fails. It informs only: with the clients that most people have, the handshake works.`,
	remedy:
		'Write `"~*upgrade"` for the key of the map, or `if ($http_connection ~* upgrade)`; better still, look at $http_upgrade.',
	ignore: 'All clients send `Connection: Upgrade` and nothing else in it.',
	rows: ['HD14', 'HD13'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_map_module.html',
		'https://www.rfc-editor.org/rfc/rfc9110.html#section-7.6.1',
	],
	examples: [
		{
			title: 'a map with the bare word as its key',
			within: 'http',
			bad: `«map $http_connection $conn» {
	default close;
	Upgrade upgrade;
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
			proof: { bad: 101 },
		},
		{
			title: 'an if that compares the whole header',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		set $conn close;
		«if ($http_connection = Upgrade)» {
			set $conn upgrade;
		}
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $conn;
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		set $conn close;
		if ($http_connection ~* upgrade) {
			set $conn upgrade;
		}
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $conn;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
	],
	*check(context) {
		// Few configurations read the header at all; in others no second handshake needs to be followed.
		const texts = [...context.configuration.files.values()].map(({ tree }) => tree.source.text);
		if (!texts.some((text) => /\$\{?http_connection\b/i.test(text))) return;
		const seen = new Set<PlacedDirective>();
		for (const route of context.routes) {
			const pair = differing(route, context);
			if (pair === undefined) continue;
			const [at] = comparisonsIn(route, pair);
			if (at === undefined || seen.has(at)) continue;
			seen.add(at);
			const isMap = at.node.name.value === 'map';
			yield {
				route,
				severity: 'information',
				at: placeOf(at),
				related: evidenceOf(route),
				message: `${isMap ? 'This map fits' : 'This comparison fits'} "Connection: Upgrade" alone: a client that sends "Connection: keep-alive, Upgrade", as older Firefox does, gets no WebSocket from ${titleOf(route)}. ${adviceFor(at)}`,
				cures: () => curesOf(at),
			};
		}
	},
});

interface Pair {
	readonly works: Prediction;
	readonly fails: Prediction;
}

/** The handshake with each of the two forms of Connection, where the longer one alone fails. */
function differing(route: Route, context: RuleContext): Pair | undefined {
	const { handshake, handshakeKeepAlive } = route;
	if (handshake.upgrade && isKnownToFail(handshakeKeepAlive)) return { works: handshake, fails: handshakeKeepAlive };
	// An `if` of the server may send it elsewhere before the location is chosen.
	const { outside } = route;
	if (outside?.upgrade !== true) return undefined;
	const fails = context.predictor.predict(handshakeRequest(route.urls[0], 'keep-alive, Upgrade'));
	return isKnownToFail(fails) ? { works: outside, fails } : undefined;
}

function isKnownToFail({ upgrade, outcome }: Prediction): boolean {
	return !upgrade && outcome !== 'unknown';
}

/** What tells the two forms apart: maps and comparisons of $http_connection that the one handshake or the other was decided by. */
function comparisonsIn(route: Route, { works, fails }: Pair): readonly PlacedDirective[] {
	const decided = [works, fails].flatMap(({ because, upstream }) => [
		...(upstream?.lines ?? []).flatMap(({ sources }) => sources),
		...because.map(({ at }) => at),
	]);
	return [...decided, ...ifsOf(route)].filter((at) => {
		if (at.node.name.value === 'map') return sourceVariable(at) === 'http_connection';
		return at.node.name.value === 'if' && isComparison(at);
	});
}

function ifsOf(route: Route): readonly PlacedDirective[] {
	return [...(route.location.byName.get('if') ?? []), ...(route.server.byName.get('if') ?? [])];
}

function isComparison({ node }: PlacedDirective): boolean {
	const [left, sign] = node.args.map(({ value }) => value);
	return left?.toLowerCase() === '($http_connection' && (sign === '=' || sign === '!=' || sign === '~' || sign === '!~');
}

function conditionFor({ node }: PlacedDirective): string {
	return `if ($http_connection ${node.args[1]?.value.startsWith('!') === true ? '!~*' : '~*'} upgrade)`;
}

function adviceFor(at: PlacedDirective): string {
	if (at.node.name.value !== 'map') return `Write \`${conditionFor(at)}\`.`;
	const key = keyOf(at);
	return key === undefined
		? 'Let it look up $http_upgrade, or write the key `"~*upgrade"`.'
		: `Write \`"~*upgrade"\` for the key \`${key.node.name.value}\`, which fits every list with the word in it.`;
}

/** The entry of a map that fits the bare word. */
function keyOf(map: PlacedDirective): PlacedDirective | undefined {
	const entry = readMap(map).lookUp('Upgrade')?.at;
	return entry === undefined || entry.node.name.value === 'default' ? undefined : entry;
}

function curesOf(at: PlacedDirective): readonly Cure[] {
	if (at.node.name.value === 'map') {
		const key = keyOf(at);
		return key === undefined
			? []
			: [
					{
						title: 'Let the map find the word in the list',
						preferred: true,
						edits: [{ path: key.file.path, span: key.node.name.span, text: '"~*upgrade"' }],
					},
				];
	}
	const [first] = at.node.args;
	const last = at.node.args.at(-1);
	if (first === undefined || last === undefined) return [];
	return [
		{
			title: 'Look for the word in the list',
			preferred: true,
			edits: [
				{
					path: at.file.path,
					span: { start: first.span.start, end: last.span.end },
					text: conditionFor(at).replace(/^if /, ''),
				},
			],
		},
	];
}
