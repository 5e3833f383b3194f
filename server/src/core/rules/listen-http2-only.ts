import type { PlacedDirective } from '../config/model.ts';
import type { Cure } from './rule.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute, titleOf } from './wording.ts';

export default defineRule({
	id: 'listen-http2-only',
	summary: 'A port without TLS speaks HTTP/2 only, and a handshake needs HTTP/1.1.',
	severity: 'error',
	why: `Before 1.25.1 a \`listen\` with \`http2\` and without \`ssl\` takes nothing but HTTP/2. A WebSocket handshake is an HTTP/1.1 request: nginx
cuts the connection ("invalid connection preface"). Beside \`ssl\` the word does no harm, since client and server agree on the version.`,
	remedy: 'Take `http2` off the listen.',
	ignore: 'Nobody opens a WebSocket on that port.',
	rows: ['PR6'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_v2_module.html', 'https://nginx.org/en/CHANGES'],
	versions: { before: '1.25.1' },
	examples: [
		{
			title: 'http2 without ssl',
			within: 'http',
			checkVersion: '1.22.1',
			bad: `server {
	«listen 8080 http2»;
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
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails', before: '1.25.1' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.outside?.outcome !== 'refused') continue;
			const line = route.outside.because.map(({ at }) => at).find(({ node }) => node.name.value === 'listen');
			if (line === undefined || !line.node.args.some(({ value }) => value.toLowerCase() === 'http2')) continue;
			yield {
				...aboutRoute(route),
				at: placeOf(line),
				message: `nginx before 1.25.1 speaks nothing but HTTP/2 on this port, and cuts the HTTP/1.1 handshake for ${titleOf(route)}. Take http2 off this listen.`,
				cures: () => withoutHttp2(line),
			};
		}
	},
});

function withoutHttp2(line: PlacedDirective): readonly Cure[] {
	const index = line.node.args.findIndex(({ value }) => value.toLowerCase() === 'http2');
	const word = line.node.args[index];
	const before = index === 0 ? line.node.name : line.node.args[index - 1];
	if (word === undefined || before === undefined) return [];
	const span = { start: before.span.end, end: word.span.end };
	return [{ title: 'Take http2 off this listen', preferred: true, edits: [{ path: line.file.path, span, text: '' }] }];
}
