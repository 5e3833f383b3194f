import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const bin = join(here, 'node_modules', '.bin');
/** What code-server's own install leaves last. */
const ready = join(here, 'node_modules', 'code-server', 'lib', 'vscode', 'node_modules');

/**
 * Puts code-server and its Node into this folder, when they are not there yet (some 800 MB and two minutes). code-server's install
 * wants exactly Node 24, so the Node package goes first and runs the rest. Throws a sentence when that fails.
 */
export function installEditor() {
	if (existsSync(ready)) return;
	console.log('Installing code-server (an embedded VS Code) in test/editor; this takes some minutes once.');
	npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
	npm(['rebuild', 'node']);
	npm(['rebuild', 'code-server']);
	if (existsSync(ready)) return;
	fail('code-server did not install completely.');
}

function npm(args) {
	// An npm above this one leaves its own user agent in the environment, and code-server reads the version of Node from there.
	const { npm_config_user_agent: _agent, npm_node_execpath: _node, ...inherited } = process.env;
	const { status } = spawnSync('npm', args, {
		cwd: here,
		stdio: ['ignore', 'inherit', 'inherit'],
		env: { ...inherited, PATH: `${bin}${delimiter}${process.env.PATH}`, npm_config_unsafe_perm: 'true' },
	});
	if (status !== 0) fail(`npm ${args.join(' ')} failed.`);
}

function fail(what) {
	throw new Error(
		`${what} Its native modules are compiled: on Debian and Ubuntu, apt-get install python3 build-essential libkrb5-dev libx11-dev libxkbfile-dev libsecret-1-dev, then try again.`,
	);
}
