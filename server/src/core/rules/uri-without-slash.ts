import type { PlacedDirective } from '../config/model.ts';
import type { Prediction } from '../request/prediction.ts';
import { replaceArgument } from './cures/editing.ts';
import { defineRule, placeOfArgument, type Report } from './rule.ts';
import { aboutRoute, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'uri-without-slash',
	summary: 'A rewrite leaves a URI that does not begin with a slash, and the backend answers 400 to such a request line.',
	severity: 'error',
	why: `\`rewrite ^/ws/(.*) $1 break;\` takes the slash off with the prefix. nginx passes the rest on as it is, so the request line becomes
\`GET room HTTP/1.1\`. A request target begins with a slash (RFC 9112), and HTTP servers answer 400 to one that does not. For the bare prefix
nothing is left at all, and nginx answers 500.`,
	remedy: 'Write the slash before what the expression took: `rewrite ^/ws/(.*) /$1 break;`.',
	ignore: 'The backend takes request lines without a slash.',
	rows: ['RT18'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#rewrite',
		'https://www.rfc-editor.org/rfc/rfc9112#section-3.2.1',
	],
	examples: [
		{
			title: 'the slash is taken off with the prefix',
			within: 'http',
			path: '/chat/ws',
			bad: `server {
	listen 8080;
	location /chat/ {
		rewrite ^/chat/(.*) «$1» break;
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
	location /chat/ {
		rewrite ^/chat/(.*) /$1 break;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const line = slashless(route.handshake);
			const replacement = line?.node.args[1]?.value;
			if (line === undefined || replacement === undefined) continue;
			yield {
				...aboutRoute(route),
				at: placeOfArgument(line, 1),
				message: `This rewrite leaves a URI that does not begin with a slash, and HTTP servers answer 400 to such a request line, so no WebSocket opens through ${titleOf(route)} (${whereIs(route.at, context.configuration)}). Write \`/${replacement}\`.`,
				cures: () => {
					const edit = replaceArgument(line, 1, `/${replacement}`);
					return edit === undefined
						? []
						: [{ title: `Write the slash: /${replacement}`, preferred: true, changes: 'path', edits: [edit] }];
				},
			} satisfies Report;
		}
	},
});

/** The rewrite after which the URI has no slash in front. */
function slashless({ obstacles, upstream, because }: Prediction): PlacedDirective | undefined {
	if (!obstacles.some(({ code }) => code === 'request-target') || upstream?.uri.startsWith('/') !== false) return undefined;
	const line = because.findLast(({ at }) => at.node.name.value === 'rewrite')?.at;
	return line?.node.args[1]?.value.startsWith('/') === false ? line : undefined;
}
