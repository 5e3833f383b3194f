import type { Configuration, PlacedDirective } from '../config/model.ts';
import { insertBefore } from './cures/editing.ts';
import { defineRule, type Report } from './rule.ts';
import { isComplete } from './scopes.ts';

export default defineRule({
	id: 'events-missing',
	summary: 'The main file has no events block, and nginx does not start.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `Every configuration needs an \`events\` block, be it empty. Without one nginx refuses to start: no "events" section in configuration.`,
	remedy: 'Write `events {}` beside the http block.',
	ignore: 'Another file includes this one and has the block.',
	rows: ['TK18'],
	sources: ['https://nginx.org/en/docs/ngx_core_module.html#events'],
	examples: [
		{
			title: 'only an http block',
			within: 'main',
			bad: `worker_processes 1;
«http» {
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
			good: `worker_processes 1;
events {}
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
			proof: { bad: 'rejected' },
		},
	],
	*check({ configuration }) {
		const { root } = configuration;
		const block = root.byName.get('http')?.[0] ?? root.byName.get('stream')?.[0];
		if (block === undefined || block.body === undefined || root.byName.has('events')) return;
		if (block.file.tree.template || !isMain(configuration, block)) return;
		yield {
			severity: 'error',
			at: { path: block.file.path, span: block.node.name.span },
			message: `nginx refuses to start: no events block stands in this configuration. Write \`events {}\` before ${block.node.name.value}.`,
			cures: () => [{ title: 'Write events {}', preferred: true, edits: [insertBefore(block, ['events {}'])] }],
		} satisfies Report;
	},
});

/** True for a file that is not there to be included: it has the name of a main file, or sets what only a main file sets. */
function isMain({ root, fragment }: Configuration, block: PlacedDirective): boolean {
	if (fragment !== undefined || block.via.length > 0 || !isComplete(root)) return false;
	return (
		/(?:^|[/\\])nginx\.conf$/.test(block.file.path) ||
		['worker_processes', 'user', 'pid', 'daemon', 'worker_rlimit_nofile'].some((name) => root.byName.has(name))
	);
}
