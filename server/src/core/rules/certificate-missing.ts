import { effective } from '../config/effective.ts';
import { listensOf } from '../config/listen.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { defineRule, placeOf, type Report } from './rule.ts';
import { isComplete, scopesOf } from './scopes.ts';

export default defineRule({
	id: 'certificate-missing',
	summary: 'A server listens with TLS and has no certificate, or a certificate has no key.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `The server that is the default of a port with \`ssl\` or \`quic\` needs \`ssl_certificate\`, its own or one of the http block, unless it says
\`ssl_reject_handshake on\`; and there have to be as many \`ssl_certificate_key\` as certificates.
A server that verifies its clients needs \`ssl_client_certificate\`. Else nginx refuses to start.`,
	remedy: 'Write `ssl_certificate` and `ssl_certificate_key` into the server.',
	ignore: 'A file that is not here has them.',
	rows: ['SM1'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate'],
	examples: [
		{
			title: 'no certificate at all',
			within: 'http',
			bad: `server {
	listen 8080;
	«listen 8443 ssl»;
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
			fixed: '',
			proof: { bad: 'rejected' },
		},
		{
			title: 'a certificate without its key',
			within: 'http',
			bad: `server {
	listen 8080;
	«ssl_certificate cert.pem»;
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
			fixed: '',
			proof: { bad: 'rejected' },
		},
	],
	*check({ configuration, version }) {
		const { root, fragment } = configuration;
		if (fragment !== undefined || !isComplete(root)) return;
		for (const http of scopesOf(root, 'http')) {
			const servers = (http.byName.get('server') ?? []).flatMap(({ body }) => body ?? []);
			// A server that is not here may be the default of any port.
			if (isComplete(http)) yield* withoutCertificate(servers, version);
			yield* withoutKey(servers, version);
			yield* withoutAuthority(servers, version);
		}
	},
});

/** The ports with TLS whose default server has no certificate (src/http/modules/ngx_http_ssl_module.c, ngx_http_ssl_init). */
function* withoutCertificate(servers: readonly Scope[], version: NginxVersion): Generator<Report> {
	const ports = new Map<string, { server: Scope; isChosen: boolean; line: PlacedDirective | undefined }>();
	for (const server of servers) {
		// A listen that is not here may stand in any of them.
		if (!isComplete(server) || server.opener?.file.tree.template === true) return;
		for (const { address, port, tls, defaultServer, at } of listensOf(server)) {
			const key = `${address} ${port}`;
			const known = ports.get(key);
			const line = known?.line ?? (tls ? at : undefined);
			if (known === undefined || (defaultServer && !known.isChosen)) ports.set(key, { server, isChosen: defaultServer, line });
			else known.line = line;
		}
	}
	const told = new Set<Scope>();
	for (const { server, line } of ports.values()) {
		if (line === undefined || told.has(server)) continue;
		if (effective(server, 'ssl_certificate', version).level !== 'default' || isRejecting(server, version)) continue;
		told.add(server);
		yield {
			severity: 'error',
			at: placeOf(line),
			message: `nginx refuses to start: this port speaks TLS, and its ${line.scope === server ? 'server' : 'default server'} has no ssl_certificate. Write ssl_certificate and ssl_certificate_key, or take ${line.node.args.find(({ value }) => /^(?:ssl|quic)$/.test(value))?.value ?? 'ssl'} away.`,
		};
	}
}

function isRejecting(server: Scope, version: NginxVersion): boolean {
	const rejecting = effective(server, 'ssl_reject_handshake', version);
	if (rejecting.level === 'unknown') return true;
	return rejecting.level !== 'default' && rejecting.directives.at(-1)?.node.args[0]?.value.toLowerCase() === 'on';
}

/** Clients' certificates that are to be verified with nothing; from 1.27 on ssl_trusted_certificate alone is enough. */
function* withoutAuthority(servers: readonly Scope[], version: NginxVersion): Generator<Report> {
	const told = new Set<PlacedDirective['node']>();
	for (const server of servers) {
		const verify = effective(server, 'ssl_verify_client', version);
		const line = verify.level === 'own' || verify.level === 'inherited' ? verify.directives.at(-1) : undefined;
		if (line === undefined || !/^(?:on|optional)$/i.test(line.node.args[0]?.value ?? '') || told.has(line.node)) continue;
		const isUnset = (name: string): boolean => effective(server, name, version).level === 'default';
		if (isUnset('ssl_certificate') || !isUnset('ssl_client_certificate') || !isUnset('ssl_trusted_certificate')) continue;
		if (line.file.tree.template) continue;
		told.add(line.node);
		yield {
			severity: 'error',
			at: placeOf(line),
			message: `nginx refuses to start: the certificates of clients are to be verified, and no ssl_client_certificate says with which authorities. Add it, with the file of the authorities.`,
		};
	}
}

/** The certificates beyond the last key. */
function* withoutKey(servers: readonly Scope[], version: NginxVersion): Generator<Report> {
	const told = new Set<PlacedDirective>();
	for (const server of servers) {
		const certificates = effective(server, 'ssl_certificate', version);
		const keys = effective(server, 'ssl_certificate_key', version);
		if (certificates.level === 'unknown' || certificates.level === 'default' || keys.level === 'unknown') continue;
		const count = keys.level === 'default' ? 0 : keys.directives.length;
		const line = certificates.directives[count];
		if (line === undefined || told.has(line) || line.file.tree.template) continue;
		told.add(line);
		yield {
			severity: 'error',
			at: placeOf(line),
			message: `nginx refuses to start: no ssl_certificate_key is defined for the certificate ${line.node.args[0]?.value}. Write one for each ssl_certificate.`,
		};
	}
}
