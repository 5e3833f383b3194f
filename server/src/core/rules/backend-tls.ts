import { effective } from '../config/effective.ts';
import type { PlacedDirective } from '../config/model.ts';
import { parseFlag } from '../reference/values.ts';
import type { Route } from '../routes/route.ts';
import { replaceArgument } from './cures/editing.ts';
import { defineRule, placeOf, placeOfArgument, type RuleContext } from './rule.ts';
import { aboutRoute } from './wording.ts';

export default defineRule({
	id: 'backend-tls',
	summary: 'nginx and the backend probably disagree about TLS between them.',
	severity: 'information',
	why: `\`proxy_pass http://…:443\` speaks plain HTTP to a port where nearly always TLS is spoken: 502 or 400. With an \`upstream\` block,
\`proxy_ssl_server_name on\` sends the name of that block as SNI, which hardly any certificate has; with \`proxy_ssl_verify on\` nginx compares the certificate with that name as well, and answers 502.`,
	remedy: 'Write `https://` for a TLS port, and `proxy_ssl_name` with the real host name beside `proxy_ssl_server_name on`.',
	ignore: 'The backend speaks plain HTTP on that port, or does not look at the name.',
	rows: ['PR12', 'PR13', 'PR14'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ssl_server_name',
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ssl_name',
	],
	examples: [
		{
			title: 'plain HTTP to port 443',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass «http://127.0.0.1:443»;
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
	location /ws {
		proxy_pass https://127.0.0.1:443;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 502 },
		},
		{
			title: 'the name of the upstream as SNI',
			within: 'http',
			bad: `upstream chat {
	server 127.0.0.1:1;
}
server {
	listen 8080;
	location /ws {
		proxy_pass https://chat;
		«proxy_ssl_server_name on»;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `upstream chat {
	server 127.0.0.1:9000;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://chat;
		proxy_ssl_server_name on;
		proxy_ssl_name chat.example.com;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 502 },
		},
		{
			title: 'the certificate is compared with the name of the upstream',
			within: 'http',
			bad: `upstream chat {
	server 127.0.0.1:1;
}
server {
	listen 8080;
	location /ws {
		proxy_pass https://chat;
		«proxy_ssl_verify on»;
		proxy_ssl_trusted_certificate ca.pem;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `upstream chat {
	server 127.0.0.1:9000;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://chat;
		proxy_ssl_name chat.example.com;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const { handler, handshake } = route;
			const { upstream } = handshake;
			if (handler?.node.name.value !== 'proxy_pass' || upstream === null || handshake.location !== route.location) continue;
			const target = handler.node.args[0]?.value ?? '';
			const port = upstream.upstream === undefined ? /:(443|8443)$/.exec(upstream.addresses[0] ?? '')?.[1] : undefined;
			if (upstream.scheme === 'http' && port !== undefined && /^http:/i.test(target))
				yield {
					...aboutRoute(route),
					severity: 'information',
					at: placeOfArgument(handler, 0),
					message: `nginx speaks plain HTTP to port ${port} of this backend, where nearly always TLS is spoken, and the handshake ends in 502 or 400. Write https:// if it is.`,
					cures: () => {
						const edit = replaceArgument(
							handler,
							0,
							handler.file.tree.source.slice(handler.node.args[0]?.span ?? handler.node.span).replace(/http:/i, 'https:'),
						);
						return edit === undefined
							? []
							: [{ title: 'Speak TLS to the backend', preferred: false, edits: [edit], changes: 'backend' }];
					},
				};
			const name = nameOfUpstream(route, context);
			if (name === undefined) continue;
			const verify = switchedOn(route, 'proxy_ssl_verify', context);
			const sni = switchedOn(route, 'proxy_ssl_server_name', context);
			const at = verify ?? sni;
			if (at !== undefined)
				yield {
					...aboutRoute(route),
					severity: 'information',
					at: placeOf(at),
					message:
						verify === undefined
							? `nginx sends "${name}", the name of the upstream block, as SNI to the TLS backend, which probably has no certificate for it. Write \`proxy_ssl_name\` with the host name of the backend.`
							: `nginx compares the certificate of the TLS backend with "${name}", the name of the upstream block, and answers 502 unless it is made out to that. Write \`proxy_ssl_name\` with the host name in the certificate.`,
				};
		}
	},
});

/** The name that nginx takes for the TLS backend's, where that is the name of an upstream block and can hardly be a host's. */
function nameOfUpstream(route: Route, context: RuleContext): string | undefined {
	const { upstream } = route.handshake;
	if (upstream?.scheme !== 'https' || upstream.upstream === undefined) return undefined;
	const name = upstream.upstream.node.args[0]?.value ?? '';
	if (name.includes('.')) return undefined;
	return effective(route.location, 'proxy_ssl_name', context.version).level === 'default' ? name : undefined;
}

/** The line that switches something on. */
function switchedOn(route: Route, name: string, context: RuleContext): PlacedDirective | undefined {
	const flag = effective(route.location, name, context.version);
	const line = flag.level === 'own' || flag.level === 'inherited' ? flag.directives.at(-1) : undefined;
	return line !== undefined && parseFlag(line.node.args[0]?.value ?? '') === true ? line : undefined;
}
