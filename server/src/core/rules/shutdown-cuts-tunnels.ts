import { parseTime } from '../reference/values.ts';
import { replaceArgument } from './cures/editing.ts';
import { defineRule, placeOf } from './rule.ts';
import { formatDuration } from './wording.ts';

export default defineRule({
	id: 'shutdown-cuts-tunnels',
	summary: 'Every reload ends all tunnels after a short time.',
	severity: 'information',
	why: `After a reload the old workers go on until their last connection closes. worker_shutdown_timeout ends that: when it has passed, all
tunnels of the old workers are cut at once, and the browsers see close code 1006 and reconnect together.`,
	remedy: 'Give tunnels time (`worker_shutdown_timeout 1h;`), and let clients reconnect after a random pause.',
	ignore: 'Clients reconnect by themselves and the backend bears it.',
	rows: ['TO19', 'TO20'],
	sources: ['https://nginx.org/en/docs/ngx_core_module.html#worker_shutdown_timeout'],
	versions: { from: '1.11.11' },
	examples: [
		{
			title: 'ten seconds',
			within: 'main',
			bad: `«worker_shutdown_timeout 10s»;
events {
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
			good: `worker_shutdown_timeout 1h;
events {
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
		const line = context.configuration.root.byName.get('worker_shutdown_timeout')?.at(-1);
		const time = parseTime(line?.node.args[0]?.value ?? '');
		if (line === undefined || time === undefined || time === 0 || time >= LONG_MS) return;
		yield {
			severity: 'information',
			at: placeOf(line),
			message: `Every reload of nginx cuts all tunnels ${formatDuration(time)} later, and the browsers see close code 1006. Write a longer time, or make sure that clients reconnect.`,
			cures: () => {
				const edit = replaceArgument(line, 0, '1h');
				return edit === undefined ? [] : [{ title: 'Leave tunnels an hour after a reload', preferred: true, edits: [edit] }];
			},
		};
	},
});

const LONG_MS = 600_000;
