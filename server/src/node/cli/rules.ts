import { NOTICES } from '../../core/rules/notices.ts';
import { noticePage, rulePage, rulePageUrl } from '../../core/rules/page.ts';
import { RULES } from '../../core/rules/rules.generated.ts';
import { UsageFailure } from './failure.ts';
import type { Output } from './output.ts';

/** `rules`: one line each, or all as JSON. */
export function listRules(format: string, output: Output): number {
	if (format !== 'pretty' && format !== 'json') throw new UsageFailure(`--format ${format}: there is pretty and json.`);
	const all = [...RULES, ...NOTICES];
	if (format === 'json') {
		const rules = all.map((rule) => ({
			id: rule.id,
			severity: rule.severity,
			summary: rule.summary,
			optIn: 'optIn' in rule && rule.optIn === true,
			page: rulePageUrl(rule.id),
		}));
		output.data(`${JSON.stringify({ rules }, null, 2)}\n`);
		return 0;
	}
	const width = Math.max(...all.map(({ id }) => id.length));
	for (const rule of all)
		output.data(
			`${rule.id.padEnd(width)}  ${rule.severity.padEnd(11)}  ${rule.summary}${'optIn' in rule && rule.optIn ? ' (says nothing until its severity is set)' : ''}\n`,
		);
	return 0;
}

/** `rule ID`: the rule's page. */
export function showRule(id: string | undefined, format: string, output: Output): number {
	if (format !== 'pretty') throw new UsageFailure(`--format ${format}: the page of a rule is text only.`);
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
