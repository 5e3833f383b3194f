import { effective } from '../config/effective.ts';
import { listensOf } from '../config/listen.ts';
import type { Scope } from '../config/model.ts';
import { insertAfter } from './cures/editing.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute } from './wording.ts';

export default defineRule({
	id: 'listen-quic-only',
	summary: 'A server listens for HTTP/3 alone, and WebSockets need TCP.',
	severity: 'error',
	why: `nginx does not implement WebSockets over HTTP/3 (RFC 9220), and a browser opens a TCP connection with HTTP/1.1 for them. With
\`listen 443 quic\` and no \`listen 443 ssl\` nobody listens there: the browser sees 1006.`,
	remedy: 'Add `listen 443 ssl;` beside the quic one.',
	ignore: 'Another server takes the TCP side of the port on purpose.',
	rows: ['PR5'],
	sources: ['https://nginx.org/en/docs/quic.html', 'https://nginx.org/en/docs/http/ngx_http_v3_module.html'],
	versions: { from: '1.25.0' },
	examples: [
		{
			title: 'the ssl listener is missing',
			within: 'http',
			checkVersion: '1.30.0',
			bad: `server {
	«listen 8443 quic»;
	ssl_certificate cert.pem;
	ssl_certificate_key key.pem;
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
			fixed: `server {
	listen 8443 quic;
	listen 8443 ssl;
	ssl_certificate cert.pem;
	ssl_certificate_key key.pem;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
		{
			title: 'a plain port beside the quic one',
			within: 'http',
			checkVersion: '1.30.0',
			bad: `server {
	listen 8080;
	«listen 8443 quic»;
	ssl_certificate cert.pem;
	ssl_certificate_key key.pem;
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
			fixed: `server {
	listen 8080;
	listen 8443 quic;
	listen 8443 ssl;
	ssl_certificate cert.pem;
	ssl_certificate_key key.pem;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		const seen = new Set<Scope>();
		for (const route of context.routes) {
			if (route.location.context === 'stream server' || seen.has(route.server) || route.server.unresolved.length > 0) continue;
			seen.add(route.server);
			const listens = listensOf(route.server);
			// A plain port is no way in for a page that came over HTTPS; another TLS one is.
			const last = listens.findLast(({ quic }) => quic)?.at;
			if (last === undefined || listens.some(({ quic, tls }) => tls && !quic)) continue;
			const address = last.node.args[0]?.value ?? '443';
			const alone = listens.every(({ quic }) => quic);
			yield {
				...aboutRoute(route),
				...(alone ? {} : { severity: 'warning' as const }),
				at: placeOf(last),
				message: `${alone ? 'This server listens over QUIC (HTTP/3) only' : 'For https this server listens over QUIC (HTTP/3) only'}, and a WebSocket needs TCP: wss:// to it is refused, and the browser sees close code 1006. Add \`listen ${address} ssl;\`.`,
				// Without a certificate nginx would not start with that line either.
				cures: () =>
					effective(route.server, 'ssl_certificate', context.version).level === 'default'
						? []
						: [{ title: 'Listen on TCP as well', preferred: true, edits: [insertAfter(last, [`listen ${address} ssl;`])] }],
			};
		}
	},
});
