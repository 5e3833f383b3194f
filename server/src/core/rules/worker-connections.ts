import { replaceArgument } from './cures/editing.ts';
import { defineRule, placeOf } from './rule.ts';
import { whereIs } from './wording.ts';

export default defineRule({
	id: 'worker-connections',
	summary: 'A worker has room for few tunnels: each takes two connections.',
	severity: 'information',
	why: `A tunnel holds one connection to the client and one to the backend, and listening sockets count too: with
\`worker_connections 20\` a worker carries nine. Beyond that nginx drops connections, with an [alert] in the error log and nothing for the
client. \`worker_rlimit_nofile\` limits the same: a connection is an open file.`,
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
		{
			title: 'fewer files than connections',
			within: 'main',
			bad: `«worker_rlimit_nofile 256»;
events {
	worker_connections 1024;
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
			good: `worker_rlimit_nofile 4096;
events {
	worker_connections 1024;
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
		{
			title: 'a limit of files beside it',
			within: 'main',
			bad: `worker_rlimit_nofile 256;
events {
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
			good: `worker_rlimit_nofile 4096;
events {
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
		const { root } = context.configuration;
		const line = (root.byName.get('events') ?? [])
			.flatMap((placed) => placed.body?.byName.get('worker_connections') ?? [])
			.at(-1);
		const connections = line === undefined ? DEFAULT : Number(line.node.args[0]?.value);
		const limit = root.byName.get('worker_rlimit_nofile')?.at(-1);
		const files = Number(limit?.node.args[0]?.value);
		if (limit !== undefined && files < connections) {
			yield {
				severity: 'information',
				at: placeOf(limit),
				message: `A worker may open ${files} files, fewer than the ${connections} connections of worker_connections${line === undefined ? ' by default' : ` (${whereIs(line, context.configuration)})`}: each tunnel takes two of them, so after about ${tunnels(files)} nginx fails with "Too many open files". Raise worker_rlimit_nofile to ${Math.max(connections, ROOMY)} or more.`,
				cures: () => {
					const edit = replaceArgument(limit, 0, String(Math.max(connections, ROOMY)));
					return edit === undefined
						? []
						: [{ title: 'Let a worker open as many files as connections', preferred: true, edits: [edit] }];
				},
			};
			return;
		}
		if (line === undefined || !(connections < DEFAULT)) return;
		yield {
			severity: 'information',
			at: placeOf(line),
			message: `A worker carries about ${tunnels(connections)} with ${connections} connections, because each takes two; beyond that nginx drops clients without an answer. Raise worker_connections to twice the tunnels that you expect${limit === undefined ? '' : ', and worker_rlimit_nofile with it'}.`,
			cures: () => {
				const edits = [
					replaceArgument(line, 0, String(ROOMY)),
					limit !== undefined && files < ROOMY ? replaceArgument(limit, 0, String(ROOMY)) : undefined,
				].filter((edit) => edit !== undefined);
				return [{ title: `Make room for two thousand tunnels (worker_connections ${ROOMY})`, preferred: true, edits }];
			},
		};
	},
});

/** What nginx takes where nothing is written (ngx_event.c). */
const DEFAULT = 512;
const ROOMY = 4096;

function tunnels(connections: number): string {
	const count = Math.max(0, Math.floor(connections / 2) - 1);
	return `${count} tunnel${count === 1 ? '' : 's'}`;
}
