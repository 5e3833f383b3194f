import { effective, effectiveValue } from '../config/effective.ts';
import { defineRule, placeOf, type Report } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'tunnel-limit',
	summary: 'A limit of connections counts every open tunnel, for as long as it is open.',
	severity: 'information',
	why: `limit_conn counts a tunnel until it closes, so the next handshake beyond the limit gets 503 (or what
limit_conn_status says); \`max_conns\` of a server in the
upstream does the same with 502, for each worker by itself where the upstream has no \`zone\`. Both are usually chosen with requests of
milliseconds in mind.`,
	remedy:
		'Raise the limit to the number of tunnels that you want to allow, or give WebSockets a zone or an upstream of their own.',
	ignore: 'The limit is meant for tunnels.',
	rows: ['UP9', 'UP10'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_limit_conn_module.html',
		'https://nginx.org/en/docs/http/ngx_http_upstream_module.html#max_conns',
	],
	examples: [
		{
			title: 'ten connections for each address',
			within: 'http',
			bad: `limit_conn_zone $binary_remote_addr zone=addresses:1m;
server {
	listen 8080;
	location /ws {
		«limit_conn addresses 10»;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			good: `limit_conn_zone $binary_remote_addr zone=addresses:1m;
server {
	listen 8080;
	location /ws {
		limit_conn addresses 1000;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 101 },
		},
		{
			title: 'max_conns of a server',
			within: 'http',
			bad: `upstream chat {
	«server 127.0.0.1:9000 max_conns=50»;
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
	server 127.0.0.1:9000 max_conns=5000;
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
			proof: { bad: 101 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.handshake.outcome !== 'proxied') continue;
			const about: Omit<Report, 'at' | 'message'> = { ...aboutRoute(route), severity: 'information' };
			const limits = effective(route.location, 'limit_conn', context.version);
			const dry = effectiveValue(route.location, 'limit_conn_dry_run', context.version)?.toLowerCase() === 'on';
			const status = effectiveValue(route.location, 'limit_conn_status', context.version) ?? '503';
			if ((limits.level === 'own' || limits.level === 'inherited') && !dry)
				for (const line of limits.directives) {
					const most = Number(line.node.args[1]?.value);
					if (!(most < ENOUGH)) continue;
					yield {
						...about,
						at: placeOf(line),
						message: `limit_conn counts every open tunnel of ${titleOf(route)} (${whereIs(route.at, context.configuration)}) until it closes: beyond ${most} for one key, handshakes get ${status}. Raise the limit, or give WebSockets a zone of their own.`,
					};
				}
			const block = route.handshake.upstream?.upstream?.body;
			for (const server of block?.byName.get('server') ?? []) {
				const most = Number(
					server.node.args.map(({ value }) => /^max_conns=(\d+)$/.exec(value)?.[1]).find((found) => found !== undefined) ??
						Number.NaN,
				);
				if (!(most > 0 && most < ENOUGH)) continue;
				yield {
					...about,
					at: placeOf(server),
					message: `max_conns counts every open tunnel of ${titleOf(route)} (${whereIs(route.at, context.configuration)}) until it closes: once all servers are full, at ${most} here${block?.byName.has('zone') ? '' : ' for each worker'}, handshakes get 502. Raise it to the tunnels that this server can hold.`,
				};
			}
		}
	},
});

/** A limit of this many was chosen for something that stays open. */
const ENOUGH = 100;
