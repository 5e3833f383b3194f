import { rulePage } from '../../core/rules/page.ts';
import { RULES } from '../../core/rules/rules.generated.ts';
import { UsageFailure } from './failure.ts';
import type { Output } from './output.ts';

/** `rules`: one line each. */
export function listRules(output: Output): number {
	const width = Math.max(...RULES.map(({ id }) => id.length));
	for (const rule of RULES) output.data(`${rule.id.padEnd(width)}  ${rule.severity.padEnd(11)}  ${rule.summary}\n`);
	return 0;
}

/** `rule ID`: the rule's page. */
export function showRule(id: string | undefined, output: Output): number {
	const rule = RULES.find((candidate) => candidate.id === id);
	if (rule === undefined)
		throw new UsageFailure(
			id === undefined
				? 'Which rule? `nginx-websocket rules` lists them.'
				: `There is no rule ${id}; \`nginx-websocket rules\` lists them.`,
		);
	output.data(rulePage(rule));
	return 0;
}
