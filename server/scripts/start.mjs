// `npm start`, on a machine that has nothing but Node and npm: installs what is missing, builds, and hands over to start.mts.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 20) {
	console.error(`This needs Node 20 or newer; here is ${process.version}.`);
	process.exit(2);
}
if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) {
	console.error('Installing the dependencies (npm ci) …');
	step(['ci', '--no-audit', '--no-fund']);
}
console.error('Building …');
step(['run', '--silent', 'build']);

const child = spawn(
	process.execPath,
	['--import', 'tsx', join(root, 'server', 'scripts', 'start.mts'), ...process.argv.slice(2)],
	{
		stdio: 'inherit',
	},
);
// Ctrl+C reaches the child by itself, a signal to this process does not. Either way the child ends in its own time, and this after it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code) => process.exit(code ?? 1));

/** Runs npm; its output goes to stderr, so that the findings of `--check` stand alone on stdout. */
function step(args) {
	const { status } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
	if (status === 0) return;
	console.error(`npm ${args.join(' ')} failed.`);
	process.exit(2);
}
