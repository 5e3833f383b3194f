import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FOLDER, type Mutant } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CONFIG = fileURLToPath(new URL('./mutated.config.mts', import.meta.url));

/** The rooms whose tests ask the model and need no nginx; the quickest and likeliest first. */
const ROOMS: readonly (readonly string[])[] = [
	['test/core/request'],
	['test/core', 'test/rules', 'test/features', 'test/cli/explain', 'test/nginx/differential/because.test.ts'],
];

/** Whether the tests that need no nginx fail on this broken model. */
export async function unitTestsNotice(mutant: Mutant): Promise<boolean> {
	const folder = mkdtempSync(join(tmpdir(), 'mutant-'));
	const described = join(folder, 'mutant.json');
	try {
		writeFileSync(described, JSON.stringify({ path: join(FOLDER, mutant.file), text: mutant.text }));
		for (const rooms of ROOMS) if (!(await pass(rooms, described))) return true;
		return false;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

function pass(rooms: readonly string[], described: string): Promise<boolean> {
	const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
	const args = ['run', '--config', CONFIG, '--root', ROOT, '--bail', '1', '--exclude', '**/speed.test.ts', ...rooms];
	const env = { ...process.env, NGINX_WEBSOCKET_MUTANT: described };
	return new Promise((resolve) => {
		execFile(process.execPath, [vitest, ...args], { cwd: ROOT, env, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 }, (error) =>
			resolve(error === null),
		);
	});
}
