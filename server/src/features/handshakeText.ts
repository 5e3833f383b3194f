import { curlCommand, wscatCommand } from '../core/handshake/commands.ts';
import { artilleryScenario, k6Script, type LoadPlan } from '../core/handshake/loadTests.ts';
import { handshakeRecipe, type RecipeOptions } from '../core/handshake/recipe.ts';
import { readUrl } from './requestOfUrl.ts';

/** Fifty tunnels for half a minute: enough to see something, too few to hurt. */
const USUAL: LoadPlan = { count: 50, holdSeconds: 30 };

/** The handshake as text for another tool, secrets as variables; `''` for what is no URL. */
export function handshakeText(
	{
		url,
		options = {},
		tool,
	}: { readonly url: string; readonly options?: RecipeOptions; readonly tool: 'curl' | 'wscat' | 'k6' | 'artillery' },
	plan: LoadPlan = USUAL,
): string {
	if (readUrl(url) === undefined) return '';
	const recipe = handshakeRecipe(url, options);
	switch (tool) {
		case 'curl':
			return curlCommand(recipe);
		case 'wscat':
			return wscatCommand(recipe);
		case 'k6':
			return k6Script(recipe, plan);
		case 'artillery':
			return artilleryScenario(recipe, plan);
	}
}
