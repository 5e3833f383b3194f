import { effective, effectiveValue } from '../config/effective.ts';
import { defineRule, placeOf } from './rule.ts';
import { evidenceOf, titleOf, whereIs } from './wording.ts';

export default defineRule({
	id: 'error-page-hides-reason',
	summary: 'An error page takes the place of what the backend says about a refused handshake.',
	severity: 'hint',
	why: `With \`proxy_intercept_errors on\` nginx throws the backend's own answer away and sends its error page. A backend that refuses a
handshake says the reason there ("Unsupported upgrade request", "origin not allowed"), and a person who looks for it never sees it.`,
	remedy: 'Write `proxy_intercept_errors off;` in the location for WebSockets.',
	ignore: 'The reason is found in the log of the backend.',
	rows: ['RT29'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_intercept_errors'],
	examples: [
		{
			title: 'pages for the backend’s refusals',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_intercept_errors on;
		«error_page 400 403 /sorry»;
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
			good: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			fixed: '',
			proof: { bad: 101 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.handshake.outcome !== 'proxied' || route.handshake.upstream?.module === 'stream') continue;
			const module = route.handshake.upstream?.module ?? 'proxy';
			if (effectiveValue(route.location, `${module}_intercept_errors`, context.version)?.toLowerCase() !== 'on') continue;
			const pages = effective(route.location, 'error_page', context.version);
			const lines = pages.level === 'own' || pages.level === 'inherited' ? pages.directives : [];
			const line = lines.find(({ node }) => node.args.slice(0, -1).some(({ value }) => REFUSALS.has(value)));
			if (line === undefined) continue;
			const codes = line.node.args
				.slice(0, -1)
				.map(({ value }) => value)
				.filter((code) => REFUSALS.has(code));
			yield {
				route,
				severity: 'hint',
				at: placeOf(line),
				related: evidenceOf(route),
				message: `When the backend refuses a handshake with ${codes.join(' or ')}, nginx sends this page in place of the reason (${module}_intercept_errors is on for ${titleOf(route)}, ${whereIs(route.at, context.configuration)}). Write \`${module}_intercept_errors off;\` there.`,
			};
		}
	},
});

/** What a backend answers to a handshake that it does not want. */
const REFUSALS: ReadonlySet<string> = new Set(['400', '401', '403', '404', '426']);
