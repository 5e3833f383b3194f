import { insertBefore } from './cures/editing.ts';
import { defineRule, placeOf, placeOfArgument } from './rule.ts';
import { titleOf } from './wording.ts';

export default defineRule({
	id: 'reload-keeps-workers',
	summary: 'Old workers stay after a reload for as long as their tunnels are open.',
	severity: 'hint',
	optIn: true,
	why: `After a reload an old worker takes no new connections, but it lives until its last tunnel ends, with the old configuration and its
memory. Where tunnels live for days and nginx is reloaded often, workers pile up.`,
	remedy: 'Set `worker_shutdown_timeout 1h;` at the top of nginx.conf: then their tunnels are cut, and the clients reconnect.',
	ignore: 'nginx is seldom reloaded, or tunnels are short.',
	rows: ['TO18'],
	sources: ['https://nginx.org/en/docs/control.html', 'https://nginx.org/en/docs/ngx_core_module.html#worker_shutdown_timeout'],
	versions: { from: '1.11.11' },
	examples: [
		{
			title: 'nothing ends old workers',
			within: 'main',
			bad: `events {
}
http {
	server {
		listen 8080;
		«location /ws» {
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
		const { root, fragment } = context.configuration;
		if (fragment !== undefined || root.byName.has('worker_shutdown_timeout') || root.unresolved.length > 0) return;
		const route = context.routes.find(({ intent, handshake }) => intent.level === 'certain' && handshake.upgrade);
		if (route === undefined) return;
		yield {
			severity: 'hint',
			at: {
				...placeOf(route.at),
				span: { start: placeOf(route.at).span.start, end: placeOfArgument(route.at, route.at.node.args.length - 1).span.end },
			},
			message: `After a reload the old workers live on until the last tunnel of ${titleOf(route)} ends, with the old configuration. Set \`worker_shutdown_timeout 1h;\` at the top of nginx.conf to end them.`,
			cures: () => {
				const first = root.directives.find((placed) => placed.via.length === 0);
				return first === undefined
					? []
					: [
							{
								title: 'End old workers an hour after a reload',
								preferred: true,
								edits: [insertBefore(first, ['worker_shutdown_timeout 1h;'])],
							},
						];
			},
		};
	},
});
