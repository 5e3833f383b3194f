import { describe, expect, test } from 'vitest';
import type { Example, Rule } from '../../server/src/core/rules/rule.ts';
import { RULES } from '../../server/src/core/rules/rules.generated.ts';
import { afterFix, analysed, versionOf, wholeConfiguration } from '../support/analysed.ts';
import { readMarks, writeMarks } from '../support/marked.ts';

const MAIN = '/etc/nginx/nginx.conf';

function check(text: string, example: Example, rule: Rule) {
	return analysed(
		{ [MAIN]: text },
		{
			...(example.checkVersion === undefined ? {} : { version: versionOf(example.checkVersion) }),
			...(rule.optIn ? { severities: { [rule.id]: rule.severity } } : {}),
		},
	);
}

describe.each(RULES.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
	test('names its facts and sources', () => {
		expect(rule.sources.every((source) => source.startsWith('https://'))).toBe(true);
		expect(rule.sources.length).toBeGreaterThan(0);
		expect(rule.examples.length).toBeGreaterThan(0);
		for (const text of [rule.summary, rule.why, rule.remedy, rule.ignore]) expect(text.length).toBeGreaterThan(10);
	});

	describe.each(rule.examples.map((example) => [example.title, example] as const))('%s', (_, example) => {
		const bad = readMarks(wholeConfiguration(example.bad, example.within));
		const good = wholeConfiguration(example.good, example.within);

		test('the bad example is underlined exactly where it is marked', () => {
			const { findings } = check(bad.text, example, rule);
			const own = findings.filter((finding) => finding.ruleId === id);
			expect(
				writeMarks(
					bad.text,
					own.map((finding) => finding.at.span),
				),
			).toBe(writeMarks(bad.text, bad.spans));
			expect(own.length).toBeGreaterThan(0);
		});

		test('the good example is silent', () => {
			expect(check(good, example, rule).findings.map((finding) => `${finding.ruleId}: ${finding.message}`)).toEqual([]);
		});

		test('the first fix gives the good text, and only once', () => {
			const { findings } = check(bad.text, example, rule);
			const fixes = findings.find((candidate) => candidate.ruleId === id)?.fixes() ?? [];
			const preferred = fixes.find((candidate) => candidate.preferred);
			if (example.fixed === '') {
				expect(preferred).toBeUndefined();
				return;
			}
			const fix = preferred ?? fixes[0];
			if (fix === undefined) throw new Error('no fix');
			const after = afterFix({ [MAIN]: bad.text }, fix)[MAIN] ?? '';
			expect(after).toBe(example.fixed === undefined ? good : wholeConfiguration(example.fixed, example.within));
			expect(check(after, example, rule).findings.filter((candidate) => candidate.ruleId === id)).toEqual([]);
		});
	});
});
