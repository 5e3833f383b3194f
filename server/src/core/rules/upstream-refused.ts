import { replaceArgument } from './cures/editing.ts';
import { defineRule, placeOf, placeOfArgument } from './rule.ts';
import { proxyPasses, scopesOf } from './scopes.ts';
import { refusedInUpstream } from './upstreamServers.ts';
import { whereIs } from './wording.ts';

export default defineRule({
	id: 'upstream-refused',
	summary: 'An upstream has no server, or one whose address or parameters nginx refuses; or proxy_pass gives an upstream a port.',
	severity: 'error',
	refused: true,
	why: `A \`server\` of an upstream is a host and a port, without \`http://\` and without a path; each upstream has at least one. The ports stand
there, so \`proxy_pass http://name:8080\` is refused for the name of an upstream ("may not have port"). A parameter that nginx does not know
is refused too, and \`backup\` behind \`ip_hash\`, \`hash\` or \`random\`, which know no spare servers.`,
	remedy: 'Write `server host:port;` in the upstream and `proxy_pass http://name;` in the location.',
	ignore: 'Never: nginx does not start.',
	rows: ['UP4', 'UP16'],
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
		{
			title: 'a spare server behind ip_hash',
			within: 'http',
			bad: `upstream chat {
	ip_hash;
	server 127.0.0.1:9000;
	server 127.0.0.1:9001 «backup»;
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
		{
			title: 'a parameter without its last letter',
			within: 'http',
			bad: `upstream chat {
	server 127.0.0.1:9000 «max_fail=3»;
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
	server 127.0.0.1:9000 max_fails=3;
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
	],
	*check(context) {
		const { root } = context.configuration;
		for (const block of ['http', 'stream'] as const)
			for (const scope of scopesOf(root, block))
				for (const upstream of scope.byName.get('upstream') ?? []) yield* refusedInUpstream(upstream, context.version);
		for (const http of scopesOf(root, 'http')) {
			const byName = new Map(
				(http.byName.get('upstream') ?? []).map((upstream) => [upstream.node.args[0]?.value.toLowerCase() ?? '', upstream]),
			);
			if (byName.size === 0) continue;
			for (const handler of proxyPasses(http)) {
				const target = handler.node.args[0]?.value ?? '';
				if (target.includes('$')) continue;
				const [, scheme, name, port, rest] = /^(https?:\/\/)([^/?:[\]]+):(\d+)(.*)$/i.exec(target) ?? [];
				const upstream = byName.get(name?.toLowerCase() ?? '');
				if (upstream === undefined || byName.has(`${name?.toLowerCase()}:${port}`)) continue;
				yield {
					severity: 'error',
					at: placeOfArgument(handler, 0),
					related: [{ ...placeOf(upstream), message: 'the upstream' }],
					message: `nginx refuses to start: "${name}" is an upstream (${whereIs(upstream, context.configuration)}), which has the ports of its servers, and proxy_pass may not give it port ${port}. Leave the port out.`,
					cures: () => {
						const edit = replaceArgument(handler, 0, `${scheme}${name}${rest}`);
						return edit === undefined
							? []
							: [{ title: 'Leave the port out', preferred: true, edits: [edit], changes: 'backend' as const }];
					},
				};
			}
		}
	},
});
