import type { PlacedDirective, Scope } from '../config/model.ts';

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
