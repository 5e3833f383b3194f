import { effective } from '../config/effective.ts';
import { defineRule, placeOf } from './rule.ts';
import { evidenceOf, titleOf } from './wording.ts';

export default defineRule({
	id: 'error-page-success',
	summary: 'An error page gives a failed handshake the status 200.',
	severity: 'hint',
	why: `With \`error_page 502 =200 /sorry.html\` a handshake for which no backend answers ends in 200, and so do those that nginx refuses. The
WebSocket fails all the same, but neither the client nor the access log says why.`,
	remedy: 'Write `error_page 502 /sorry.html;` without `=200`, or an `error_page` of its own in the location for WebSockets.',
	ignore: 'The status of a failed handshake matters to nobody.',
	rows: ['RT28'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page'],
	examples: [
		{
			title: 'a dead backend becomes 200',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«error_page 502 =200 /sorry»;
		proxy_pass http://127.0.0.1:1;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location = /sorry {
		return 200 sorry;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		error_page 502 /sorry;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
	location = /sorry {
		return 200 sorry;
	}
}
`,
			fixed: '',
			proof: { bad: 200 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.handshake.outcome !== 'proxied') continue;
			const pages = effective(route.location, 'error_page', context.version);
			if (pages.level !== 'own' && pages.level !== 'inherited') continue;
			for (const line of pages.directives) {
				const words = line.node.args.slice(0, -1).map(({ value }) => value);
				const becomes = /^=(2\d\d)$/.exec(words.at(-1) ?? '')?.[1];
				const failures = words.filter((word) => FAILURES.has(word));
				if (becomes === undefined || failures.length === 0) continue;
				yield {
					route,
					severity: 'hint',
					at: placeOf(line),
					related: evidenceOf(route),
					message: `This error_page makes ${becomes} of ${failures.join(', ')}, so a handshake that fails at ${titleOf(route)} looks like a success in the log, and the client does not learn why it failed. Leave out =${becomes}.`,
				};
			}
		}
	},
});

/** What nginx answers when a backend is dead, slow or refused, and when nginx itself refuses. */
const FAILURES: ReadonlySet<string> = new Set(['400', '401', '403', '404', '426', '429', '500', '502', '503', '504']);
