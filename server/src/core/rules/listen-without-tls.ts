import { isAtLeast } from '../reference/versions.ts';
import { doorsOf, unusedCertificate, withTls } from './doors.ts';
import { defineRule, placeOf, type Report } from './rule.ts';
import { aboutRoute, titleOf } from './wording.ts';

export default defineRule({
	id: 'listen-without-tls',
	summary: 'A server has a certificate and listens on 443 without ssl, so wss:// fails.',
	severity: 'error',
	why: `The number of a port says nothing to nginx: \`listen 443;\` without \`ssl\` speaks plain HTTP, whatever certificate stands beside it. A
browser that opens wss:// begins with TLS, gets an HTTP error page for an answer, and sees close code 1006.`,
	remedy: 'Write `listen 443 ssl;`.',
	ignore: 'Something in front of nginx takes TLS off and passes plain HTTP to this port.',
	rows: ['PR10'],
	sources: [
		'https://nginx.org/en/docs/http/configuring_https_servers.html',
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#listen',
	],
	examples: [
		{
			title: 'ssl is forgotten',
			within: 'http',
			bad: `server {
	listen 8080;
	«listen 443»;
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
	listen 443 ssl;
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
			proof: { bad: 'fails', tls: true },
		},
	],
	*check(context) {
		if (context.routes.length === 0) return;
		for (const door of doorsOf(context.configuration)) {
			for (const { server, listen } of door.residents) {
				const route = context.routes.find((one) => one.server === server && one.urls.length > 0);
				const line = listen.at;
				const at = unusedCertificate(door, server, context.version);
				if (route === undefined || line === undefined || at === undefined) continue;
				yield {
					...aboutRoute(route),
					at: placeOf(line),
					related: [{ ...placeOf(at), message: 'The certificate, which is not used on this port.' }],
					message: `This listen has no \`ssl\`, so nginx speaks ${listen.http2 && !isAtLeast(context.version, '1.25.1') ? 'HTTP/2 without TLS' : 'plain HTTP'} on port ${door.port} in spite of the certificate, and wss:// to ${titleOf(route)} fails in the TLS handshake. Add \`ssl\`.`,
					cures: () => [withTls(line)],
				} satisfies Report;
				break;
			}
		}
	},
});
