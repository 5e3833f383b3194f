import { listensOf } from '../config/listen.ts';
import type { PlacedDirective } from '../config/model.ts';
import { isAtLeast } from '../reference/versions.ts';
import { type Cure, defineRule, placeOf } from './rule.ts';
import { aboutRoute } from './wording.ts';

export default defineRule({
	id: 'http2-only-listen',
	summary: 'Before 1.25.1 a port with http2 and without ssl speaks nothing but HTTP/2.',
	severity: 'error',
	why: `Without TLS nothing tells the protocols apart, so \`listen 80 http2;\` takes HTTP/2 alone: nginx closes the connection of every
HTTP/1.1 client, and a WebSocket handshake is HTTP/1.1. From 1.25.1 on nginx looks at the first bytes.`,
	remedy: 'Remove `http2` from the listen, or add `ssl`.',
	ignore: 'Only gRPC or HTTP/2 clients come to this port.',
	rows: ['PR6'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_v2_module.html', 'https://nginx.org/en/CHANGES'],
	versions: { before: '1.25.1' },
	examples: [
		{
			title: 'http2 on the plain port',
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
		if (isAtLeast(context.version, '1.25.1')) return;
		const seen = new Set<PlacedDirective>();
		for (const route of context.routes) {
			if (route.location.context === 'stream server') continue;
			for (const { at, http2, tls } of listensOf(route.server)) {
				if (at === undefined || !http2 || tls || seen.has(at)) continue;
				seen.add(at);
				yield {
					...aboutRoute(route),
					at: placeOf(at),
					message: `This port speaks nothing but HTTP/2 before nginx 1.25.1, because it has http2 without ssl, and a WebSocket handshake is HTTP/1.1: nginx closes the connection. Remove http2 here, or add ssl.`,
					cures: () => curesOf(at),
				};
			}
		}
	},
});

function curesOf(at: PlacedDirective): readonly Cure[] {
	const index = at.node.args.findIndex(({ value }) => value.toLowerCase() === 'http2');
	const word = at.node.args[index];
	const before = at.node.args[index - 1];
	if (word === undefined || before === undefined) return [];
	return [
		{
			title: 'Speak HTTP/1.1 on this port',
			preferred: true,
			edits: [{ path: at.file.path, span: { start: before.span.end, end: word.span.end }, text: '' }],
		},
	];
}
