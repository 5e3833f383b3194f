import type { PlacedDirective, Scope } from '../config/model.ts';
import type { Word } from '../syntax/nodes.ts';
import { directivesIn } from './scopes.ts';

/** Directives that name the variable they define, and in which argument (from the end when negative). */
const NAMING: ReadonlyMap<string, number> = new Map([
	['map', 1],
	['geo', -1],
	['split_clients', 1],
	['set', 0],
	['auth_request_set', 0],
]);

/** The word that names the variable which a directive defines; undefined for other directives, and for one that is still being typed. */
export function namingWord({ node, file, scope }: PlacedDirective): Word | undefined {
	const argument = NAMING.get(node.name.value);
	if (
		argument === undefined ||
		node.end === 'missing' ||
		file.tree.template ||
		/^(?:stream )?(?:map|geo|split_clients)$/.test(scope.context)
	)
		return undefined;
	const count = node.args.length;
	const isWhole = node.name.value === 'geo' ? count === 1 || count === 2 : count === 2;
	return isWhole ? node.args.at(argument) : undefined;
}

/** The names, lower-case, that lines of a configuration define without the `$` that nginx asks for. */
export function namedWithoutDollar(root: Scope): ReadonlySet<string> {
	const names = new Set<string>();
	for (const placed of directivesIn(root)) {
		const word = namingWord(placed);
		const name = word === undefined ? undefined : /^[%@&!]?(\w+)$/.exec(word.value)?.[1];
		if (name !== undefined) names.add(name.toLowerCase());
	}
	return names;
}
