import { isOpenAddress } from '../config/address.ts';
import { effective } from '../config/effective.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { defineRule, placeOf, type Report } from './rule.ts';
import { directivesIn } from './scopes.ts';

export default defineRule({
	id: 'ssl-verify-refused',
	summary: 'The certificate of a backend is to be verified, and nothing says with which authorities.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `\`proxy_ssl_verify on\` needs \`proxy_ssl_trusted_certificate\`, the file with the authorities that nginx trusts; it does not take the
system's by itself. Where a location passes to https:// and the file is missing, nginx refuses to start.`,
	remedy: 'Write `proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;`, or the file of your own authority.',
	ignore: 'Never: nginx does not start.',
	rows: ['SM1'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ssl_verify'],
	examples: [
		{
			title: 'verified with nothing',
			within: 'http',
			bad: `server {
	listen 8080;
	location /api {
		«proxy_ssl_verify on»;
		proxy_pass https://127.0.0.1:9443;
	}
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
	location /api {
		proxy_pass https://127.0.0.1:9443;
	}
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
		const told = new Set<PlacedDirective['node']>();
		for (const handler of directivesIn(configuration.root)) {
			const { node, scope, file } = handler;
			const secure = SECURE.get(node.name.value);
			const target = node.args[0]?.value ?? '';
			if (secure === undefined || !secure.test(target) || node.args.length !== 1 || file.tree.template) continue;
			if (scope.context === 'stream server') continue;
			const module = node.name.value.slice(0, -'_pass'.length);
			const verify = verifyingLine(scope, module, version);
			if (verify === undefined || told.has(verify.node)) continue;
			told.add(verify.node);
			yield {
				severity: 'error',
				at: placeOf(verify),
				related: [{ ...placeOf(handler), message: 'passes to a backend with TLS' }],
				message: `nginx refuses to start: ${module}_ssl_verify is on, and no ${module}_ssl_trusted_certificate says whom to trust. Add it, with the file of the authorities.`,
			} satisfies Report;
		}
	},
});

/** Which addresses of each directive are those of a backend with TLS; one that holds its scheme in a variable is not looked at. */
const SECURE: ReadonlyMap<string, RegExp> = new Map([
	['proxy_pass', /^https:\/\//i],
	['grpc_pass', /^grpcs:\/\//i],
	['uwsgi_pass', /^suwsgi:\/\//i],
]);

/** The line that turns verification on where no authority is set (src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_set_ssl). */
function verifyingLine(scope: Scope, module: string, version: NginxVersion): PlacedDirective | undefined {
	const verify = effective(scope, `${module}_ssl_verify`, version);
	if (verify.level === 'unknown' || verify.level === 'default') return undefined;
	const line = verify.directives.at(-1);
	const value = line?.node.args[0]?.value ?? '';
	if (line === undefined || value.toLowerCase() !== 'on' || isOpenAddress(value) || line.file.tree.template) return undefined;
	return effective(scope, `${module}_ssl_trusted_certificate`, version).level === 'default' ? line : undefined;
}
