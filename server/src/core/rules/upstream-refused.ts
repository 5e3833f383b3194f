import type { PlacedDirective, Scope } from '../config/model.ts';
import { replaceArgument } from './cures/editing.ts';
import { defineRule, type Edit, placeOf, placeOfArgument, type Report } from './rule.ts';
import { whereIs } from './wording.ts';

export default defineRule({
	id: 'upstream-refused',
	summary: 'An upstream has no server, or one whose address nginx refuses; or proxy_pass gives an upstream a port.',
	severity: 'error',
	refused: true,
	why: `A \`server\` of an upstream is a host and a port, without \`http://\` and without a path; each upstream has at least one. The ports stand
there, so \`proxy_pass http://name:8080\` is refused for the name of an upstream ("may not have port").`,
	remedy: 'Write `server host:port;` in the upstream and `proxy_pass http://name;` in the location.',
	ignore: 'Never: nginx does not start.',
	rows: ['UP16'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server',
		'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass',
	],
	examples: [
		{
			title: 'a URL for a server',
			within: 'http',
			bad: `upstream chat {
	server «http://127.0.0.1:9000»;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://chat;
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
			title: 'a port behind the name of an upstream',
			within: 'http',
			bad: `upstream chat {
	server 127.0.0.1:9000;
}
server {
	listen 8080;
	location /ws {
		proxy_pass «http://chat:9000»;
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
			title: 'no server',
			within: 'http',
			bad: `«upstream chat» {
	ip_hash;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://chat;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `upstream chat {
	ip_hash;
	server 127.0.0.1:9000;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://chat;
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
		const { root } = context.configuration;
		const http = root.context === 'http' ? [root] : (root.byName.get('http') ?? []).flatMap(({ body }) => body ?? []);
		const upstreams = http.flatMap((scope) => scope.byName.get('upstream') ?? []);
		for (const upstream of upstreams) if (!upstream.file.tree.template) yield* refusedIn(upstream);
		const byName = new Map(upstreams.map((upstream) => [upstream.node.args[0]?.value.toLowerCase() ?? '', upstream]));
		if (byName.size === 0) return;
		for (const { handler } of context.allRoutes) {
			const target = handler?.node.name.value === 'proxy_pass' ? handler.node.args[0]?.value : undefined;
			if (handler === undefined || target === undefined || target.includes('$') || handler.scope.context === 'stream server')
				continue;
			const [, scheme, name, port, rest] = /^(https?:\/\/)([^/?:[\]]+):(\d+)(.*)$/i.exec(target) ?? [];
			const upstream = byName.get(name?.toLowerCase() ?? '');
			if (upstream === undefined || byName.has(`${name?.toLowerCase()}:${port}`)) continue;
			yield {
				severity: 'error',
				at: placeOfArgument(handler, 0),
				related: [{ ...placeOf(upstream), message: 'the upstream' }],
				message: `nginx refuses to start: "${name}" is an upstream (${whereIs(upstream, context.configuration)}), which has the ports of its servers, and proxy_pass may not give it port ${port}. Leave the port out.`,
				cures: () => cure('Leave the port out', true, replaceArgument(handler, 0, `${scheme}${name}${rest}`)),
			};
		}
	},
});

/** Directives that bring no servers along; another one, a third-party module's, may. */
const BRINGS_NONE: ReadonlySet<string> = new Set([
	// What it brings stands beside it; one that cannot be read is unresolved.
	'include',
	'ip_hash',
	'least_conn',
	'hash',
	'random',
	'zone',
	'keepalive',
	'keepalive_requests',
	'keepalive_time',
	'keepalive_timeout',
]);

function* refusedIn(upstream: PlacedDirective): Generator<Report> {
	const body: Scope | undefined = upstream.body;
	const block = upstream.node.block;
	if (body === undefined || block === undefined || !block.closed) return;
	const servers = body.byName.get('server') ?? [];
	const known = body.unresolved.length === 0 && body.directives.every(({ node }) => BRINGS_NONE.has(node.name.value));
	if (servers.length === 0 && known)
		yield {
			severity: 'error',
			at: placeOf(upstream),
			message: `nginx refuses to start: no server stands in upstream "${upstream.node.args[0]?.value}". Write \`server host:port;\` in it.`,
		};
	for (const server of servers) {
		const address = server.node.args[0]?.value ?? '';
		if (/^unix:/i.test(address) || /[$%@{]/.test(address)) continue;
		const [, scheme, host, path] = /^([a-z][a-z0-9+.-]*:\/\/)?([^/]*)(\/.*)?$/i.exec(address) ?? [];
		if (scheme === undefined && path === undefined) continue;
		const plain = host !== undefined && /^(?:\[[0-9a-f:.]+\]|[\w.-]+)(?::\d+)?$/i.test(host);
		yield {
			severity: 'error',
			at: placeOfArgument(server, 0),
			message: `nginx refuses to start: a server of an upstream is a host and a port, and "${address}" has ${scheme === undefined ? 'a path' : 'a scheme'} as well. Write ${plain ? `\`server ${host};\`` : 'the host and the port alone'}; scheme and path belong to proxy_pass.`,
			cures: () =>
				plain
					? cure(
							'Leave host and port',
							/^https:/i.test(address) ? false : (path ?? '/') === '/',
							replaceArgument(server, 0, host),
						)
					: [],
		};
	}
}

function cure(title: string, preferred: boolean, edit: Edit | undefined) {
	return edit === undefined ? [] : [{ title, preferred, edits: [edit], changes: 'backend' as const }];
}
