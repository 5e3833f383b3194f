import type { PlacedDirective, Scope } from '../config/model.ts';
import { templateParts } from '../syntax/words.ts';

/** How many variables are followed for one another, and how many entries of a map are read: a map of Connection values has three. */
const DEEPEST = 4;
const MOST_ENTRIES = 64;

/**
 * Whether a value has to do with an upgrade: in its own words, in the name of a variable in it, or in what gives such a variable its value
 * on the levels around, a `set` or a map, whatever its name (MP1, MP11).
 */
export function speaksOfUpgrade(value: string, scope: Scope, depth = 0): boolean {
	if (/upgr|websocket/i.test(value)) return true;
	if (depth > DEEPEST || !value.includes('$')) return false;
	return templateParts(value).some(
		(part) =>
			part.kind === 'variable' &&
			[...givers(part.name.toLowerCase(), scope)].some((text) => text !== value && speaksOfUpgrade(text, scope, depth + 1)),
	);
}

/** The texts that a variable's value hangs on. */
function* givers(name: string, scope: Scope): Generator<string> {
	for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
		for (const { node } of level.byName.get('set') ?? [])
			if (node.args[0]?.value.toLowerCase() === `$${name}`) yield node.args[1]?.value ?? '';
		if (level.context !== 'http') continue;
		// The last map of a name counts (MP8).
		const map = level.byName.get('map')?.findLast(({ node }) => node.args[1]?.value.toLowerCase() === `$${name}`);
		if (map !== undefined) yield* textsOf(map);
	}
}

function* textsOf(map: PlacedDirective): Generator<string> {
	yield map.node.args[0]?.value ?? '';
	for (const { node } of (map.body?.directives ?? []).slice(0, MOST_ENTRIES))
		if (node.args.length === 1 && node.name.value !== 'include') yield node.args[0]?.value ?? '';
}
