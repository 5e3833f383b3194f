import { type CompiledMap, readMap } from '../config/maps.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import { templateParts } from '../syntax/words.ts';
import type { RuleContext } from './rule.ts';

/** The map behind the one variable that a header line sends; undefined when the value is anything else. The last map of a name counts (MP8). */
export function mapBehind(
	line: PlacedDirective,
	context: RuleContext,
): { readonly at: PlacedDirective; readonly map: CompiledMap } | undefined {
	const parts = templateParts(line.node.args[1]?.value ?? '');
	const [only] = parts;
	if (parts.length !== 1 || only?.kind !== 'variable') return undefined;
	const at = mapsOf(context.configuration.root)
		.filter((map) => map.node.args[1]?.value.toLowerCase() === `$${only.name.toLowerCase()}`)
		.at(-1);
	return at && { at, map: readMap(at) };
}

/** Every map of the http side, in nginx's order. */
export function mapsOf(root: Scope): readonly PlacedDirective[] {
	const http =
		root.context === 'http'
			? [root]
			: (root.byName.get('http') ?? []).map((placed) => placed.body).filter((scope) => scope !== undefined);
	return http.flatMap((scope) => scope.byName.get('map') ?? []).filter((placed) => placed.body !== undefined);
}
