import type { PlacedDirective, Scope } from '../config/model.ts';
import type { Prediction } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { insertAfter, removeWord, replaceArgument } from './cures/editing.ts';
import { createJumps, handshakesFromOutside, type Jumps, mayLeadTo } from './jumps.ts';
import { type Cure, defineRule, type Edit, placeOf, type Report, type RuleContext } from './rule.ts';
import { aboutRoute } from './wording.ts';

export default defineRule({
	id: 'status-relabelled',
	summary: 'error_page without a bare "=" gives the 101 another status.',
	severity: 'error',
	why: `\`error_page 418 @ws;\` jumps to the named location but keeps the status: the backend's 101 reaches the client as "HTTP/1.1 418", and
the handshake fails although nginx opens the tunnel. \`error_page 418 =200 @ws;\` makes it 200. \`error_page 418 = @ws;\` takes the status
of what the jump leads to.`,
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
			title: 'a status of its own',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«error_page 418 =200 @ws»;
		return 418;
	}
	location @ws {
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
		error_page 418 = @ws;
		return 418;
	}
	location @ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 200 },
		},
		{
			title: 'a jump to an internal location',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«error_page 418 /_ws»;
		return 418;
	}
	location /_ws {
		internal;
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
		error_page 418 = /_ws;
		return 418;
	}
	location /_ws {
		internal;
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
		const jumps = createJumps();
		const asked = new Map<Scope, readonly Prediction[]>();
		for (const route of context.routes) {
			for (const { obstacles, because } of arrivals(route, context, jumps, asked))
				for (const { code, at } of obstacles) {
					const line = at.find(({ node }) => node.name.value === 'error_page');
					if (code !== 'response-status' || line === undefined || reported.has(line)) continue;
					reported.add(line);
					yield report(route, line, takenStatus(line, because));
				}
		}
	},
});

/**
 * The handshakes that get to a route: its own; or, for one that no client can ask for, those of the server's other locations that end
 * there. That some failure could lead there says nothing: a handshake has to take the jump.
 */
function arrivals(
	route: Route,
	context: RuleContext,
	jumps: Jumps,
	asked: Map<Scope, readonly Prediction[]>,
): readonly Prediction[] {
	if (route.urls.length > 0) return [route.handshake, ...(route.outside === undefined ? [] : [route.outside])];
	const { match, server, location } = route;
	if (match === undefined) return [];
	if (!jumps.of(server).some((jump) => jump.line.node.name.value === 'error_page' && mayLeadTo(jump, match))) return [];
	const all = asked.get(server) ?? handshakesFromOutside(server, context);
	asked.set(server, all);
	return all.filter((prediction) => prediction.location === location);
}

/** The status by which a handshake comes to the jump. */
function takenStatus(line: PlacedDirective, because: Prediction['because']): string | undefined {
	const taken = because.find(({ at, text }) => at === line && text.startsWith('takes status '));
	return taken?.text.slice('takes status '.length);
}

function report(route: Route, line: PlacedDirective, status: string | undefined): Report {
	const sign = signOf(line);
	const target = line.node.args.at(-1);
	return {
		...aboutRoute(route),
		at: placeOf(line),
		message:
			sign >= 0
				? `This error_page gives whatever the jump answers a status of its own, so the backend's 101 reaches the client as ${line.node.args[sign]?.value.slice(1) ?? 'another'} and the handshake fails. Write \`=\` alone before ${target?.value ?? 'the target'}.`
				: `This error_page keeps its own status for what the jump answers, so the backend's 101 reaches the client as ${status ?? 'an error'} and the handshake fails. Write \`=\` before ${target?.value ?? 'the target'}.`,
		cures: () => curesOf(line, status),
	};
}

/** The index of `=200` among the arguments, or -1. */
function signOf(line: PlacedDirective): number {
	return line.node.args.findIndex(({ value }) => /^=\d/.test(value));
}

/** `=` for the status that the handshake comes with; other statuses of the line keep theirs, so it gets a line of its own. */
function curesOf(line: PlacedDirective, status: string | undefined): readonly Cure[] {
	const target = line.node.args.at(-1);
	const codes = line.node.args.slice(0, -1).filter(({ value }) => !value.startsWith('='));
	const code = codes.find(({ value }) => value === status) ?? (codes.length === 1 ? codes[0] : undefined);
	if (target === undefined || code === undefined) return [];
	const sign = signOf(line);
	const written = line.file.tree.source.slice(target.span);
	const edits: readonly (Edit | undefined)[] =
		codes.length > 1
			? [removeWord(line, code), insertAfter(line, [`error_page ${code.value} = ${written};`])]
			: sign >= 0
				? [replaceArgument(line, sign, '=')]
				: [{ path: line.file.path, span: { start: target.span.start, end: target.span.start }, text: '= ' }];
	const made = edits.filter((edit) => edit !== undefined);
	return made.length < edits.length ? [] : [{ title: 'Take the status of what the jump answers', preferred: true, edits: made }];
}
