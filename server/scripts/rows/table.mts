import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RULES } from '../../src/core/rules/rules.generated.ts';
import { ROWS, type Row } from './catalogue.mts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What stands on a row. */
export interface CoveredRow extends Row {
	/** Ids of the rules that name it. */
	readonly rules: readonly string[];
	/** Files under `test/` that cite it, relative to the repository. */
	readonly tests: readonly string[];
}

/** Every row with the rules and the tests that stand on it, in the catalogue's order. */
export function coveredRows(): readonly CoveredRow[] {
	const citing = citations();
	return ROWS.map((row) => ({
		...row,
		rules: RULES.filter(({ rows }) => rows.includes(row.id)).map(({ id }) => id),
		tests: citing.get(row.id) ?? [],
	}));
}

/** Rows that a rule names and the catalogue has not: misprints. */
export function unknownRows(): readonly string[] {
	const known = new Set(ROWS.map(({ id }) => id));
	return RULES.flatMap(({ id, rows }) => rows.filter((row) => !known.has(row)).map((row) => `${id}: ${row}`));
}

/** Rows that nothing stands on: no rule and no reason, and where nothing is wrong no test either. */
export function openRows(rows: readonly CoveredRow[]): readonly string[] {
	return rows.filter(isOpen).map(({ id }) => id);
}

function isOpen({ rules, tests, reason, wrong }: CoveredRow): boolean {
	return rules.length === 0 && reason === undefined && (wrong === true || tests.length === 0);
}

function citations(): ReadonlyMap<string, readonly string[]> {
	const found = new Map<string, string[]>();
	const files = readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'))
		.map((entry) => join(entry.parentPath, entry.name))
		.sort();
	for (const file of files)
		for (const id of new Set(readFileSync(file, 'utf8').match(/\b(?:HD|IN|TO|MP|RT|PR|UP|BK|SM|SE|TK|IC|DU)\d{1,2}\b/g) ?? [])) {
			const known = found.get(id);
			const path = relative(root, file).replaceAll('\\', '/');
			if (known === undefined) found.set(id, [path]);
			else known.push(path);
		}
	return found;
}

const FAMILIES: Readonly<Record<string, string>> = {
	HD: 'Handshake headers',
	IN: 'Inheritance',
	TO: 'Timers, and what ends a tunnel',
	MP: 'Maps',
	RT: 'Routing',
	PR: 'Protocols and listeners',
	UP: 'Upstreams and limits',
	BK: 'Backends',
	SM: 'Stream',
	SE: 'Security',
	TK: 'Words and blocks',
	IC: 'Includes',
	DU: 'Duplicates, variables, URLs, locations',
};

/** The table as Markdown; its links are relative to `server/docs`. */
export function rowsPage(rows: readonly CoveredRow[]): string {
	const withRule = rows.filter(({ rules }) => rules.length > 0).length;
	const withReason = rows.filter(({ rules, reason }) => rules.length === 0 && reason !== undefined).length;
	const open = openRows(rows).length;
	const parts = [
		'# What stands on each measured fact',
		`Written by \`npm run generate\`; do not edit. Each row of the catalogue of measured nginx behaviour (${rows.length}), with the rules that say it, the tests that hold it (the model predicts it, or nothing is said where nothing is wrong), or the reason why no rule can.`,
		`${withRule} rows have a rule, ${withReason} more a reason why there is none, ${rows.length - withRule - withReason - open} more say what is right and have a test${open === 0 ? '' : `; ${open} wait for a rule`}.`,
	];
	for (const [family, title] of Object.entries(FAMILIES)) {
		const own = rows.filter(({ id }) => id.startsWith(family));
		parts.push(
			[
				`## ${title}`,
				'',
				'| row | about | rules | tests | no rule, because |',
				'| --- | --- | --- | --- | --- |',
				...own.map(line),
			].join('\n'),
		);
	}
	return `${parts.join('\n\n')}\n`;
}

function line(row: CoveredRow): string {
	const { id, about, rules, tests, reason } = row;
	const cells = [
		id,
		about,
		rules.map((rule) => `[${rule}](rules/${rule}.md)`).join(', '),
		tests.map((path) => `[${path.replace(/^test\/|(?:\.test)?\.ts$/g, '')}](../../${path})`).join(', '),
		rules.length > 0 ? '' : (reason ?? (isOpen(row) ? 'waits for a rule' : '')),
	];
	return `| ${cells.join(' | ')} |`;
}
