import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NOTICES } from '../src/core/rules/notices.ts';
import { noticePage, rulePage } from '../src/core/rules/page.ts';
import type { Rule } from '../src/core/rules/rule.ts';

/* Writes the list of rules and a page for each: a rule is every file in core/rules that calls defineRule. */

const rulesFolder = fileURLToPath(new URL('../src/core/rules/', import.meta.url));
const pagesFolder = fileURLToPath(new URL('../docs/rules/', import.meta.url));

const ids = readdirSync(rulesFolder)
	.filter((name) => name.endsWith('.ts') && readFileSync(join(rulesFolder, name), 'utf8').includes('export default defineRule('))
	.map((name) => name.slice(0, -'.ts'.length))
	.sort();

const names = ids.map((id) => id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()));
const list = [
	'// Written by `npm run generate`; do not edit.',
	...[
		...ids.map((id, index) => [id, `import ${names[index]} from './${id}.ts';`] as const),
		['rule', "import type { Rule } from './rule.ts';"] as const,
	]
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([, line]) => line),
	'',
	'/** Every rule, by id. */',
	'export const RULES: readonly Rule[] = [',
	...names.map((name) => `\t${name},`),
	'];',
	'',
].join('\n');
writeFileSync(join(rulesFolder, 'rules.generated.ts'), list);

const { RULES } = (await import('../src/core/rules/rules.generated.ts')) as { RULES: readonly Rule[] };
rmSync(pagesFolder, { recursive: true, force: true });
mkdirSync(pagesFolder, { recursive: true });
for (const [index, rule] of RULES.entries()) {
	if (rule.id !== ids[index]) throw new Error(`${ids[index]}.ts calls itself ${rule.id}; a rule's id is its file's name.`);
	writeFileSync(join(pagesFolder, `${rule.id}.md`), rulePage(rule));
}
for (const notice of NOTICES) writeFileSync(join(pagesFolder, `${notice.id}.md`), noticePage(notice));
