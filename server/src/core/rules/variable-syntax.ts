import { isOpenAddress } from '../config/address.ts';
import type { PlacedDirective } from '../config/model.ts';
import { mayTakeVariables, takesVariables } from '../config/variableArguments.ts';
import { spanInSource, templateParts } from '../syntax/words.ts';
import { defineRule, type Report } from './rule.ts';
import { directivesIn } from './scopes.ts';
import { namingWord } from './variableNames.ts';

export default defineRule({
	id: 'variable-syntax',
	summary: 'A variable is written as nginx cannot read it.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `In a value \`$\` begins the name of a variable: letters, digits and \`_\`, also in braces, \`\${name}\`. nginx refuses to start when no name
follows ("invalid variable name"), when the brace is not closed, and when \`map\`, \`geo\`, \`split_clients\` or \`set\` name their own variable
without the \`$\`.`,
	remedy: 'Write `$name` or `${name}`. A value cannot hold a bare `$`.',
	ignore: 'Never: nginx does not start.',
	rows: ['DU5'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_map_module.html#map', 'https://nginx.org/en/docs/varindex.html'],
	examples: [
		{
			title: 'a brace that is not closed',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade «\${http_upgrade»;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
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
			fixed: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade \${http_upgrade};
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
		{
			title: 'a map whose variable has no dollar',
			within: 'http',
			bad: `map $http_upgrade «connection_upgrade» {
	default upgrade;
	'' close;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			good: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' close;
}
server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const placed of directivesIn(context.configuration.root)) {
			if (placed.file.tree.template || placed.node.end === 'missing') continue;
			yield* misnamed(placed);
			yield* faults(placed);
		}
	},
});

/** The variable that a line defines has no `$`, or nothing behind it. */
function* misnamed(placed: PlacedDirective): Generator<Report> {
	const word = namingWord(placed);
	if (
		word === undefined ||
		(word.value.startsWith('$') && word.value.length > 1) ||
		(isOpenAddress(word.value.replace(/^\$$/, '')) && !/^[%@][a-z]\w*$/.test(word.value))
	)
		return;
	const name = /^[%@&!]?([A-Za-z_]\w*)$/.exec(word.value)?.[1];
	yield {
		severity: 'error',
		at: { path: placed.file.path, span: word.span },
		message: `nginx refuses to start with invalid variable name "${word.value}": the variable that ${placed.node.name.value} defines is named with its "$". Write ${name === undefined ? 'it as $name' : `$${name}`}.`,
		cures: () =>
			name !== undefined
				? [
						{
							title: `Write $${name}`,
							preferred: true,
							edits: [{ path: placed.file.path, span: word.span, text: `$${name}` }],
						},
					]
				: [],
	};
}

/** Directives whose values nginx does not refuse, or which no nginx with their module was asked about (run on 1.22, 1.26 and 1.30). */
const UNSURE =
	/^(?:charset|source_charset|http2_push|(?:\w+_)?ssl_certificate(?:_key)?|\w+_limit_rate|keyval|health_check|status_zone|auth_jwt\w*|\w+_by_lua_file|tunnel_\w+|pass|otel_\w+|js_var|early_hints|sticky|image_filter|xslt_\w+|memcached_bind|mp4_\w+|proxy_(?:upload|download)_rate)$/;

function* faults(placed: PlacedDirective): Generator<Report> {
	const { node, file } = placed;
	if (UNSURE.test(node.name.value) || !mayTakeVariables(placed)) return;
	for (const [argument, word] of node.args.entries()) {
		if (!word.value.includes('$') || !takesVariables(placed, argument)) continue;
		// The first word of a condition is the name of a variable or a test, and told by another rule.
		if (node.name.value === 'if' && argument === 0) continue;
		for (const part of templateParts(word.value)) {
			if (part.kind !== 'fault') continue;
			const text = word.value.slice(part.start, part.end);
			const span = spanInSource(word, file.tree.source, part.start, part.end);
			const isOpen = part.fault === 'unclosed-braces' && text.length > 2;
			const isDoubled = text === '$' && /^\$\{?\w/.test(word.value.slice(part.end));
			yield {
				severity: 'error',
				at: { path: file.path, span },
				message: isOpen
					? `nginx refuses to start: the closing bracket in "${text.slice(2)}" variable is missing. Write ${text}}.`
					: `nginx refuses to start with invalid variable name: "$" begins a variable, and no name follows it here. ${isDoubled ? 'Write one "$".' : 'Write the name, or take the "$" out: a value cannot hold one.'}`,
				cures: () =>
					isOpen
						? [{ title: `Write ${text}}`, preferred: true, edits: [{ path: file.path, span, text: `${text}}` }] }]
						: isDoubled
							? [{ title: 'Write one $', preferred: true, edits: [{ path: file.path, span, text: '' }] }]
							: [],
			};
			// nginx stops at the first.
			break;
		}
	}
}
