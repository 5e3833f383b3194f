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

/** A word that nginx gives to PCRE. */
export interface ExpressionWord {
	readonly word: PlacedDirective['node']['name'];
	/** The expression in it, without its `~` and without the `)` that ends a condition. */
	readonly expression: string;
}

/**
 * The words of a directive whose named groups become variables: `location ~`, `server_name ~`, `if (… ~ …)`, `rewrite`, keys of a map,
 * `proxy_redirect ~` and `proxy_cookie_* ~` (checked against nginx; not valid_referers, not fastcgi_split_path_info).
 */
export function capturingWords(placed: PlacedDirective): readonly CapturingWord[] {
	return expressionsIn(placed).flatMap(({ word, expression }) => named(word, expression));
}

/** The expressions of a directive: those whose groups become variables, and the ones of valid_referers. */
export function expressionsOf(placed: PlacedDirective): readonly ExpressionWord[] {
	const { name, args } = placed.node;
	return name.value === 'valid_referers' && !/map$/.test(placed.scope.context) ? marked(args) : expressionsIn(placed);
}

function expressionsIn(placed: PlacedDirective): readonly ExpressionWord[] {
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
			return args.slice(0, 1).map((word) => ({ word, expression: word.value }));
		case 'location': {
			const [modifier, pattern] = args;
			if (pattern === undefined) return marked(args);
			return modifier?.value === '~' || modifier?.value === '~*' ? [{ word: pattern, expression: pattern.value }] : NONE;
		}
		case 'if':
			return args.flatMap((word, index) => {
				if (!/^!?~\*?$/.test(args[index - 1]?.value ?? '')) return [];
				// The last word of an unquoted condition carries its `)`.
				const isLast = index === args.length - 1 && word.quote === undefined;
				return [{ word, expression: isLast ? word.value.replace(/\)$/, '') : word.value }];
			});
		default:
			return NONE;
	}
}

const NONE: readonly ExpressionWord[] = Object.freeze([]);

/** Words that say with a leading `~` that they are expressions. */
function marked(words: readonly PlacedDirective['node']['name'][]): readonly ExpressionWord[] {
	return words.flatMap((word) => (word.value.startsWith('~') ? [{ word, expression: word.value.replace(/^~\*?/, '') }] : []));
}

function named(word: PlacedDirective['node']['name'], expression: string): readonly CapturingWord[] {
	if (!expression.includes('(?')) return [];
	const names =
		groupNames(toBytes(expression)) ??
		[...expression.matchAll(/\(\?(?:P?<|')([A-Za-z_]\w*)[>']/g)].map((match) => match[1] ?? '');
	return names.length === 0 ? [] : [{ word, names }];
}
