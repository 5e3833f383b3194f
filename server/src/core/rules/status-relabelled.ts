import type { PlacedDirective } from '../config/model.ts';
import { insertAfter, removeWord } from './cures/editing.ts';
import { type Cure, defineRule, placeOf, type RuleContext } from './rule.ts';
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
		{
			title: 'the page for 404 is in the same line',
			within: 'http',
			path: '/ws',
			bad: `server {
	listen 8080;
	«error_page 404 418 @websocket»;
	location /ws {
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
	error_page 404 @websocket;
	error_page 418 = @websocket;
	location /ws {
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
					const status = takenStatus(line, context);
					yield {
						...aboutRoute(route),
						at: placeOf(line),
						message: `This error_page keeps its own status for what the jump answers, so the backend's 101 reaches the client as ${status ?? line.node.args[0]?.value ?? 'an error'} and the handshake fails. Write \`=\` before ${target?.value ?? 'the target'}.`,
						cures: () => curesOf(line, status),
					};
				}
		}
	},
});

/** The status by which a handshake comes to the jump. */
function takenStatus(line: PlacedDirective, context: RuleContext): string | undefined {
	const [only, ...others] = line.node.args.slice(0, -1);
	if (others.length === 0) return only?.value;
	for (const { handshake, outside } of context.allRoutes)
		for (const { at, text } of [...handshake.because, ...(outside?.because ?? [])]) {
			const status = at === line ? /^takes status (\d+)$/.exec(text)?.[1] : undefined;
			if (status !== undefined) return status;
		}
	return undefined;
}

/** `=` for the status that the handshake comes with; other statuses of the line keep theirs, so it gets a line of its own. */
function curesOf(line: PlacedDirective, status: string | undefined): readonly Cure[] {
	const target = line.node.args.at(-1);
	const codes = line.node.args.slice(0, -1);
	const code = codes.find(({ value }) => value === status);
	if (target === undefined || code === undefined) return [];
	const edits =
		codes.length > 1
			? [removeWord(line, code), insertAfter(line, [`error_page ${code.value} = ${line.file.tree.source.slice(target.span)};`])]
			: [{ path: line.file.path, span: { start: target.span.start, end: target.span.start }, text: '= ' }];
	return [{ title: 'Take the status of what the jump answers', preferred: true, edits }];
}
