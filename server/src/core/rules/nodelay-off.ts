import { effective } from '../config/effective.ts';
import { insertInto, replaceArgument } from './cures/editing.ts';
import { ANCHORS } from './cures/headerLines.ts';
import { defineRule, placeOf } from './rule.ts';
import { evidenceOf, titleOf } from './wording.ts';

export default defineRule({
	id: 'nodelay-off',
	summary: 'Small messages wait, because tcp_nodelay is off.',
	severity: 'information',
	why: `nginx switches TCP_NODELAY on for both sides of a tunnel, unless \`tcp_nodelay off\` is in force: then a small message may wait until
the one before it is acknowledged, often 40 ms. The handshake does not feel it.`,
	remedy: 'Remove the line, or write `tcp_nodelay on;` in the location for WebSockets.',
	ignore: 'Messages are large or may wait.',
	rows: ['TO21'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_core_module.html#tcp_nodelay'],
	examples: [
		{
			title: 'switched off in the location',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«tcp_nodelay off»;
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
		tcp_nodelay on;
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 101 },
		},
	],
	*check(context) {
		for (const route of context.routes) {
			if (route.location.context !== 'location' || !route.handshake.upgrade) continue;
			const found = effective(route.location, 'tcp_nodelay', context.version);
			if (found.level !== 'own' && found.level !== 'inherited') continue;
			const line = found.directives.at(-1);
			if (line === undefined || line.node.args[0]?.value.toLowerCase() !== 'off') continue;
			yield {
				route,
				severity: 'information',
				at: placeOf(line),
				related: evidenceOf(route),
				message: `Small messages through ${titleOf(route)} may wait for the acknowledgement of the one before, because this switches TCP_NODELAY off for tunnels too. Write \`tcp_nodelay on;\` there.`,
				cures: () => {
					const edit =
						found.level === 'own' ? replaceArgument(line, 0, 'on') : insertInto(route.location, ['tcp_nodelay on;'], ANCHORS);
					return edit === undefined ? [] : [{ title: 'Send small messages at once', preferred: true, edits: [edit] }];
				},
			};
		}
	},
});
