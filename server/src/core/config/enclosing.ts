import type { ContextName, Scope } from './model.ts';

/** The nearest scope of one of these contexts, beginning with a scope itself; undefined where none stands around it. */
export function enclosing(scope: Scope, ...contexts: readonly ContextName[]): Scope | undefined {
	let at: Scope | undefined = scope;
	while (at !== undefined && !contexts.includes(at.context)) at = at.parent;
	return at;
}

/** True for the outer scope itself, and for what lies in it. */
export function isWithin(inner: Scope | null, outer: Scope): boolean {
	for (let at: Scope | undefined = inner ?? undefined; at !== undefined; at = at.parent) if (at === outer) return true;
	return false;
}

/** Of which modules the directives of a scope are. */
export function sideOf(scope: Scope): 'http' | 'stream' {
	for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) if (at.context.startsWith('stream')) return 'stream';
	return 'http';
}
