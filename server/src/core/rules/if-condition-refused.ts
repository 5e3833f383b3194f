import type { PlacedDirective, Scope } from '../config/model.ts';
import { replaceArgument } from './cures/editing.ts';
import { type Cure, defineRule, placeOf, placeOfArgument } from './rule.ts';

export default defineRule({
	id: 'if-condition-refused',
	summary: 'The condition of an if is written as in a programming language.',
	severity: 'error',
	refused: true,
	why: `nginx knows \`=\`, \`!=\`, \`~\`, \`~*\`, \`!~\`, \`!~*\` and the tests \`-f\`, \`-d\`, \`-e\`, \`-x\`, one of them in each condition.
It refuses to start with \`==\`, \`&&\` or \`||\`.`,
	remedy: 'Write one condition with one of these operators; put two conditions into a map, or test a text of both variables.',
	ignore: 'Never: nginx does not start.',
	rows: ['DU11'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#if'],
	examples: [
		{
			title: 'two equals signs',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		if ($request_method «==» POST) {
			return 405;
		}
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
		if ($request_method = POST) {
			return 405;
		}
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection "upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
		{
			title: 'two conditions',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		«if ($http_origin != "" && $request_method = POST)» {
			return 405;
		}
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
		if ($request_method = POST) {
			return 405;
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
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const at of conditions(context.configuration.root)) {
			const words = at.node.args.map(({ value }) => value);
			const joined = words.find((word) => word === '&&' || word === '||');
			if (joined !== undefined) {
				yield {
					severity: 'error',
					at: placeOf(at),
					message: `nginx refuses to start: an if has one condition and knows no \`${joined}\`. Put both into a map, or test a text of both variables.`,
				};
				continue;
			}
			const index = words.findIndex((word) => word === '==' || word === '===' || word === '!==');
			if (index < 1 || !(words[0] ?? '').startsWith('(')) continue;
			const right = words[index] === '!==' ? '!=' : '=';
			yield {
				severity: 'error',
				at: placeOfArgument(at, index),
				message: `nginx refuses to start: \`${words[index]}\` is no operator of if. Write \`${right}\`.`,
				cures: (): readonly Cure[] => {
					const edit = replaceArgument(at, index, right);
					return edit === undefined ? [] : [{ title: `Write ${right}`, preferred: true, edits: [edit] }];
				},
			};
		}
	},
});

function* conditions(scope: Scope): Generator<PlacedDirective> {
	for (const placed of scope.directives) {
		if (placed.node.name.value === 'if' && !placed.file.tree.template) yield placed;
		if (placed.body !== undefined) yield* conditions(placed.body);
	}
}
