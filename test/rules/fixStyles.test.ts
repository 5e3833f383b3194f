import { describe, expect, test } from 'vitest';
import type { Fix } from '../../server/src/core/engine/finding.ts';
import { unmarked } from '../../server/src/core/rules/page.ts';
import type { Example, Rule } from '../../server/src/core/rules/rule.ts';
import { RULES } from '../../server/src/core/rules/rules.generated.ts';
import { afterFix, wholeConfiguration } from '../support/analysed.ts';
import { STYLES, type Style } from '../support/restyled.ts';
import { findingsOf, firstFix, inFolder, isAnotherMistake, ROOT } from './fixedExamples.ts';

/*
 * The fix of each example, on the same configuration as other people write it. What nginx says of the results is asked in test/nginx/fixes.
 */

/** Rules that have a fix in the text. */
const CURING = RULES.filter(({ examples }) => examples.some(({ fixed }) => fixed !== ''));

describe.each(CURING.map((rule) => [rule.id, rule] as const))('%s', (_, rule) => {
	for (const example of rule.examples)
		for (const style of STYLES) {
			const files = style.write(wholeConfiguration(unmarked(example.bad), example.within));
			if (files === undefined || example.fixed === '' || isAnotherMistake(rule, style)) continue;
			test(`${example.title}, ${style.name}`, () => {
				expect(faultsOf(rule, example, style, inFolder(files))).toEqual([]);
			});
		}
});

/** Everything that is wrong with the fix of an example in a style. */
function faultsOf(rule: Rule, example: Example, style: Style, files: Readonly<Record<string, string>>): readonly string[] {
	const before = findingsOf(files, example, rule);
	const own = before.filter(({ ruleId }) => ruleId === rule.id);
	if (own.length === 0) return [`nothing is found; instead ${before.map(({ ruleId }) => ruleId).join(', ')}`];
	const fix = firstFix(own);
	if (fix === undefined) return ['it has no fix'];
	const after = afterFix(files, fix);
	const faults: string[] = [];
	const left = findingsOf(after, example, rule);
	if (left.filter(({ ruleId }) => ruleId === rule.id).length >= own.length) faults.push('what was found is still found');
	for (const id of new Set(left.map(({ ruleId }) => ruleId)))
		if (left.filter(({ ruleId }) => ruleId === id).length > before.filter(({ ruleId }) => ruleId === id).length)
			faults.push(`${id} is new: ${left.find(({ ruleId }) => ruleId === id)?.message}`);
	const again = firstFix(left.filter(({ ruleId, message }) => ruleId === rule.id && own.every((one) => one.message !== message)));
	if (again !== undefined) faults.push(`a second time it would: ${again.title}`);
	for (const [path, text] of Object.entries(after))
		faults.push(
			...strangeWhiteSpace(files[path] ?? '', text, removedBlocks(fix, path, files[path] ?? '')).map(
				(fault) => `${path}: ${fault}`,
			),
		);
	if (style.commutes) {
		const base = inFolder({ 'nginx.conf': wholeConfiguration(unmarked(example.bad), example.within) });
		const baseFix = firstFix(findingsOf(base, example, rule).filter(({ ruleId }) => ruleId === rule.id));
		const expected = baseFix === undefined ? undefined : style.write(afterFix(base, baseFix)[`${ROOT}/nginx.conf`] ?? '');
		if (expected?.['nginx.conf'] !== after[`${ROOT}/nginx.conf`])
			faults.push(`it is written otherwise than with tabs:\n${after[`${ROOT}/nginx.conf`]}`);
	}
	return faults;
}

/** Line ends and indentation that the text had not, and comments that are gone. */
function strangeWhiteSpace(before: string, after: string, removed: string): readonly string[] {
	const faults: string[] = [];
	if (/\r\n/.test(before) !== /\r\n/.test(after) || (/\r\n/.test(after) && /[^\r]\n/.test(after)))
		faults.push('line ends are mixed');
	if (after !== '' && before.endsWith('\n') !== after.endsWith('\n')) faults.push('the end of the file changed');
	const had = new Set(before.split(/\r?\n/));
	for (const line of after.split(/\r?\n/)) {
		if (had.has(line)) continue;
		if (/[ \t]$/.test(line)) faults.push(`white space at the end of «${line}»`);
		if (!/^\t/m.test(before) && /^ +/m.test(before) && /^\t/.test(line)) faults.push(`a tab before «${line}»`);
		if (/^\t/m.test(before) && /^ /.test(line)) faults.push(`a space before «${line}»`);
	}
	const kept: readonly string[] = after.match(/#.*/g) ?? [];
	for (const comment of before.match(/#.*/g) ?? [])
		if (!kept.includes(comment) && !removed.includes(comment)) faults.push(`the comment is gone: ${comment}`);
	return faults;
}

/** The text of whole blocks that a fix takes away: what is said inside of one goes with it. */
function removedBlocks(fix: Fix, path: string, before: string): string {
	return fix.edits
		.filter((edit) => edit.path === path && edit.text === '')
		.map(({ span }) => before.slice(span.start, span.end))
		.filter((text) => /\{.*\}/s.test(text))
		.join('\n');
}
