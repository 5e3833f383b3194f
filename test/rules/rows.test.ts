import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ROWS } from '../../server/scripts/rows/catalogue.mts';
import { coveredRows, openRows, rowsPage, unknownRows } from '../../server/scripts/rows/table.mts';

/** Rows that wait for a rule. A row that has got one may leave the list, and then never comes back. */
const OPEN: readonly string[] = [];

describe('the table of measured facts', () => {
	const rows = coveredRows();

	test('has each of the 210 rows once', () => {
		expect(new Set(ROWS.map(({ id }) => id)).size).toBe(210);
		expect(ROWS).toHaveLength(210);
	});

	test('has a rule, a test or a reason for each', () => {
		expect(openRows(rows).filter((id) => !OPEN.includes(id))).toEqual([]);
	});

	test('has every row that a rule names', () => {
		expect(unknownRows()).toEqual([]);
	});

	test('is written down as it is; else `npm run generate`', () => {
		expect(readFileSync(fileURLToPath(new URL('../../server/docs/rows.md', import.meta.url)), 'utf8')).toBe(rowsPage(rows));
	});
});
