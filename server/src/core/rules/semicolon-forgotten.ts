import type { Place, PlacedDirective, Scope } from '../config/model.ts';
import type { Word } from '../syntax/nodes.ts';
import { commonShapes, fits } from '../syntax/shapes.ts';
import { type Cure, defineRule } from './rule.ts';

export default defineRule({
	id: 'semicolon-forgotten',
	summary: 'A line without its semicolon takes the next line for more of its values, and nginx accepts that.',
	severity: 'warning',
	why: `nginx reads words up to the next \`;\`, whatever line they stand on. Most directives then have too many, and nginx refuses the file;
\`server_name\`, \`index\`, \`gzip_types\` and their like take any number, so the directive of the next line is lost without a word.`,
	remedy: 'End the line with `;`.',
	ignore: 'The word is meant as a value, a host that is called like a directive for instance.',
	rows: ['TK10'],
	sources: ['https://nginx.org/en/docs/beginners_guide.html#conf_structure'],
	examples: [
		{
			title: 'server_name takes the header line below it',
			within: 'http',
			bad: `server {
	listen 8080;
	proxy_http_version 1.1;
	proxy_read_timeout 1h;
	proxy_set_header Connection upgrade;
	server_name localhost example.com
	«proxy_set_header Upgrade $http_upgrade»;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
	}
}
`,
			good: `server {
	listen 8080;
	proxy_http_version 1.1;
	proxy_read_timeout 1h;
	proxy_set_header Connection upgrade;
	server_name localhost example.com;
	proxy_set_header Upgrade $http_upgrade;
	location /ws {
		proxy_pass http://127.0.0.1:9000;
	}
}
`,
			proof: { bad: 'fails' },
		},
	],
	*check(context) {
		const pending: Scope[] = [context.configuration.root];
		for (let scope = pending.pop(); scope !== undefined; scope = pending.pop()) {
			for (const { body } of scope.directives) if (body !== undefined) pending.push(body);
			for (const name of TAKES_ANY)
				for (const placed of scope.byName.get(name) ?? []) {
					const swallowed = firstSwallowed(placed);
					if (swallowed === undefined) continue;
					const { before, at, text, name: lost } = swallowed;
					yield {
						severity: 'warning',
						at,
						message: `nginx reads "${text}" as more values of ${name}, because the line above does not end with ";", so ${lost} is not in force here. Add the semicolon.`,
						cures: () => endedAfter(placed, before),
					};
				}
		}
	},
});

/** Directives of any number of arguments in which nginx accepts nearly every word (run on 1.22, 1.26 and 1.30). */
const TAKES_ANY: readonly string[] = [
	'server_name',
	'index',
	'gzip_types',
	'valid_referers',
	'proxy_cache_bypass',
	'proxy_no_cache',
];

interface Swallowed {
	/** The last word that belongs to the line. */
	readonly before: Word;
	readonly at: Place;
	/** The directive that was meant. */
	readonly name: string;
	readonly text: string;
}

/** The first word that starts a line, names a directive, and is followed by as many words as that one takes. */
function firstSwallowed(placed: PlacedDirective): Swallowed | undefined {
	const { node, file } = placed;
	const { source } = file.tree;
	if (node.end === 'missing' || node.args.length < 3) return undefined;
	const lines = node.args.map(({ span }) => source.lineAt(span.start));
	for (let index = 1; index < node.args.length; index++) {
		const word = node.args[index];
		const before = node.args[index - 1];
		if (word === undefined || before === undefined || word.quote !== undefined || lines[index] === lines[index - 1]) continue;
		const shapes = commonShapes(word.value);
		if (shapes === undefined) continue;
		const next = node.args.findIndex(
			({ value }, later) => later > index && lines[later] !== lines[later - 1] && commonShapes(value) !== undefined,
		);
		const end = next === -1 ? node.args.length : next;
		const last = node.args[end - 1];
		if (last === undefined || end - index < 2 || !fits(shapes, end - index - 1, false)) continue;
		const span = { start: word.span.start, end: last.span.end };
		return { before, at: { path: file.path, span }, name: word.value, text: source.slice(span).replace(/\s+/g, ' ') };
	}
	return undefined;
}

function endedAfter(placed: PlacedDirective, before: Word): readonly Cure[] {
	const at = before.span.end;
	return [
		{
			title: 'Add the missing semicolon',
			// The word may be meant as a value, and what the lost line leads to has cures of its own.
			preferred: false,
			edits: [{ path: placed.file.path, span: { start: at, end: at }, text: ';' }],
		},
	];
}
