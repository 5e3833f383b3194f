import { isOpenAddress } from '../config/address.ts';
import { defineRule, placeOfArgument, type Report } from './rule.ts';
import { directivesIn, isComplete, scopesOf } from './scopes.ts';
import { whereIs } from './wording.ts';

export default defineRule({
	id: 'log-format-unknown',
	summary: 'access_log names a format that no log_format above it defines.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `The second word of \`access_log\` is the name of a \`log_format\`, and nginx looks it up at once: the log_format has to stand above. Else it
refuses to start: unknown log format. Only \`combined\` is there by itself. Formats are looked for only where the whole configuration is
there.`,
	remedy: 'Write the `log_format` into the http block, above the access_log, or leave its name out.',
	ignore: 'A file that is not here defines it.',
	rows: ['TK18'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_log_module.html#access_log'],
	examples: [
		{
			title: 'a format that nothing defines',
			within: 'http',
			bad: `server {
	listen 8080;
	access_log /dev/null «main»;
	location /ws {
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
	access_log /dev/null;
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
			proof: { bad: 'rejected' },
		},
	],
	*check({ configuration }) {
		const { root, fragment } = configuration;
		if (fragment !== undefined || !isComplete(root)) return;
		for (const http of scopesOf(root, 'http')) {
			if (!isComplete(http)) continue;
			const formats = new Map((http.byName.get('log_format') ?? []).map((at) => [at.node.args[0]?.value.toLowerCase(), at]));
			const above = new Set(['combined']);
			for (const at of directivesIn(http)) {
				const { name, args, end, block } = at.node;
				const [target, format] = args.map(({ value }) => value);
				if (at.file.tree.template || end === 'missing' || block !== undefined) continue;
				if (name.value === 'log_format' && at.scope === http && target !== undefined) above.add(target.toLowerCase());
				if (name.value !== 'access_log' || format === undefined || target === 'off' || isOpenAddress(format)) continue;
				if (above.has(format.toLowerCase())) continue;
				const below = formats.get(format.toLowerCase());
				yield {
					severity: 'error',
					at: placeOfArgument(at, 1),
					message:
						below === undefined
							? `nginx refuses to start: no log_format defines "${format}". ${/=/.test(format) ? 'Write the name of a format before it, such as combined.' : `Write the log_format into the http block, or leave ${format} out.`}`
							: `nginx refuses to start: the log_format "${format}" stands below (${whereIs(below, configuration)}), and nginx looks for it above. Move it up.`,
				} satisfies Report;
			}
		}
	},
});
