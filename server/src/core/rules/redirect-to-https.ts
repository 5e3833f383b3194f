import type { PlacedDirective } from '../config/model.ts';
import type { ClientRequest } from '../request/prediction.ts';
import { doorsOf } from './doors.ts';
import { defineRule, placeOf } from './rule.ts';
import { evidenceOf, titleOf } from './wording.ts';

export default defineRule({
	id: 'redirect-to-https',
	summary: 'A plain port redirects a WebSocket location to https, and clients do not follow.',
	severity: 'hint',
	optIn: true,
	why: `A browser follows no redirect of a handshake: with \`return 301 https://…\` on the plain port, \`new WebSocket("ws://…")\` fails with
"Unexpected response code: 301". Nearly every site redirects so, and a page that came over https has to open wss:// anyway.`,
	remedy: 'Let the clients open wss://; or serve the location on the plain port as well.',
	ignore: 'No client opens ws://.',
	rows: ['RT14'],
	sources: [
		'https://websockets.spec.whatwg.org/#concept-websocket-establish',
		'https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#return',
	],
	examples: [
		{
			title: 'everything goes to https',
			within: 'http',
			bad: `server {
	listen 8080;
	server_name localhost;
	«return 301 https://$host$request_uri»;
}
server {
	listen 8443 ssl;
	server_name localhost;
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
	listen 8443 ssl;
	server_name localhost;
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
			fixed: '',
			proof: { bad: 301 },
		},
	],
	*check(context) {
		const reported = new Set<PlacedDirective>();
		const plain = context.routes.length === 0 ? [] : doorsOf(context.configuration).filter(({ tls, port }) => !tls && port !== 0);
		for (const route of context.routes) {
			const url = route.urls.find(({ scheme }) => scheme === 'wss');
			if (url === undefined) continue;
			for (const { port } of plain) {
				const host = port === 80 ? url.host : `${url.host}:${port}`;
				const request: ClientRequest = {
					...route.request,
					listen: `127.0.0.1:${port}`,
					tls: false,
					headers: route.request.headers.map(([name, value]) => [name, name === 'Host' ? host : value] as const),
				};
				const answer = context.predictor.predict(request);
				if (answer.outcome !== 'answered' || answer.redirect?.startsWith('https://') !== true) continue;
				const line = answer.because.map(({ at }) => at).findLast(({ node }) => ['return', 'rewrite'].includes(node.name.value));
				if (line === undefined || reported.has(line)) continue;
				reported.add(line);
				yield {
					route,
					severity: 'hint',
					at: placeOf(line),
					related: evidenceOf(route),
					message: `ws://${host}${url.path} gets ${answer.status} to https here, and WebSocket clients follow no redirect, so they do not get to ${titleOf(route)}. Let them open wss://.`,
				};
			}
		}
	},
});
