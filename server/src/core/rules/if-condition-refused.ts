import type { PlacedDirective } from '../config/model.ts';
import { type ConditionFault, conditionFault } from './conditions.ts';
import { type Cure, defineRule, type Edit, placeOf, placeOfArgument } from './rule.ts';
import { directivesIn } from './scopes.ts';

export default defineRule({
	id: 'if-condition-refused',
	summary: 'The condition of an if is none that nginx knows.',
	severity: 'error',
	refused: true,
	why: `nginx knows \`=\`, \`!=\`, \`~\`, \`~*\`, \`!~\`, \`!~*\` and the tests \`-f\`, \`-d\`, \`-e\`, \`-x\`, one of them in each condition.
It refuses to start with \`==\`, \`&&\` or \`||\`, without the parentheses, and when the first word is no variable.`,
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
		const { definitions } = context.variables();
		for (const at of directivesIn(context.configuration.root)) {
			const { node, file, scope } = at;
			if (node.name.value !== 'if' || node.block === undefined || node.args.length === 0 || file.tree.template) continue;
			if (!['server', 'location', 'if'].includes(scope.context)) continue;
			const words = node.args.map(({ value }) => value);
			const isDefined = (name: string): boolean => definitions.has(name.toLowerCase());
			const fault = conditionFault(words, isDefined);
			if (fault === undefined) continue;
			const joined = words.find((word) => word === '&&' || word === '||');
			yield {
				severity: 'error',
				at: joined === undefined && fault.index !== undefined ? placeOfArgument(at, fault.index) : placeOf(at),
				message:
					joined === undefined
						? `nginx refuses to start: ${fault.message}`
						: `nginx refuses to start: an if has one condition and knows no \`${joined}\`. Put both into a map, or test a text of both variables.`,
				cures: () => (joined === undefined ? curesOf(at, fault, isDefined) : []),
			};
		}
	},
});

/** Makes of a fault the words that nginx takes; none where that does not make the whole condition right. */
function curesOf(at: PlacedDirective, { right, isSure }: ConditionFault, isDefined: (name: string) => boolean): readonly Cure[] {
	const { args } = at.node;
	const [first] = args;
	const last = args.at(-1);
	if (right === undefined || first === undefined || last === undefined) return [];
	const { source } = at.file.tree;
	const edits: Edit[] = [];
	for (const [index, text] of right) {
		const word = args[index];
		if (word !== undefined) edits.push({ path: at.file.path, span: word.span, text: text(source.slice(word.span)) });
	}
	const after = conditionFault(rightText(args, right).split(' '), isDefined);
	// A name that holds a bracket or the like is one of a variable that nobody sets.
	const isPlain = after === undefined && /^\(?\s*(?:\$\w+\)?|!?-[fdex])(?:\s|$)/.test(rightText(args, right));
	return isPlain && edits.length > 0
		? [{ title: `Write ${edits.map(({ text }) => text).join(' … ')}`, preferred: isSure !== false, edits }]
		: [];
}

/** The condition with its words written right, one blank between them. */
function rightText(args: PlacedDirective['node']['args'], right: NonNullable<ConditionFault['right']>): string {
	return args.map(({ value }, index) => right.get(index)?.(value) ?? value).join(' ');
}
