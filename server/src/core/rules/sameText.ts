import type { PlacedDirective } from '../config/model.ts';

/**
 * True when two directives are the same to nginx: their words, and those of their blocks with the includes in them read, whatever blanks
 * and comments stand between. False where an include of a block cannot be read.
 */
export function saysTheSame(one: PlacedDirective, other: PlacedDirective): boolean {
	const words = wordsOf(one);
	return words !== undefined && words === wordsOf(other);
}

function wordsOf({ node, body }: PlacedDirective): string | undefined {
	if (body === undefined ? node.block !== undefined : body.unresolved.length > 0) return undefined;
	const inside = body?.directives.filter(({ node: { name } }) => name.value !== 'include').map(wordsOf);
	return inside?.includes(undefined)
		? undefined
		: JSON.stringify([node.name.value, node.args.map(({ value }) => value), inside ?? null]);
}
