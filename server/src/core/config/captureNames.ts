import { toBytes } from '../text/bytes.ts';
import type { PlacedDirective } from './model.ts';
import { groupNames } from './regex.ts';

/** A word that is a regular expression whose named groups become variables. */
export interface CapturingWord {
	readonly word: PlacedDirective['node']['name'];
	/** The names of its groups, as written. */
	readonly names: readonly string[];
}

const CAPTURING: ReadonlySet<string> = new Set([
	'server_name',
	'proxy_redirect',
	'proxy_cookie_domain',
	'proxy_cookie_path',
	'proxy_cookie_flags',
	'rewrite',
	'location',
	'if',
]);

/** False for a directive in none of whose words groups become variables; in a map it is the keys that do. */
export function mayCapture(name: string): boolean {
	return CAPTURING.has(name);
}

/**
 * The words of a directive whose named groups become variables: `location ~`, `server_name ~`, `if (… ~ …)`, `rewrite`, keys of a map,
 * `proxy_redirect ~` and `proxy_cookie_* ~` (checked against nginx; not valid_referers, not fastcgi_split_path_info).
 */
export function capturingWords(placed: PlacedDirective): readonly CapturingWord[] {
	const { name, args } = placed.node;
	const { context } = placed.scope;
	if (context === 'map' || context === 'stream map') return marked([name]);
	if (!mayCapture(name.value)) return NONE;
	switch (name.value) {
		case 'server_name':
			return marked(args);
		case 'proxy_redirect':
		case 'proxy_cookie_domain':
		case 'proxy_cookie_path':
		case 'proxy_cookie_flags':
			return marked(args.slice(0, 1));
		case 'rewrite':
			return args.slice(0, 1).flatMap((word) => named(word, word.value));
		case 'location': {
			const [modifier, pattern] = args;
			if (pattern === undefined) return marked(args);
			return modifier?.value === '~' || modifier?.value === '~*' ? named(pattern, pattern.value) : [];
		}
		case 'if':
			return args.flatMap((word, index) => {
				if (!/^!?~\*?$/.test(args[index - 1]?.value ?? '')) return [];
				// The last word of an unquoted condition carries its `)`.
				const isLast = index === args.length - 1 && word.quote === undefined;
				return named(word, isLast ? word.value.replace(/\)$/, '') : word.value);
			});
		default:
			return NONE;
	}
}

const NONE: readonly CapturingWord[] = Object.freeze([]);

/** Words that say with a leading `~` that they are expressions. */
function marked(words: readonly PlacedDirective['node']['name'][]): readonly CapturingWord[] {
	return words.flatMap((word) => (word.value.startsWith('~') ? named(word, word.value.replace(/^~\*?/, '')) : []));
}

function named(word: PlacedDirective['node']['name'], expression: string): readonly CapturingWord[] {
	if (!expression.includes('(?')) return NONE;
	const names =
		groupNames(toBytes(expression)) ??
		[...expression.matchAll(/\(\?(?:P?<|')([A-Za-z_]\w*)[>']/g)].map((match) => match[1] ?? '');
	return names.length === 0 ? NONE : [{ word, names }];
}
