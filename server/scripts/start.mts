import { spawn, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installEditor } from '../../test/editor/install.mjs';
import { startSample } from '../../test/sample/sample.ts';
import { type CodeServer, startCodeServer } from '../../test/support/codeServer.ts';
import { formatVersion } from '../src/core/reference/versions.ts';
import { installedNginx, type NginxBinary, unpackDebianNginx } from '../src/node/nginx/acquire.ts';

/*
 * The main job, run: the sample chat behind nginx with its mistakes, and VS Code with the extension on it. `--check FILE` prints findings
 * instead. `--embedded` takes the embedded VS Code even where there is a `code`; `--no-editor` takes neither.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));

const { values } = parseArgs({
	options: {
		check: { type: 'string' },
		embedded: { type: 'boolean', default: false },
		'no-editor': { type: 'boolean', default: false },
	},
});

if (values.check === undefined) await runSample();
else process.exitCode = check(values.check);

/** The findings of one file or folder, as the command line prints them; npm runs scripts in the package's folder, INIT_CWD is the person's. */
function check(path: string): number {
	const cli = join(root, 'server', 'dist', 'node', 'cli.js');
	const target = resolve(process.env.INIT_CWD ?? process.cwd(), path);
	return spawnSync(process.execPath, [cli, 'check', target], { stdio: 'inherit' }).status ?? 2;
}

async function runSample(): Promise<void> {
	const sample = await startSample({ nginx: await findNginx() });
	let editor: CodeServer | undefined;
	let stopping = false;
	const stop = async () => {
		if (stopping) return;
		stopping = true;
		input.close();
		await Promise.all([editor?.stop(), sample.stop()]);
		process.exit(0);
	};
	const input = createInterface({ input: process.stdin });
	input.on('line', async (line) => {
		if (line.trim() === 'q') await stop();
		if (line.trim() === 'r') console.log((await sample.reload()) ?? 'nginx has read its configuration again.');
	});
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());

	console.log(`Sample workspace   ${sample.workspace}`);
	console.log(`Chat server        127.0.0.1:${sample.ports.chat}`);
	if (sample.withoutNginx === undefined) {
		console.log(`Chat through nginx ${sample.pages[0]}`);
		console.log(`          with TLS ${sample.pages[1]}  (its certificate is made at each start; the browser will ask)`);
	} else console.log(`No nginx runs: ${sample.withoutNginx}`);

	try {
		if (!values['no-editor']) editor = await openEditor(sample.workspace);
	} catch (error) {
		// Without an editor the sample is still of use: the route can be tested from the command line.
		console.error(`The editor did not start: ${error instanceof Error ? error.message : String(error)}`);
		console.error(`Instead: node server/dist/node/cli.js test ${sample.main}`);
	}
	console.log('\nOpen conf.d/chat.conf: /ws is underlined. Test the route, take the fix, save, reload nginx, test again.');
	console.log('r + Enter reloads nginx, q + Enter (or Ctrl+C) ends everything.');
}

/** The nginx of this machine, else one unpacked from Debian's packages; a sentence when there is none. */
async function findNginx(): Promise<NginxBinary | string> {
	const installed = await installedNginx();
	const found = installed ?? (await unpacked());
	if (typeof found !== 'string') console.log(`nginx ${formatVersion(found.version)} (${found.origin})`);
	return found;
}

async function unpacked(): Promise<NginxBinary | string> {
	console.log('No nginx is installed; unpacking one from the Debian packages …');
	const result = await unpackDebianNginx('trixie', join(root, '.cache', 'nginx'));
	return result.kind === 'nginx' ? result.nginx : result.reason;
}

/** Opens the machine's own VS Code with this extension, without installing it there; else the embedded one, whose server comes back. */
async function openEditor(workspace: string): Promise<CodeServer | undefined> {
	const code = process.platform === 'win32' ? 'code.cmd' : 'code';
	const own = !values.embedded && spawnSync(code, ['--version'], { shell: process.platform === 'win32' }).status === 0;
	if (own) {
		const args = ['--new-window', `--extensionDevelopmentPath=${root}`, workspace, join(workspace, 'conf.d', 'chat.conf')];
		spawn(code, args, { stdio: 'ignore', detached: true, shell: process.platform === 'win32' }).unref();
		console.log('VS Code opens with the extension.');
		return undefined;
	}
	installEditor();
	const { status } = spawnSync('npm', ['run', '--silent', 'package'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
	if (status !== 0) throw new Error('the extension could not be packed.');
	const server = await startCodeServer({ install: true });
	console.log(`VS Code            ${server.url}/?folder=${encodeURIComponent(workspace)}`);
	return server;
}
