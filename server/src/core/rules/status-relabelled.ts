import type { PlacedDirective } from '../config/model.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute } from './wording.ts';

export default defineRule({
	id: 'status-relabelled',
	summary: 'error_page without "=" gives the 101 another status.',
	severity: 'error',
	why: `\`error_page 418 @ws;\` jumps to the named location but keeps the status: the backend's 101 reaches the client as "HTTP/1.1 418", and
the handshake fails although nginx opens the tunnel. \`error_page 418 = @ws;\` takes the status of what the jump leads to.`,
	remedy: 'Write `=` before the target: `error_page 418 = @ws;`.',
	ignore: 'Never where the jump carries WebSockets.',
	rows: ['RT8'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page'],
	examples: [
		{
			title: 'a jump for upgrades',
			within: 'http',
			path: '/ws',
			bad: `server {
	listen 8080;
	location /ws {
		«error_page 418 @websocket»;
		if ($http_upgrade) {
			return 418;
		}
		proxy_pass http://127.0.0.1:9000;
	}
	location @websocket {
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
		error_page 418 = @websocket;
		if ($http_upgrade) {
			return 418;
		}
		proxy_pass http://127.0.0.1:9000;
	}
	location @websocket {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 418 },
		},
	],
	*check(context) {
		const reported = new Set<PlacedDirective>();
		for (const route of context.routes) {
			for (const prediction of [route.handshake, route.outside])
				for (const obstacle of prediction?.obstacles ?? []) {
					const line = obstacle.at.find(({ node }) => node.name.value === 'error_page');
					if (obstacle.code !== 'response-status' || line === undefined || reported.has(line)) continue;
					reported.add(line);
					const target = line.node.args.at(-1);
					yield {
						...aboutRoute(route),
						at: placeOf(line),
						message: `This error_page keeps its own status for what the jump answers, so the backend's 101 reaches the client as ${line.node.args[0]?.value ?? 'an error'} and the handshake fails. Write \`=\` before ${target?.value ?? 'the target'}.`,
						cures: () =>
							target === undefined
								? []
								: [
										{
											title: 'Take the status of what the jump answers',
											preferred: true,
											edits: [{ path: line.file.path, span: { start: target.span.start, end: target.span.start }, text: '= ' }],
										},
									],
					};
				}
		}
	},
});
