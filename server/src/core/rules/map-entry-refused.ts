import type { PlacedDirective, Scope } from '../config/model.ts';
import { removeDirective } from './cures/editing.ts';
import { mapsOf } from './mapCause.ts';
import { type Cure, defineRule, placeOf, type Report } from './rule.ts';

export default defineRule({
	id: 'map-entry-refused',
	summary: 'A map has an entry that nginx refuses: a key twice, or not one key and one value.',
	severity: 'error',
	refused: true,
	why: `An entry of a map is a key and a value. Keys are compared without regard to case, and each may stand once, \`default\` too; nginx
refuses to start otherwise ("conflicting parameter", "invalid number of the map parameters").`,
	remedy: 'Leave one entry for each key, and write one value behind it, in quotes when it has blanks.',
	ignore: 'Never: nginx does not start.',
	rows: ['MP10'],
	sources: ['https://nginx.org/en/docs/http/ngx_http_map_module.html'],
	examples: [
		{
			title: 'a key twice',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	'' '';
	«"" ''»;
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
	'' '';
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
		{
			title: 'two defaults',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	default upgrade;
	«default close»;
	'' '';
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
	'' '';
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
		{
			title: 'a value of two words',
			within: 'http',
			bad: `map $http_upgrade $connection_upgrade {
	«default keep-alive, upgrade»;
	'' '';
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
	default "keep-alive, upgrade";
	'' '';
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
		for (const map of mapsOf(context.configuration.root)) if (map.body !== undefined) yield* refusedIn(map.body);
	},
});

function* refusedIn(body: Scope): Generator<Report> {
	const seen = new Map<string, PlacedDirective>();
	for (const entry of body.directives) {
		const { name, args, end, block } = entry.node;
		// What lacks its end is told by the reader; a block in a map is refused by it as well.
		if (end === 'missing' || block !== undefined || entry.file.tree.template) continue;
		const key = name.value;
		if (args.length === 0 && (key === 'hostnames' || key === 'volatile')) continue;
		if (args.length !== 1) {
			yield {
				severity: 'error',
				at: placeOf(entry),
				message: `nginx refuses to start: an entry of a map is one key and one value, and here ${args.length === 0 ? 'is no value' : `are ${args.length} values`}. ${args.length === 0 ? 'Write the value behind the key.' : 'Put the value in quotes, or end the entry with ";" where the next one starts.'}`,
				cures: () => curesOf(entry),
			};
			continue;
		}
		if (key === 'include' || key.startsWith('~')) continue;
		const plain = key === 'default' ? '\0default' : (key.startsWith('\\') ? key.slice(1) : key).toLowerCase();
		const first = seen.get(plain);
		if (first === undefined) {
			seen.set(plain, entry);
			continue;
		}
		yield {
			severity: 'error',
			at: placeOf(entry),
			related: [{ ...placeOf(first), message: 'the first one' }],
			message: `nginx refuses to start: ${key === '' ? 'the empty key' : `"${key}"`} stands in this map already${key !== first.node.name.value ? ' (keys are compared without regard to case)' : ''}. Leave one of the two.`,
			cures: (): readonly Cure[] => [
				{
					title: 'Remove this entry',
					preferred: entry.node.args[0]?.value === first.node.args[0]?.value,
					edits: [removeDirective(entry)],
				},
			],
		};
	}
}

/**
 * What was meant by an entry of too many words: the `=` of another language, several entries without the `;` between them when the
 * number of words is even, or one value of several words.
 */
function curesOf(entry: PlacedDirective): readonly Cure[] {
	const { name, args } = entry.node;
	const { path } = entry.file;
	const [sign, second] = args;
	const words = [name, ...args];
	if (args.length === 2 && sign !== undefined && second !== undefined && /^(?:=>?|:=?|->)$/.test(sign.value))
		return [
			{
				title: `Take the ${sign.value} away`,
				preferred: true,
				// Glued to a quote it stands where a blank has to.
				edits: [
					{ path, span: { start: sign.span.start, end: second.span.start }, text: sign.span.start === name.span.end ? ' ' : '' },
				],
			},
		];
	const keys = words.filter((_, index) => index > 1 && index % 2 === 0);
	const isSeveral =
		keys.length > 0 && words.length % 2 === 0 && keys.every(({ quote, value }) => quote !== undefined || isKey(value));
	if (isSeveral)
		return [
			{
				title: 'End each entry with ";"',
				preferred: true,
				edits: words
					.filter((_, index) => index % 2 === 1 && index < words.length - 1)
					.map(({ span }) => ({ path, span: { start: span.end, end: span.end }, text: ';' })),
			},
		];
	return quoted(entry);
}

/** True for a word that is written as the key of an entry rather than as a part of a value. */
function isKey(word: string): boolean {
	return word === 'default' || /^[~*.]/.test(word) || /^(?:websocket|h2c|upgrade|close|keep-alive|https?)$/i.test(word);
}

/** The words of one line in quotes; no cure where a line end shows that a semicolon was forgotten. */
function quoted(entry: PlacedDirective): readonly Cure[] {
	const { source } = entry.file.tree;
	const [first] = entry.node.args;
	const last = entry.node.args.at(-1);
	if (first === undefined || last === undefined || entry.node.args.some(({ quote }) => quote !== undefined)) return [];
	if (source.lineAt(entry.node.name.span.start) !== source.lineAt(last.span.end)) return [];
	const span = { start: first.span.start, end: last.span.end };
	const text = source.slice(span);
	if (/["\\#]/.test(text)) return [];
	return [{ title: 'Put the value in quotes', preferred: false, edits: [{ path: entry.file.path, span, text: `"${text}"` }] }];
}
