import type { PlacedDirective, Scope } from '../config/model.ts';
import { isHarmlessStock } from '../config/paths.ts';

/** The http, or the stream, blocks of a configuration; of a fragment the assumed one. */
export function scopesOf(root: Scope, context: 'http' | 'stream'): readonly Scope[] {
	const found: Scope[] = root.context === context ? [root] : [];
	return [...found, ...(root.byName.get(context) ?? []).flatMap(({ body }) => body ?? [])];
}

/** Every directive of a scope and of the blocks in it, in nginx's order. */
export function* directivesIn(scope: Scope): Generator<PlacedDirective> {
	for (const placed of scope.directives) {
		yield placed;
		if (placed.body !== undefined) yield* directivesIn(placed.body);
	}
}

/** Every proxy_pass with one argument, in locations and the blocks in them. */
export function* proxyPasses(scope: Scope): Generator<PlacedDirective> {
	for (const placed of directivesIn(scope)) {
		const { node, file, scope: own } = placed;
		const isOurs = node.name.value === 'proxy_pass' && node.args.length === 1 && node.block === undefined;
		if (isOurs && own.context !== 'stream server' && !file.tree.template) yield placed;
	}
}

/** True for a scope that nothing outside the workspace adds to: every include that stands in it brought something. */
export function isComplete(scope: Scope): boolean {
	if (scope.unresolved.length > 0 || scope.assumed) return false;
	const brought = new Set(scope.directives.map(({ via }) => via.at(-1)?.node));
	return (scope.byName.get('include') ?? []).every(({ node }) => brought.has(node) || isHarmlessStock(node.args[0]?.value ?? ''));
}
