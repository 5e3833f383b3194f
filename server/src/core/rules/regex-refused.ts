import { expressionsOf } from '../config/captureNames.ts';
import { regexRefusal } from '../config/regex.ts';
import { toBytes } from '../text/bytes.ts';
import { defineRule } from './rule.ts';
import { directivesIn } from './scopes.ts';

export default defineRule({
	id: 'regex-refused',
	summary: 'A regular expression that PCRE cannot read.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `nginx compiles every expression of \`location ~\`, \`if\`, \`map\`, \`rewrite\` and \`server_name ~\` when it reads the configuration, and refuses to
start when a parenthesis or a bracket is not closed, when \`*\` or \`+\` have nothing to repeat, or when a group is missing. Reported is what
every version of PCRE refuses.`,
	remedy: 'Close what is open, and write `.*` where any text is meant.',
	ignore: 'Never: nginx does not start.',
	rows: ['MP10', 'DU8'],
	sources: [
		'https://nginx.org/en/docs/http/ngx_http_core_module.html#location',
		'https://nginx.org/en/docs/http/ngx_http_map_module.html#map',
	],
	examples: [
		{
			title: 'a group that is not closed',
			within: 'http',
			bad: `server {
	listen 8080;
	location ~ «^/ws(/|$» {
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
	location ~ ^/ws(/|$) {
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
		{
			title: 'a star as in a shell',
			within: 'http',
			bad: `server {
	listen 8080;
	location ~ «*/ws$» {
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
	location ~ /ws$ {
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
	*check(context) {
		for (const placed of directivesIn(context.configuration.root)) {
			if (placed.file.tree.template || placed.node.end === 'missing') continue;
			for (const { word, expression } of expressionsOf(placed)) {
				const refusal = regexRefusal(toBytes(expression));
				if (refusal === undefined) continue;
				const isCut =
					placed.node.name.value === 'if' && word.value === `${expression})` && regexRefusal(toBytes(word.value)) === undefined;
				yield {
					severity: 'error',
					at: { path: placed.file.path, span: word.span },
					message: `nginx refuses to start: the expression "${expression}" cannot be read, ${refusal}. ${
						isCut ? 'The last ")" ends the condition: write one more.' : adviceOn(refusal)
					}`,
					cures: () =>
						isCut
							? [
									{
										title: 'Write one more )',
										preferred: true,
										edits: [{ path: placed.file.path, span: { start: word.span.end, end: word.span.end }, text: ')' }],
									},
								]
							: [],
				};
			}
		}
	},
});

function adviceOn(refusal: string): string {
	if (refusal.endsWith('is not closed')) return 'Close it, or write a backslash before it.';
	if (refusal.endsWith('has no (')) return 'Take it away, or write a backslash before it.';
	return refusal.includes('repeats') ? 'Write `.*` for any text, or a backslash before the sign.' : 'Correct it.';
}
