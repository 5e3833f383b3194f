import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FOLDER, type Mutant } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CONFIG = fileURLToPath(new URL('./mutated.config.mts', import.meta.url));

/** The rooms whose tests ask the model itself; what needs no nginx. */
const ROOMS = ['test/core', 'test/rules', 'test/features', 'test/cli/explain', 'test/nginx/differential/because.test.ts'];

/** Whether the tests that need no nginx fail on this broken model. */
export function unitTestsNotice(mutant: Mutant): Promise<boolean> {
	const folder = mkdtempSync(join(tmpdir(), 'mutant-'));
	const described = join(folder, 'mutant.json');
	writeFileSync(described, JSON.stringify({ path: join(FOLDER, mutant.file), text: mutant.text }));
	return new Promise((resolve) => {
		execFile(
			process.execPath,
			[
				join(ROOT, 'node_modules/vitest/vitest.mjs'),
				'run',
				'--config',
				CONFIG,
				'--root',
				ROOT,
				'--bail',
				'1',
				'--exclude',
				'**/speed.test.ts',
				...ROOMS,
			],
			{ cwd: ROOT, env: { ...process.env, NGINX_WEBSOCKET_MUTANT: described }, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 },
			(error) => {
				rmSync(folder, { recursive: true, force: true });
				resolve(error !== null);
			},
		);
	});
}
