import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EDITOR_TESTS, VSIX } from './editorPaths.ts';

const run = promisify(execFile);
const BIN = join(EDITOR_TESTS, 'node_modules', '.bin');

export interface CodeServer {
	/** `http://127.0.0.1:PORT`. */
	readonly url: string;
	/** A private folder, gone with the server. */
	readonly folder: string;
	stop(): Promise<void>;
}

/** Settings that keep a test's editor quiet; a test may say otherwise. */
const QUIET = {
	'security.workspace.trust.enabled': false,
	'telemetry.telemetryLevel': 'off',
	'update.mode': 'none',
	'extensions.autoCheckUpdates': false,
	'workbench.startupEditor': 'none',
	'workbench.tips.enabled': false,
	'workbench.welcomePage.walkthroughs.openOnInstall': false,
	'chat.commandCenter.enabled': false,
	'chat.disableAIFeatures': true,
	'workbench.secondarySideBar.defaultVisibility': 'hidden',
	'editor.minimap.enabled': false,
	'files.autoSave': 'off',
	'git.enabled': false,
	'window.commandCenter': false,
	'workbench.reduceMotion': 'on',
	'workbench.colorTheme': 'Default Light Modern',
};

/**
 * Starts a VS Code with folders of its own on a free loopback port. `install` puts the packed extension into it (desktop host).
 * Nothing of the person's own editor is touched.
 */
export async function startCodeServer(options: {
	readonly install: boolean;
	readonly settings?: Readonly<Record<string, unknown>>;
}): Promise<CodeServer> {
	const folder = await mkdtemp(join(tmpdir(), 'nginx-websocket-editor-'));
	const userData = join(folder, 'user');
	const extensions = join(folder, 'extensions');
	await mkdir(join(userData, 'User'), { recursive: true });
	await mkdir(extensions, { recursive: true });
	await writeFile(join(userData, 'User', 'settings.json'), JSON.stringify({ ...QUIET, ...options.settings }));
	// code-server runs on the Node of this folder, and writes nothing outside `folder`.
	const env = {
		...process.env,
		PATH: `${BIN}:${process.env.PATH ?? ''}`,
		HOME: folder,
		XDG_DATA_HOME: folder,
		XDG_CONFIG_HOME: folder,
	};
	const common = ['--user-data-dir', userData, '--extensions-dir', extensions, '--disable-telemetry', '--disable-update-check'];
	const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
	if (options.install) {
		try {
			await run(join(BIN, 'code-server'), [...common, '--install-extension', VSIX], { env });
		} catch (error) {
			await remove();
			throw error;
		}
	}
	const port = await freePort();
	const child = spawn(join(BIN, 'code-server'), [...common, '--auth', 'none', '--bind-addr', `127.0.0.1:${port}`], {
		env,
		stdio: ['ignore', 'pipe', 'pipe'],
		detached: true,
	});
	const stop = async () => {
		await end(child);
		await remove();
	};
	try {
		await listening(child);
	} catch (error) {
		await stop();
		throw error;
	}
	return { url: `http://127.0.0.1:${port}`, folder, stop };
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			const port = typeof address === 'object' && address !== null ? address.port : 0;
			server.close(() => resolve(port));
		});
	});
}

function listening(child: ChildProcess): Promise<void> {
	return new Promise((resolve, reject) => {
		let output = '';
		const timer = setTimeout(() => reject(new Error(`code-server did not come up in 60 s:\n${output}`)), 60_000);
		const hear = (chunk: Buffer) => {
			output += chunk.toString();
			if (!output.includes('HTTP server listening on')) return;
			clearTimeout(timer);
			resolve();
		};
		child.stdout?.on('data', hear);
		child.stderr?.on('data', hear);
		child.once('exit', (code) => {
			clearTimeout(timer);
			reject(new Error(`code-server ended with ${code}:\n${output}`));
		});
	});
}

/** Ends the server with the processes that it started: it is the head of its own process group. */
function end(child: ChildProcess): Promise<void> {
	return new Promise((resolve) => {
		if (child.pid === undefined || child.exitCode !== null) return resolve();
		const group = -child.pid;
		const force = setTimeout(() => signal(group, 'SIGKILL'), 5000);
		child.once('exit', () => {
			clearTimeout(force);
			resolve();
		});
		signal(group, 'SIGTERM');
	});
}

function signal(group: number, name: NodeJS.Signals): void {
	try {
		process.kill(group, name);
	} catch {
		// It has ended by itself.
	}
}
