import type { PlacedDirective } from '../config/model.ts';
import type { HeaderLine } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { ownDirectives, removeDirective } from './cures/editing.ts';
import { isRight, repeatedLines } from './forwarding.ts';
import { isReached } from './reached.ts';
import { type Cure, defineRule, placeOf } from './rule.ts';
import { evidenceOf, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'handshake-header-repeated',
	summary: 'The backend gets Upgrade or Connection twice, and some backends refuse that.',
	severity: 'warning',
	why: `nginx sends every \`proxy_set_header\` line of a level, also two for one header. Of 21 tested backends 8 refuse a handshake with two
Upgrade lines (Node's ws and faye-websocket, socket.io, Mojolicious, Puma with faye, Python websockets, Tornado, uvicorn with websockets), and
4 refuse one with two Connection lines, close and upgrade (Go x/net, websocketd, Jetty, aiohttp): they look at one line only.`,
	remedy: 'Leave one line for each of the two headers.',
	ignore: 'The backend is known to take both lines.',
	rows: ['HD21'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header',
		'https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1',
	],
	examples: [
		{
			title: 'Connection twice',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		«proxy_set_header Connection close»;
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
			proof: { bad: 101 },
		},
		{
			title: 'Upgrade twice',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		«proxy_set_header Upgrade $http_upgrade»;
		proxy_set_header Connection "upgrade";
		proxy_set_header Upgrade $http_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Connection "upgrade";
		proxy_set_header Upgrade $http_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const { handshake } = route;
			if (handshake.location !== route.location || !isReached(route)) continue;
			for (const header of ['upgrade', 'connection'] as const) {
				const lines = repeatedLines(handshake, header);
				const [first] = lines;
				// Two Connection lines that both say upgrade are right for whoever reads one of them, and for whoever joins them.
				if (first === undefined || (header === 'connection' && lines.every(isRight))) continue;
				const kept = keptOf(route, lines);
				const away = lines.filter((line) => line !== kept);
				const shown = away[0] ?? first;
				yield {
					route,
					severity: header === 'upgrade' || !isRight(first) ? 'warning' : 'information',
					at: placeOf(shown.at),
					related: [
						...lines.filter((line) => line !== shown).map((line) => ({ ...placeOf(line.at), message: 'Sent as well.' })),
						...evidenceOf(route),
					],
					message: `${titleOf(route)} sends the backend ${lines.length} ${header === 'upgrade' ? 'Upgrade' : 'Connection'} lines (${lines.map(({ value }) => `"${value}"`).join(' and ')}), ${consequence(header, lines)}. Remove this one${lines.length > 2 ? `, and leave the one in ${whereIs(kept.at, context.configuration)}` : ''}.`,
					cures: () => curesOf(away, header),
				};
			}
		}
	},
});

function consequence(header: 'upgrade' | 'connection', lines: readonly HeaderLine[]): string {
	if (header === 'upgrade')
		return `and 8 of 21 tested backends refuse ${lines.every(isRight) ? 'that' : 'two even when both are right'}, Node's ws, socket.io, Python websockets and Tornado among them`;
	return lines[0] !== undefined && isRight(lines[0])
		? 'and a backend that looks at the last one alone refuses the handshake'
		: 'and 4 of 21 tested backends look at the first one alone and refuse the handshake (Go x/net, websocketd, Jetty, aiohttp)';
}

/** The line that stays: a right one, from a file that others share rather than the location's own, the last of them. */
function keptOf(route: Route, lines: readonly HeaderLine[]): HeaderLine {
	const own = new Set<PlacedDirective>(ownDirectives(route.location));
	const right = lines.filter(isRight);
	const kept = right.findLast(({ at }) => !own.has(at)) ?? right.at(-1) ?? lines[0];
	if (kept === undefined) throw new Error('a repeated header has lines');
	return kept;
}

function curesOf(away: readonly HeaderLine[], header: 'upgrade' | 'connection'): readonly Cure[] {
	return [
		{
			title: `Leave one ${header === 'upgrade' ? 'Upgrade' : 'Connection'} line`,
			preferred: true,
			edits: away.map(({ at }) => removeDirective(at)),
		},
	];
}
