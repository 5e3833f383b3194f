import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { NOTICES } from '../../../server/src/core/rules/notices.ts';
import { noticePage, rulePage, rulePageUrl } from '../../../server/src/core/rules/page.ts';
import { RULES } from '../../../server/src/core/rules/rules.generated.ts';

const folder = fileURLToPath(new URL('../../../server/docs/rules/', import.meta.url));

test('each rule and each notice has its page, as it is, and no page is left over; else `npm run generate`', () => {
	const pages = new Map<string, string>([
		...RULES.map((rule) => [`${rule.id}.md`, rulePage(rule)] as const),
		...NOTICES.map((notice) => [`${notice.id}.md`, noticePage(notice)] as const),
	]);
	expect(readdirSync(folder).sort()).toEqual([...pages.keys()].sort());
	for (const [name, text] of pages) expect(readFileSync(`${folder}${name}`, 'utf8')).toBe(text);
	expect(rulePageUrl('idle-timeout')).toMatch(/^https:\/\/.*\/server\/docs\/rules\/idle-timeout\.md$/);
});

test.each(RULES.map((rule) => [rule.id, rule] as const))(
	'the page of %s says what, why, what to do, when to ignore it, and from where we know',
	(id, rule) => {
		const page = rulePage(rule);
		for (const heading of ['## Why', '## What to do', '## Example: ', '## When to ignore it', '## Sources'])
			expect(page).toContain(heading);
		expect(page).toMatch(new RegExp(`^# ${id}\n\n\\S`));
		expect(page).toContain(`# nginx-websocket-ignore ${id} REASON`);
		expect(page).not.toMatch(/[«»]|undefined/);
	},
);

test('summaries are one sentence each, and no two rules say the same', () => {
	const summaries = [...RULES, ...NOTICES].map(({ summary }) => summary);
	for (const summary of summaries) expect(summary).toMatch(/^(?:[A-Z]|[a-z_.]+ ).*\.$/);
	expect(new Set(summaries).size).toBe(summaries.length);
});
