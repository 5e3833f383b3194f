import { type LocationMatch, locationMatch } from '../../config/location.ts';
import type { PlacedDirective } from '../../config/model.ts';
import type { Route } from '../../routes/route.ts';
import type { Cure } from '../rule.ts';
import { replaceArgument } from './editing.ts';

/**
 * The prefix that `^~` keeps the expression from: the location itself, or the one around it beside which the expression stands. An
 * expression is tried after the prefixes of its own level (RT5). Undefined where it stands in the location itself.
 */
export function protectable(
	route: Route,
	thief: PlacedDirective,
): { readonly at: PlacedDirective; readonly match: LocationMatch } | undefined {
	for (let at: PlacedDirective | undefined = route.at; at?.body?.context === 'location'; at = at.scope.opener) {
		const match = at.scope === thief.scope ? locationMatch(at) : undefined;
		if (match?.kind === 'prefix') return { at, match };
	}
	return undefined;
}

/** The cure that writes `^~` before that prefix; none where there is no such prefix. */
export function keepExpressionsOff(route: Route, thief: PlacedDirective): readonly Cure[] {
	const found = protectable(route, thief);
	const word = found?.at.node.args[found.match.argument];
	if (found === undefined || word === undefined) return [];
	const edit = replaceArgument(found.at, found.match.argument, `^~ ${found.at.file.tree.source.slice(word.span)}`);
	return edit === undefined
		? []
		: [{ title: `Keep regular expressions from ${found.match.pattern}`, preferred: true, edits: [edit] }];
}
