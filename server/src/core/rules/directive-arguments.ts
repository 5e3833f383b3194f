import type { DirectiveProblem } from '../config/directiveProblems.ts';
import { argumentsIn, definitionsOf } from '../reference/directives.ts';
import { isValueOf } from '../reference/values.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { removeWord } from './cures/editing.ts';
import { problemsOf } from './directiveRule.ts';
import { type Cure, defineRule, placeOf } from './rule.ts';

export default defineRule({
	id: 'directive-arguments',
	summary: 'A directive has too few or too many arguments, or a block where none belongs.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `nginx counts the arguments before it looks at them and refuses to start with "invalid number of arguments". The counts are those that
real nginx of three generations took.`,
	remedy: 'Give the directive the arguments it takes; put a value with blanks into quotes.',
	ignore: 'Never: nginx refuses the whole configuration.',
	rows: ['TK13', 'TK14', 'TK19', 'TO11'],
	sources: ['https://nginx.org/en/docs/dirindex.html'],
	examples: [
		{
			title: 'a blank splits the value',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		«proxy_set_header Connection keep-alive, upgrade»;
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
		proxy_set_header Connection "keep-alive, upgrade";
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const problem of problemsOf(context, 'arguments', 'block-missing', 'block-unexpected')) {
			const { at, cure } = problem;
			yield {
				severity: 'error',
				at: placeOf(at),
				message: cure === undefined ? `${problem.message} ${adviceOn(problem)}` : problem.message,
				cures: () =>
					cure === undefined
						? curesOf(problem, context.version)
						: [{ title: cure.title, preferred: true, edits: [{ path: at.file.path, span: cure.span, text: cure.text }] }],
			};
		}
	},
});

function curesOf({ code, at }: DirectiveProblem, version: NginxVersion): readonly Cure[] {
	const { name, args } = at.node;
	const [header, first] = args;
	const last = args.at(-1);
	if (code !== 'arguments' || first === undefined || last === undefined || header === undefined) return [];
	if (args.some((word) => word.quote !== undefined)) return [];
	const together = args.map(({ value }) => value).join('');
	const takesIt = definitionsOf(name.value).some(
		(definition) =>
			(definition.value === 'time' || definition.value === 'seconds') &&
			isValueOf(definition.value, argumentsIn(definition, version).words, together),
	);
	const path = at.file.path;
	if (takesIt)
		return [
			{
				title: `Write ${together}`,
				preferred: true,
				edits: [{ path, span: { start: header.span.start, end: last.span.end }, text: together }],
			},
		];
	if (!VALUE_LAST.includes(name.value)) return [];
	// `always` belongs to add_header.
	if (args.length === 3 && last.value === 'always')
		return [{ title: 'Take always away', preferred: true, edits: [removeWord(at, last)] }];
	const span = { start: first.span.start, end: last.span.end };
	const text = at.file.tree.source.slice(span);
	if (/["\n\r]/.test(text)) return [];
	return [{ title: 'Put the value into quotes', preferred: true, edits: [{ path, span, text: `"${text}"` }] }];
}

function adviceOn({ code, at }: DirectiveProblem): string {
	if (at.node.args.length === 3 && at.node.name.value === 'proxy_set_header' && at.node.args[2]?.value === 'always')
		return '`always` is for add_header: take it away.';
	if (code === 'block-missing') return 'Write { … } behind it.';
	if (code === 'block-unexpected') return 'Write ; in place of the braces.';
	return at.node.args.length < 2
		? 'Write what is missing.'
		: 'Quote a value that has blanks in it, or look for a ; that is missing.';
}

/** Directives whose second argument is one value that people write with blanks. */
const VALUE_LAST: readonly string[] = [
	'proxy_set_header',
	'uwsgi_param',
	'fastcgi_param',
	'scgi_param',
	'grpc_set_header',
	'set',
];
