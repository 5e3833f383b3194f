import type { PlacedDirective } from '../config/model.ts';
import { replaceArgument } from './cures/editing.ts';
import { defineRule, placeOf } from './rule.ts';

export default defineRule({
	id: 'worker-connections',
	summary: 'A worker has room for few tunnels: each takes two connections.',
	severity: 'information',
	why: `A tunnel holds one connection to the client and one to the backend, and listening sockets count too: with
\`worker_connections 20\` a worker carries nine. Beyond that nginx drops connections, with an [alert] in the error log and nothing for the
client.`,
	remedy: 'Raise `worker_connections` (and `worker_rlimit_nofile` with it) to twice the tunnels that a worker should carry.',
	ignore: 'There are never more clients than half of it.',
	rows: ['UP11', 'UP12'],
	sources: ['https://nginx.org/en/docs/ngx_core_module.html#worker_connections'],
	examples: [
		{
			title: 'fewer than the default',
			within: 'main',
			bad: `events {
	«worker_connections 64»;
}
http {
	server {
		listen 8080;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`,
			good: `events {
	worker_connections 4096;
}
http {
	server {
		listen 8080;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`,
			proof: { bad: 101 },
		},
	],
	*check(context) {
		if (!context.routes.some(({ intent, handshake }) => intent.level === 'certain' && handshake.upgrade)) return;
		const line = written(context.configuration.root.byName.get('events') ?? []);
		const connections = Number(line?.node.args[0]?.value);
		if (line === undefined || !(connections < DEFAULT)) return;
		yield {
			severity: 'information',
			at: placeOf(line),
			message: `A worker carries about ${Math.max(0, Math.floor(connections / 2) - 1)} tunnels with ${connections} connections, because each takes two; beyond that nginx drops clients without an answer. Raise worker_connections to twice the tunnels that you expect.`,
			cures: () => {
				const edit = replaceArgument(line, 0, '4096');
				return edit === undefined
					? []
					: [{ title: 'Make room for two thousand tunnels (worker_connections 4096)', preferred: true, edits: [edit] }];
			},
		};
	},
});

/** What nginx takes where nothing is written (ngx_event.c). */
const DEFAULT = 512;

function written(events: readonly PlacedDirective[]): PlacedDirective | undefined {
	return events.flatMap((placed) => placed.body?.byName.get('worker_connections') ?? []).at(-1);
}
