import { toBytes } from '../text/bytes.ts';
import type { PlacedDirective } from './model.ts';
import { compileRegex } from './regex.ts';

/** A word that is a regular expression whose named groups become variables. */
export interface CapturingWord {
	readonly word: PlacedDirective['node']['name'];
	/** The names of its groups, as written. */
	readonly names: readonly string[];
}

/**
 * The words of a directive whose named groups become variables: `location ~`, `server_name ~`, `if (… ~ …)`, `rewrite`, keys of a map,
 * `proxy_redirect ~` and `proxy_cookie_* ~` (checked against nginx; not valid_referers, not fastcgi_split_path_info).
 */
export function capturingWords(placed: PlacedDirective): readonly CapturingWord[] {
	const found: CapturingWord[] = [];
	for (const { word, expression, caseless } of expressionsOf(placed)) {
		if (!expression.includes('(?')) continue;
		const names = namesIn(expression, caseless);
		if (names.length > 0) found.push({ word, names });
	}
	return found;
}

interface Expression {
	readonly word: PlacedDirective['node']['name'];
	readonly expression: string;
	readonly caseless: boolean;
}

function expressionsOf({ node, scope }: PlacedDirective): readonly Expression[] {
	const { name, args } = node;
	if (scope.context === 'map' || scope.context === 'stream map') return marked([name]);
	switch (name.value) {
		case 'server_name':
			return marked(args);
		case 'proxy_redirect':
		case 'proxy_cookie_domain':
		case 'proxy_cookie_path':
		case 'proxy_cookie_flags':
			return marked(args.slice(0, 1));
		case 'rewrite':
			return args.slice(0, 1).map((word) => ({ word, expression: word.value, caseless: false }));
		case 'location': {
			const [modifier, pattern] = args;
			if (pattern === undefined) return marked(args);
			return modifier?.value === '~' || modifier?.value === '~*'
				? [{ word: pattern, expression: pattern.value, caseless: modifier.value === '~*' }]
				: [];
		}
		case 'if':
			return args.flatMap((word, index): readonly Expression[] => {
				const operator = args[index - 1]?.value ?? '';
				// The last word of an unquoted condition carries its `)`.
				const whole = index === args.length - 1 && word.quote === undefined ? word.value.replace(/\)$/, '') : word.value;
				return /^!?~\*?$/.test(operator) ? [{ word, expression: whole, caseless: operator.endsWith('*') }] : [];
			});
		default:
			return [];
	}
}

/** Words that say with a leading `~` that they are expressions. */
function marked(words: readonly PlacedDirective['node']['name'][]): readonly Expression[] {
	return words
		.filter((word) => word.value.startsWith('~'))
		.map((word) => ({
			word,
			expression: word.value.replace(/^~\*?/, ''),
			caseless: word.value.startsWith('~*'),
		}));
}

function namesIn(expression: string, caseless: boolean): readonly string[] {
	const regex = compileRegex(toBytes(expression), caseless);
	if (!('unsupported' in regex)) return regex.names;
	return [...expression.matchAll(/\(\?(?:P?<|')([A-Za-z_]\w*)[>']/g)].map((match) => match[1] ?? '');
}
