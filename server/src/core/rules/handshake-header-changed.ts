import type { PlacedDirective } from '../config/model.ts';
import { namesHeader } from '../request/headersMore.ts';
import type { Obstacle } from '../request/prediction.ts';
import { removeDirective, removeWord } from './cures/editing.ts';
import { type Cure, defineRule, placeOf } from './rule.ts';
import { aboutRoute, routePlace, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'handshake-header-changed',
	summary: 'The headers-more module takes a header out of the handshake, or out of its answer.',
	severity: 'error',
	why: `The directives of the headers-more module come between: \`more_clear_input_headers\` and \`more_set_input_headers\` change what the client
sent before proxy_set_header reads it, so \`$http_upgrade\` is empty then, and nginx itself makes no tunnel for a request without Upgrade.
\`more_clear_headers\` and \`more_set_headers\` do the same to the 101, and the browser refuses it. The lines of outer levels count as well.`,
	remedy:
		'Leave Upgrade, Connection and the Sec-WebSocket headers out of these lines, or set them in locations without WebSockets.',
	ignore: 'The location never serves WebSockets; mark it with the comment `# not websocket`.',
	rows: ['HD1', 'HD31', 'HD32'],
	sources: [
		'https://github.com/openresty/headers-more-nginx-module#more_clear_input_headers',
		'https://nginx.org/en/docs/http/websocket.html',
	],
	examples: [
		{
			title: 'Upgrade is cleared before it is passed on',
			within: 'main',
			bad: `load_module modules/ngx_http_headers_more_filter_module.so;
events {}
http {
	server {
		listen 8080;
		location /ws {
			«more_clear_input_headers Upgrade»;
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`,
			good: `load_module modules/ngx_http_headers_more_filter_module.so;
events {}
http {
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
}
`,
			proof: { bad: 'fails' },
		},
		{
			title: 'Upgrade is cleared from every answer of the server',
			within: 'main',
			bad: `load_module modules/ngx_http_headers_more_filter_module.so;
events {}
http {
	server {
		listen 8080;
		more_clear_headers Server Upgrade;
		location /ws {
			«proxy_pass http://127.0.0.1:9000»;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`,
			good: `load_module modules/ngx_http_headers_more_filter_module.so;
events {}
http {
	server {
		listen 8080;
		more_clear_headers Server;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`,
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.handshake.location !== route.location) continue;
			for (const obstacle of route.handshake.obstacles) {
				const [line] = obstacle.at;
				if (line === undefined || !(obstacle.code === 'request-header-changed' || obstacle.code === 'response-header-changed'))
					continue;
				const own = line.scope === route.location && line.file === route.at.file;
				yield {
					...aboutRoute(route),
					at: own ? placeOf(line) : routePlace(route),
					message: `${sentence(obstacle)}${own ? '' : ` (${whereIs(line, context.configuration)})`}, so no WebSocket opens through ${titleOf(route)}. Leave that header out of the line.`,
					cures: () => curesOf(line, obstacle),
				};
			}
		}
	},
});

function sentence({ code, text }: Obstacle): string {
	return code === 'request-header-changed' ? `${text} before proxy_set_header reads it` : text;
}

/** Takes the words out that name a header of the handshake; the whole line where nothing else is in it. */
function curesOf(line: PlacedDirective, { code }: Obstacle): readonly Cure[] {
	const { args } = line.node;
	const headers = args.filter(({ value }, index) => !value.startsWith('-') && !/^-[st]$/.test(args[index - 1]?.value ?? ''));
	const names = code === 'request-header-changed' ? OF_REQUEST : OF_ANSWER;
	const wrong = headers.filter(({ value }) => names.some((name) => namesHeader(nameIn(value), name)));
	if (wrong.length === 0) return [];
	const edits = wrong.length === headers.length ? [removeDirective(line)] : wrong.map((word) => removeWord(line, word));
	return [{ title: 'Leave the headers of a handshake alone', preferred: true, edits }];
}

const OF_REQUEST: readonly string[] = ['upgrade', 'connection', 'sec-websocket-key', 'sec-websocket-version'];
const OF_ANSWER: readonly string[] = ['upgrade', 'sec-websocket-accept'];

/** `Upgrade`, `Upgrade: h2c`, `Sec-*`: the name, in lower case. */
function nameIn(word: string): string {
	return (word.split(':')[0] ?? '').trim().toLowerCase();
}
