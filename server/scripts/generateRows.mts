import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { coveredRows, rowsPage } from './rows/table.mts';

/* Writes which rule, test or reason stands on each row of the catalogue. Runs after the list of rules is written. */

writeFileSync(fileURLToPath(new URL('../docs/rows.md', import.meta.url)), rowsPage(coveredRows()));
