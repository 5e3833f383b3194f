import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/* Compares how many nginx-backed and editor tests ran with how many must, and prints the closing line of counts. */

interface TestReport {
	readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly { readonly status: string }[] }[];
}

const [testsPath = '', editorPath = ''] = process.argv.slice(2);
const expected = JSON.parse(readFileSync(fileURLToPath(new URL('../../test/expected-counts.json', import.meta.url)), 'utf8')) as {
	readonly nginx: number;
	readonly editor: number;
};

const tests = JSON.parse(readFileSync(testsPath, 'utf8')) as TestReport;
const inEditor = (JSON.parse(readFileSync(editorPath, 'utf8')) as TestReport).testResults.flatMap(
	({ assertionResults }) => assertionResults,
);
const editor = {
	passed: inEditor.filter(({ status }) => status === 'passed').length,
	failed: inEditor.filter(({ status }) => status === 'failed').length,
	skipped: inEditor.filter(({ status }) => status !== 'passed' && status !== 'failed').length,
};

const all = tests.testResults.flatMap(({ name, assertionResults }) => assertionResults.map(({ status }) => ({ name, status })));
const count = (status: string): number => all.filter((result) => result.status === status).length;
const nginx = all.filter(({ name, status }) => /[\\/]test[\\/]nginx[\\/]/.test(name) && status === 'passed').length;

const failures: string[] = [];
if (nginx < expected.nginx)
	failures.push(
		`${nginx} tests ran against nginx; ${expected.nginx} must. Find out which were lost before you lower the number.`,
	);
if (editor.passed < expected.editor) failures.push(`${editor.passed} tests ran in the editor; ${expected.editor} must.`);
console.log(`nginx-backed: ${nginx} (at least ${expected.nginx}), editor: ${editor.passed} (at least ${expected.editor})`);
for (const failure of failures) console.error(failure);

const skipped = count('skipped') + count('pending') + count('todo') + editor.skipped;
console.log(
	`${count('passed') + editor.passed} passed, ${count('failed') + editor.failed + failures.length} failed, ${skipped} skipped`,
);
if (failures.length > 0 || count('failed') + editor.failed > 0) process.exitCode = 1;
