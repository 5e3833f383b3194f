import { NOTICES } from '../../core/rules/notices.ts';
import { noticePage, rulePage } from '../../core/rules/page.ts';
import { RULES } from '../../core/rules/rules.generated.ts';
import { UsageFailure } from './failure.ts';
import type { Output } from './output.ts';

/** `rules`: one line each. */
export function listRules(output: Output): number {
	const all = [...RULES, ...NOTICES];
	const width = Math.max(...all.map(({ id }) => id.length));
	for (const rule of all)
		output.data(
			`${rule.id.padEnd(width)}  ${rule.severity.padEnd(11)}  ${rule.summary}${'optIn' in rule && rule.optIn ? ' (says nothing until its severity is set)' : ''}\n`,
		);
	return 0;
}

/** `rule ID`: the rule's page. */
export function showRule(id: string | undefined, output: Output): number {
	const rule = RULES.find((candidate) => candidate.id === id);
	const notice = NOTICES.find((candidate) => candidate.id === id);
	if (rule === undefined && notice !== undefined) {
		output.data(noticePage(notice));
		return 0;
	}
	if (rule === undefined)
		throw new UsageFailure(
			id === undefined
				? 'Which rule? `nginx-websocket rules` lists them.'
				: `There is no rule ${id}; \`nginx-websocket rules\` lists them.`,
		);
	output.data(rulePage(rule));
	return 0;
}
