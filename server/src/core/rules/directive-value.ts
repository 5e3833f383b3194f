import type { DirectiveProblem } from '../config/directiveProblems.ts';
import { argumentsIn, definitionsOf } from '../reference/directives.ts';
import { isValueOf } from '../reference/values.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { replaceArgument } from './cures/editing.ts';
import { problemsOf } from './directiveRule.ts';
import { type Cure, defineRule, placeOfArgument } from './rule.ts';

export default defineRule({
	id: 'directive-value',
	summary: 'A value that is no time, size, number, flag or word of the directive.',
	severity: 'error',
	aboutText: true,
	refused: true,
	why: `nginx reads times, sizes, numbers, on and off, and words of a list when it reads the configuration, and refuses to start with
"invalid value". Such directives take no variables. What counts as a value is what real nginx of three generations took.`,
	remedy: 'Write the value as nginx reads it: `1h30m`, `500ms`, `8k`, `on`.',
	ignore: 'Never: nginx refuses the whole configuration.',
	rows: ['TO11', 'TK17', 'TK19'],
	sources: ['https://nginx.org/en/docs/syntax.html', 'https://nginx.org/en/docs/dirindex.html'],
	examples: [
		{
			title: 'a time with a unit that nginx does not know',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection upgrade;
		proxy_read_timeout «1hour»;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection upgrade;
		proxy_read_timeout 1h;
	}
}
`,
			proof: { bad: 'rejected' },
		},
		{
			title: 'true instead of on',
			within: 'http',
			bad: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection upgrade;
		proxy_read_timeout 1h;
		proxy_socket_keepalive «true»;
	}
}
`,
			good: `server {
	listen 8080;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection upgrade;
		proxy_read_timeout 1h;
		proxy_socket_keepalive on;
	}
}
`,
			proof: { bad: 'rejected' },
		},
	],
	*check(context) {
		for (const problem of problemsOf(context, 'value'))
			yield {
				severity: 'error',
				at: placeOfArgument(problem.at, problem.argument ?? 0),
				message: problem.message,
				cures: () => cures(problem, context.version),
			};
	},
});

function cures({ at, argument = 0, cure }: DirectiveProblem, version: NginxVersion): readonly Cure[] {
	if (cure !== undefined) {
		const { title, span, text } = cure;
		return [{ title, preferred: true, edits: [{ path: at.file.path, span, text }] }];
	}
	const written = at.node.args[argument]?.value ?? '';
	// Of the HTTP versions this one alone carries WebSockets and is known to every nginx.
	const meant =
		at.node.name.value === 'proxy_http_version'
			? '1.1'
			: /^\w+_timeout$/.test(at.node.name.value) && NEVER.test(written)
				? '1d'
				: respelt(written);
	const isTaken = definitionsOf(at.node.name.value).some(
		(definition) =>
			definition.value !== undefined &&
			isValueOf(definition.value === 'words' ? 'word' : definition.value, argumentsIn(definition, version).words, meant),
	);
	const edit = isTaken ? replaceArgument(at, argument, meant) : undefined;
	return edit === undefined ? [] : [{ title: `Write ${meant}`, preferred: true, edits: [edit] }];
}

/** No time-out, as other programs have it; nginx has none, and `0` ends a tunnel at once. */
const NEVER = /^(?:off|none|never|infinite|infinity|unlimited|-1)$/i;

/** Flags as other programs know them. */
const FLAGS: ReadonlyMap<string, string> = new Map([
	...['yes', 'true', 'enable', 'enabled', '1'].map((word): [string, string] => [word, 'on']),
	...['no', 'false', 'disable', 'disabled', '0'].map((word): [string, string] => [word, 'off']),
]);

/** Units as people write them. */
const UNITS: readonly (readonly [RegExp, string])[] = [
	[/^(?:ms|msecs?|milliseconds?)$/, 'ms'],
	[/^(?:s|secs?|seconds?)$/, 's'],
	[/^(?:m|mins?|minutes?)$/, 'm'],
	[/^(?:h|hrs?|hours?)$/, 'h'],
	[/^(?:d|days?)$/, 'd'],
	[/^(?:w|weeks?)$/, 'w'],
	[/^(?:b|bytes?)$/, ''],
	[/^(?:kb|kib)$/, 'k'],
	[/^(?:mb|mib)$/, 'm'],
	[/^(?:gb|gib)$/, 'g'],
];

/** The value in nginx's spelling, if it is one that people write otherwise. */
function respelt(text: string): string {
	const lower = text.trim().toLowerCase();
	const flag = FLAGS.get(lower);
	if (flag !== undefined) return flag;
	const [, number = '', unit = ''] = /^(\d+)\s*([a-z]+)$/.exec(lower) ?? [];
	const known = UNITS.find(([names]) => names.test(unit));
	return known === undefined ? text : number + known[1];
}
