import { idleTimeoutDirective, idleTimeoutEdit } from './cures/idleTimeout.ts';
import { defineRule, placeOf } from './rule.ts';
import { aboutRoute, routePlace, whereIs } from './wording.ts';

export default defineRule({
	id: 'read-timeout-zero',
	summary: 'A read timeout of 0 ends every handshake with 504 at once.',
	severity: 'error',
	why: `Zero is no "off": nginx gives the backend no time at all to answer, and every request to it ends in 504. There is no value that
switches the timeout off.`,
	remedy: 'Write a long time instead, `proxy_read_timeout 1h;` for instance.',
	ignore: 'Never: no backend can answer in no time.',
	rows: ['TO9', 'TO10'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout'],
	examples: [
		{
			title: 'zero to switch it off',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		«proxy_read_timeout 0»;
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
			proof: { bad: 504 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			const { handshake } = route;
			if (handshake.location !== route.location || handshake.idleTimeoutMs !== 0) continue;
			const line = handshake.idleTimeoutAt;
			const own = line !== undefined && line.scope === route.location && line.file === route.at.file;
			const name = line?.node.name.value ?? idleTimeoutDirective(route) ?? 'proxy_read_timeout';
			yield {
				...aboutRoute(route),
				at: own ? placeOf(line) : routePlace(route),
				message: `${name} is 0${own || line === undefined ? '' : ` (${whereIs(line, context.configuration)})`}, and nginx takes that as no time at all: every handshake ends in 504 at once. Write \`${name} 1h;\`; there is no "off".`,
				cures: () => {
					const edit = idleTimeoutEdit(route, '1h');
					return edit === undefined ? [] : [{ title: 'Give the backend time to answer', preferred: true, edits: [edit] }];
				},
			};
		}
	},
});
