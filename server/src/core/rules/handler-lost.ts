import type { PlacedDirective, Scope } from '../config/model.ts';
import { HANDLERS } from '../routes/handlers.ts';
import { isBare, lostItsHandler } from '../routes/lost.ts';
import type { Route } from '../routes/route.ts';
import { insertInto } from './cures/editing.ts';
import { writtenLine } from './forwarding.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute, whereIs } from './wording.ts';

export default defineRule({
	id: 'handler-lost',
	summary: 'A WebSocket location has no proxy_pass of its own.',
	severity: 'error',
	why: `A nested location inherits headers, version and timeouts, but never proxy_pass. Without one it looks for a file on disk and
answers 404, whatever headers it sets.`,
	remedy: 'Write `proxy_pass` in the location itself.',
	ignore: 'The location is meant to serve files; say so with `root` or the comment `# not websocket`.',
	rows: ['IN8'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass'],
	examples: [
		{
			title: 'the nested location forgets proxy_pass',
			within: 'http',
			path: '/ws/room',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		«location /ws/room» {
			proxy_send_timeout 1h;
		}
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
		location /ws/room {
			proxy_send_timeout 1h;
			proxy_pass http://127.0.0.1:9000;
		}
	}
}
`,
			proof: { bad: 404 },
		},
		{
			title: 'an if in place of proxy_pass',
			within: 'http',
			bad: `server {
	listen 8080;
	«location /ws» {
		if ($host = evil.test) {
			return 403;
		}
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
		if ($host = evil.test) {
			return 403;
		}
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 404 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.location.context !== 'location' || !lostItsHandler(route.location)) continue;
			if (!isBare(route.location) && !endsInFiles(route)) continue;
			const outer = outerHandler(route.location);
			yield {
				...aboutRoute(route),
				at: placeOf(route.at),
				message: `This location has no proxy_pass, and nginx does not inherit one${
					outer === undefined ? '' : ` from the location around it (${whereIs(outer, context.configuration)})`
				}, so it looks for a file and answers 404. ${outer === undefined ? 'Add' : 'Repeat'} proxy_pass here.`,
				cures: () => {
					const edit =
						outer !== undefined && /^https?:\/\/[^/]+$/.test(outer.node.args[0]?.value ?? '')
							? insertInto(route.location, [writtenLine(outer)], [])
							: undefined;
					return edit === undefined ? [] : [{ title: 'Repeat proxy_pass in this location', preferred: true, edits: [edit] }];
				},
			};
		}
	},
});

/** Whether every client's handshake ends at a file that this location looks for, or at the error page that stands for its 404. */
function endsInFiles({ handshake: { outcome, status, location: end, because }, location }: Route): boolean {
	if (outcome !== 'answered' || (status !== null && status !== 404)) return false;
	return (
		end === location || because.some(({ at: { node } }) => node.name.value === 'error_page' && statusesOf(node).includes('404'))
	);
}

function statusesOf({ args }: PlacedDirective['node']): readonly string[] {
	return args.map(({ value }) => value);
}

function outerHandler(location: Scope): PlacedDirective | undefined {
	for (let outer = location.parent; outer?.context === 'location'; outer = outer.parent) {
		const handler = HANDLERS.flatMap((name) => outer.byName.get(name) ?? []).at(-1);
		if (handler !== undefined) return handler;
	}
	return undefined;
}
