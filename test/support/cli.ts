import { execFile } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

export interface CommandResult {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
	/** From the start of the process to its end. */
	readonly milliseconds: number;
}

/** The command line as it is shipped: one bundle, in a process of its own. */
export interface CommandLine {
	/** The bundle. */
	readonly path: string;
	/** Runs it in `cwd`; never throws for an exit code. */
	run(args: readonly string[], cwd?: string): Promise<CommandResult>;
	remove(): void;
}

/** Bundles the command line from the sources as they are now. */
export function bundledCommandLine(): CommandLine {
	const folder = mkdtempSync(join(tmpdir(), 'nginx-websocket-cli-'));
	const outfile = join(folder, 'cli.cjs');
	buildSync({
		entryPoints: [fileURLToPath(new URL('../../server/src/node/cli/main.ts', import.meta.url))],
		outfile,
		bundle: true,
		platform: 'node',
		target: 'node20',
		format: 'cjs',
		logLevel: 'error',
	});
	return {
		path: outfile,
		run: (args, cwd = folder) =>
			new Promise((resolve) => {
				const started = performance.now();
				execFile(
					process.execPath,
					[outfile, ...args],
					{ cwd, maxBuffer: 256 * 1024 * 1024, env: { ...process.env, NO_COLOR: '1' } },
					(error, stdout, stderr) => {
						const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
						resolve({ code, stdout, stderr, milliseconds: performance.now() - started });
					},
				);
			}),
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}

/** A folder on disk with these files. */
export interface Workspace {
	readonly path: string;
	/** The path of a file in it. */
	at(name: string): string;
	/** The text of a file in it. */
	read(name: string): string;
	readBytes(name: string): Buffer;
	/** When it was last written, in milliseconds. */
	modified(name: string): number;
	isLink(name: string): boolean;
	write(name: string, text: string | Uint8Array): void;
	remove(): void;
}

/** Makes a workspace of its own on disk. */
export function workspaceOf(files: Readonly<Record<string, string | Uint8Array>>): Workspace {
	const path = mkdtempSync(join(tmpdir(), 'nginx-websocket-workspace-'));
	const workspace: Workspace = {
		path,
		at: (name) => join(path, name),
		read: (name) => readFileSync(join(path, name), 'utf8'),
		readBytes: (name) => readFileSync(join(path, name)),
		modified: (name) => statSync(join(path, name)).mtimeMs,
		isLink: (name) => lstatSync(join(path, name)).isSymbolicLink(),
		write: (name, text) => {
			mkdirSync(dirname(join(path, name)), { recursive: true });
			writeFileSync(join(path, name), text);
		},
		remove: () => rmSync(path, { recursive: true, force: true }),
	};
	for (const [name, text] of Object.entries(files)) workspace.write(name, text);
	return workspace;
}
