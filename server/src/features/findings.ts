import type { ConfigProblem } from '../core/config/model.ts';
import type { Analysis } from '../core/engine/analyse.ts';
import type { Finding, Severity } from '../core/engine/finding.ts';
import { keyOf } from '../core/engine/project.ts';

/** A finding to be shown; its fixes are made from a whole check. */
export type ShownFinding = Omit<Finding, 'fixes'>;

/** How much a thing about files matters: a cycle keeps nginx from starting, an absent include only makes us know less. */
const PROBLEM_SEVERITY: Readonly<Record<ConfigProblem['code'], Severity>> = {
	'include-cycle': 'error',
	'include-unreadable': 'warning',
	'include-missing': 'information',
	'too-deep': 'information',
};

/** All that is to be said about a configuration: the rules' findings and the troubles with its files, by file and place. */
export function findingsOf(analysis: Analysis): readonly Finding[] {
	const troubles = analysis.configuration.problems.map(
		(problem): Finding => ({
			ruleId: problem.code,
			severity: PROBLEM_SEVERITY[problem.code],
			message: problem.message,
			at: { path: problem.path, span: problem.span },
			related: [],
			routeId: undefined,
			fixes: () => [],
		}),
	);
	if (troubles.length === 0) return analysis.findings;
	return [...distinct(troubles), ...analysis.findings].sort(
		(a, b) => (a.at.path < b.at.path ? -1 : a.at.path > b.at.path ? 1 : 0) || a.at.span.start - b.at.span.start,
	);
}

/** The findings of several configurations that share a file, each once. */
export function distinct<T extends ShownFinding>(findings: readonly T[]): readonly T[] {
	const seen = new Map<string, T>();
	for (const finding of findings) if (!seen.has(keyOf(finding))) seen.set(keyOf(finding), finding);
	return [...seen.values()];
}
