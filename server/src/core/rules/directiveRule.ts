import type { DirectiveProblem } from '../config/directiveProblems.ts';
import type { RuleContext } from './rule.ts';

/** The problems of some kinds that nginx's own checks find. */
export function* problemsOf(context: RuleContext, ...codes: readonly DirectiveProblem['code'][]): Iterable<DirectiveProblem> {
	for (const problem of context.directiveProblems()) if (codes.includes(problem.code)) yield problem;
}

/** The place of a directive's name. */
export function namePlace(problem: DirectiveProblem): {
	readonly path: string;
	readonly span: { readonly start: number; readonly end: number };
} {
	return { path: problem.at.file.path, span: problem.at.node.name.span };
}
