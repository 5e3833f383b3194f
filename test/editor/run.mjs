// `npm run test:editor [-- vitest arguments]`: fetches what the editor tests need when it is missing, then runs them.
// `--results FILE` also writes vitest's JSON there; `--pictures` takes the README's pictures anew.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installEditor } from './install.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..');

if (!existsSync(join(root, 'node_modules'))) run('npm', ['ci', '--no-audit', '--no-fund'], root);
try {
	installEditor();
} catch (error) {
	console.error(error.message);
	process.exit(1);
}
run('npx', ['tsc', '-p', here], root);
const args = process.argv.slice(2);
const at = args.indexOf('--results');
if (at !== -1) args.splice(at, 2, '--reporter=verbose', '--reporter=json', `--outputFile.json=${args[at + 1]}`);
if (args.includes('--pictures')) {
	args.splice(args.indexOf('--pictures'), 1);
	process.env.NGINX_WEBSOCKET_PICTURES = '1';
}
run('npx', ['vitest', 'run', '--config', join(here, 'vitest.config.ts'), ...args], root);

/** Runs a command in a folder, its output to the person's terminal; ends with its exit code when it fails. */
function run(command, args, cwd) {
	const { status } = spawnSync(command, args, {
		cwd,
		stdio: 'inherit',
		env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}` },
	});
	if (status !== 0) process.exit(status ?? 1);
}
