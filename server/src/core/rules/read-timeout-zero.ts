import type { PlacedDirective } from '../config/model.ts';
import type { Prediction } from '../request/prediction.ts';
import { replaceArgument } from './cures/editing.ts';
import { idleTimeoutDirective, idleTimeoutEdit, SHORT_MS } from './cures/idleTimeout.ts';
import { type Cure, defineRule, placeOf } from './rule.ts';
import { aboutRoute, formatDuration, routePlace, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'read-timeout-zero',
	summary: 'A timeout of 0, or of a few milliseconds, ends handshakes before they are answered.',
	severity: 'error',
	why: `Zero is no "off". With proxy_read_timeout or proxy_connect_timeout 0 nginx gives the backend no time at all, and every request to it
ends in 504; with client_header_timeout 0 it resets the client's connection. There is no value that switches these timeouts off.
proxy_read_timeout bounds the handshake too: a few milliseconds are soon over.`,
	remedy:
		'Write a real time instead: `proxy_read_timeout 1h;`, `proxy_connect_timeout 60s;`, `client_header_timeout 60s;` (the last two are nginx’s own defaults).',
	ignore: 'Never for 0; for a few milliseconds, when the backend always answers in time and pings as often.',
	rows: ['TO9', 'TO10'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout',
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_connect_timeout',
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#client_header_timeout',
	],
	examples: [
		{
			title: 'zero to switch it off',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		«proxy_read_timeout 0»;
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
			proof: { bad: 504 },
		},
		{
			title: 'no time to connect',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		«proxy_connect_timeout 0»;
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
		proxy_connect_timeout 60s;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 504 },
		},
		{
			title: 'no time for the client',
			within: 'http',
			bad: `server {
	listen 8080;
	«client_header_timeout 0»;
	location /ws {
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
	client_header_timeout 60s;
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
		{
			title: 'hardly any time',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		«proxy_read_timeout 900ms»;
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
	],
	*check(context) {
		const seen = new Set<PlacedDirective>();
		for (const route of context.routes) {
			const { handshake, outside } = route;
			const client = outside?.outcome === 'refused' ? lineOf(outside, 'client_header_timeout') : undefined;
			if (client !== undefined && !seen.has(client)) {
				seen.add(client);
				yield {
					...aboutRoute(route),
					at: placeOf(client),
					message: `client_header_timeout is 0, and nginx takes that as no time at all: it resets every connection before the handshake for ${titleOf(route)} is read. Write \`client_header_timeout 60s;\`; there is no "off".`,
					cures: () => set(client, '60s', 'Give the client time to send its request'),
				};
			}
			if (handshake.location !== route.location || route.location.context !== 'location') continue;
			const connect = handshake.obstacles.flatMap(({ at }) => at).find(({ node }) => /_connect_timeout$/.test(node.name.value));
			if (connect !== undefined) {
				const own = connect.scope === route.location && connect.file === route.at.file;
				const { name } = connect.node;
				yield {
					...aboutRoute(route),
					at: own ? placeOf(connect) : routePlace(route),
					message: `${name.value} is 0${own ? '' : ` (${whereIs(connect, context.configuration)})`}, and nginx takes that as no time at all: it gives up every new connection to the backend at once and answers 504. Write \`${name.value} 60s;\`; there is no "off".`,
					cures: () => set(connect, '60s', 'Give nginx time to reach the backend'),
				};
			}
			const { idleTimeoutMs, idleTimeoutAt: line } = handshake;
			if (idleTimeoutMs === null || idleTimeoutMs >= SHORT_MS) continue;
			const own = line !== undefined && line.scope === route.location && line.file === route.at.file;
			const name = line?.node.name.value ?? idleTimeoutDirective(route) ?? 'proxy_read_timeout';
			const where = own || line === undefined ? '' : ` (${whereIs(line, context.configuration)})`;
			yield {
				...aboutRoute(route),
				...(idleTimeoutMs === 0 ? {} : { severity: 'information' as const }),
				at: own ? placeOf(line) : routePlace(route),
				message:
					idleTimeoutMs === 0
						? `${name} is 0${where}, and nginx takes that as no time at all: every handshake ends in 504 at once. Write \`${name} 1h;\`; there is no "off".`
						: `${name} is ${formatDuration(idleTimeoutMs)}${where}: a backend that takes longer to answer the handshake is given up with 504, and the tunnel is closed after that much silence. Write \`${name} 1h;\`.`,
				cures: () => {
					const edit = idleTimeoutEdit(route, '1h');
					return edit === undefined ? [] : [{ title: 'Give the backend time to answer', preferred: true, edits: [edit] }];
				},
			};
		}
	},
});

function lineOf({ because }: Prediction, name: string): PlacedDirective | undefined {
	return because.map(({ at }) => at).find(({ node }) => node.name.value === name);
}

function set(line: PlacedDirective, time: string, title: string): readonly Cure[] {
	const edit = replaceArgument(line, 0, time);
	return edit === undefined ? [] : [{ title, preferred: true, edits: [edit] }];
}
