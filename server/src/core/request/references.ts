import type { PlacedDirective, Scope } from '../config/model.ts';
import type { Level } from './level.ts';
import type { RequestState } from './state.ts';

/**
 * A named location that only error_page lines without `=` lead to keeps the status of the error, even for a 101 (semantics RT8). Sets
 * that status when every reference is of that kind.
 */
export function unlessJumpedTo(state: RequestState, level: Level): void {
	if (level.match?.kind !== 'named') return;
	const name = level.match.pattern;
	const found: PlacedDirective[] = [];
	const search = (scope: Scope): void => {
		for (const placed of scope.directives) {
			if (placed.node.args.at(-1)?.value === name && REFERRING.has(placed.node.name.value)) found.push(placed);
			if (placed.body !== undefined) search(placed.body);
		}
	};
	search(state.server.scope);
	for (const placed of state.server.scope.parent?.byName.get('error_page') ?? [])
		if (placed.node.args.at(-1)?.value === name) found.push(placed);
	const [first] = found;
	const keepsStatus = (placed: PlacedDirective): boolean =>
		placed.node.name.value === 'error_page' && !placed.node.args.some((word) => word.value.startsWith('='));
	if (first === undefined || !found.every(keepsStatus)) return;
	state.errorStatus = Number(first.node.args[0]?.value ?? 0) || 0;
	state.errorStatusAt = first;
}

const REFERRING: ReadonlySet<string> = new Set(['error_page', 'try_files']);
