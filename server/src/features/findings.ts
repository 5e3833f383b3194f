import type { Finding } from '../core/engine/finding.ts';
import { keyOf } from '../core/engine/project.ts';

/** A finding to be shown; its fixes are made from a whole check. */
export type ShownFinding = Omit<Finding, 'fixes'>;

/** The findings of several configurations that share a file, each once. */
export function distinct<T extends ShownFinding>(findings: readonly T[]): readonly T[] {
	const seen = new Map<string, T>();
	for (const finding of findings) if (!seen.has(keyOf(finding))) seen.set(keyOf(finding), finding);
	return [...seen.values()];
}
