import { effective } from '../config/effective.ts';
import { parseSize } from '../reference/values.ts';
import { defineRule, placeOf } from './rule.ts';
import { evidenceOf, titleOf } from './wording.ts';

export default defineRule({
	id: 'tunnel-buffer-large',
	summary: 'Every open tunnel holds two large buffers.',
	severity: 'hint',
	why: `nginx keeps one buffer of \`proxy_buffer_size\` for each direction of a tunnel for as long as it is open: with 128k, ten thousand quiet
tunnels hold 2.5 GB. The size is usually raised for the headers of plain answers.`,
	remedy: 'Write `proxy_buffer_size 8k;` in the location for WebSockets.',
	ignore: 'There are few tunnels, or the answer to the handshake has very large headers.',
	rows: ['UP23'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffer_size'],
	examples: [
		{
			title: 'chosen for large headers',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		«proxy_buffer_size 128k»;
		proxy_buffers 4 256k;
		proxy_busy_buffers_size 256k;
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
		proxy_pass http://127.0.0.1:9000;
		proxy_buffer_size 8k;
		proxy_buffers 4 256k;
		proxy_busy_buffers_size 256k;
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
			const { upstream, upgrade } = route.handshake;
			if (!upgrade || upstream === null || upstream.module === 'stream') continue;
			const name = `${upstream.module}_buffer_size`;
			const found = effective(route.location, name, context.version);
			const line = found.level === 'own' || found.level === 'inherited' ? found.directives.at(-1) : undefined;
			const written = line?.node.args[0]?.value ?? '';
			const size = parseSize(written);
			if (line === undefined || size === undefined || size < LARGE) continue;
			yield {
				route,
				severity: 'hint',
				at: placeOf(line),
				related: evidenceOf(route),
				message: `Every open tunnel of ${titleOf(route)} holds two buffers of ${written} for as long as it is open, one for each direction. Write \`${name} 8k;\` there if many are open at a time.`,
			};
		}
	},
});

/** Bytes: sixteen times what nginx takes by itself. */
const LARGE = 65_536;
