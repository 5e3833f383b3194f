import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/* Compares how many nginx-backed and editor tests ran with how many must, and prints the closing line of counts. */

/** vitest's JSON report, as far as it is read here. A file that could not be loaded has failed without a test of its own. */
interface TestReport {
	readonly testResults: readonly {
		readonly name: string;
		readonly status: string;
		readonly assertionResults: readonly { readonly status: string }[];
	}[];
}

const [testsPath = '', editorPath = ''] = process.argv.slice(2);
const expectedPath = fileURLToPath(new URL('../../test/expected-counts.json', import.meta.url));
const expected = JSON.parse(readFileSync(expectedPath, 'utf8')) as { readonly nginx: number; readonly editor: number };

const failures: string[] = [];

function statuses(path: string): readonly { readonly file: string; readonly status: string }[] {
	if (!existsSync(path)) {
		failures.push(`There is no report ${path}: its tests did not run.`);
		return [];
	}
	return (JSON.parse(readFileSync(path, 'utf8')) as TestReport).testResults.flatMap(({ name, status, assertionResults }) =>
		status === 'failed' && assertionResults.every((test) => test.status !== 'failed')
			? [{ file: name, status }]
			: assertionResults.map((test) => ({ file: name, status: test.status })),
	);
}

const tests = statuses(testsPath);
const editor = statuses(editorPath);
const passed = (results: typeof tests): number => results.filter(({ status }) => status === 'passed').length;
const all = [...tests, ...editor];
const failed = all.filter(({ status }) => status === 'failed').length;

const nginx = passed(tests.filter(({ file }) => /[\\/]test[\\/]nginx[\\/]/.test(file)));
if (nginx < expected.nginx)
	failures.push(
		`${nginx} tests ran against nginx; ${expected.nginx} must. Find out which were lost before you lower the number.`,
	);
if (passed(editor) < expected.editor) failures.push(`${passed(editor)} tests ran in the editor; ${expected.editor} must.`);

console.log(`nginx-backed: ${nginx} (at least ${expected.nginx}), editor: ${passed(editor)} (at least ${expected.editor})`);
for (const failure of failures) console.error(failure);
console.log(`${passed(all)} passed, ${failed + failures.length} failed, ${all.length - passed(all) - failed} skipped`);
if (failures.length > 0 || failed > 0) process.exitCode = 1;
