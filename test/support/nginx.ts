import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatVersion, isAtLeast } from '../../server/src/core/reference/versions.ts';
import { DEBIAN_SUITES, installedNginx, type NginxBinary, unpackDebianNginx } from '../../server/src/node/nginx/acquire.ts';

const CACHE = fileURLToPath(new URL('../../.cache/nginx/', import.meta.url));

let acquired: Promise<readonly NginxBinary[]> | undefined;

/**
 * One nginx of each generation that behaves differently (before 1.26, before 1.29.7, since), oldest first. In CI fewer than three is an
 * error; elsewhere the lack is said aloud and what there is comes back.
 */
export function generations(): Promise<readonly NginxBinary[]> {
	acquired ??= acquire();
	return acquired;
}

async function acquire(): Promise<readonly NginxBinary[]> {
	const found: NginxBinary[] = [];
	const reasons: string[] = [];
	for (const suite of DEBIAN_SUITES) {
		const result = await unpackDebianNginx(suite, CACHE);
		if (result.kind === 'nginx') found.push(result.nginx);
		else reasons.push(result.reason);
	}
	if (found.length === 0) {
		const installed = await installedNginx();
		if (installed !== undefined) found.push(installed);
	}
	const kinds = new Set(
		found.map(({ version }) => (isAtLeast(version, '1.29.7') ? 'new' : isAtLeast(version, '1.26.0') ? 'middle' : 'old')),
	);
	if (kinds.size < 3) {
		const text = `Three generations of nginx are wanted (before 1.26, before 1.29.7, since); here are ${found.map(({ version }) => formatVersion(version)).join(', ') || 'none'}. ${reasons.join(' ')}`;
		if (process.env.CI === 'true') throw new Error(text);
		console.warn(text);
	}
	return found;
}

/** `1.26.3`: for test names. */
export function nameOf(nginx: NginxBinary): string {
	return formatVersion(nginx.version);
}

export interface Verdict {
	readonly ok: boolean;
	/** All that nginx wrote. */
	readonly output: string;
	/** The first `[emerg]` message, without its place. */
	readonly message: string | undefined;
	/** Where nginx says it is: the path relative to the folder, one-based line. */
	readonly file: string | undefined;
	readonly line: number | undefined;
}

export interface PrivateFolder {
	readonly path: string;
	remove(): void;
}

/** A folder of its own with these files; `conf/` is nginx's prefix for includes. */
export function privateFolder(files: Readonly<Record<string, string>>): PrivateFolder {
	const path = mkdtempSync(join(tmpdir(), 'nginx-websocket-'));
	for (const name of ['logs', 'temp']) mkdirSync(join(path, name));
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(dirname(join(path, name)), { recursive: true });
		writeFileSync(join(path, name), text);
	}
	return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Directives that keep a configuration's files in its folder, for the http block of a test. */
export const PRIVATE_HTTP = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
	.map((kind) => `${kind}_temp_path temp/${kind};`)
	.join(' ');

/** Global directives for a test's nginx: one process in the foreground, everything in its folder. */
export function globals(folder: string): string {
	return `daemon off; master_process off; pid ${folder}/logs/nginx.pid; error_log ${folder}/logs/error.log info;`;
}

/** `nginx -t` on `main`, in a folder with these files. Paths of the temp folders are private when the text says so (PRIVATE_HTTP). */
export async function testConfiguration(
	nginx: NginxBinary,
	files: Readonly<Record<string, string>>,
	main = 'nginx.conf',
): Promise<Verdict> {
	const folder = privateFolder(files);
	try {
		return await testIn(nginx, folder.path, main);
	} finally {
		folder.remove();
	}
}

/** `nginx -t` in a folder that is there already. */
export function testIn(nginx: NginxBinary, folder: string, main = 'nginx.conf'): Promise<Verdict> {
	const args = [
		'-t',
		'-p',
		`${folder}/`,
		'-c',
		join(folder, main),
		'-e',
		join(folder, 'logs', 'startup.log'),
		'-g',
		`pid ${folder}/logs/nginx.pid;`,
	];
	return new Promise((resolve) => {
		execFile(nginx.path, args, { timeout: 20_000, maxBuffer: 8 * 1024 * 1024 }, (error, stdout, stderr) => {
			const output = `${stdout}${stderr}`;
			const match = /\[emerg\] (.*?)(?: in (\S+):(\d+))?$/m.exec(output.replace(/^nginx: (?!\[)/gm, ''));
			resolve({
				ok: error === null,
				output,
				message: match?.[1],
				file: match?.[2]?.replace(`${folder}/`, ''),
				line: match?.[3] === undefined ? undefined : Number(match[3]),
			});
		});
	});
}

export interface RunningNginx {
	readonly folder: string;
	/** What nginx wrote to its error log so far. */
	errorLog(): string;
	stop(): Promise<void>;
}

/** Starts nginx in the foreground on `main` and waits until it listens on `port` of 127.0.0.1. Throws what nginx wrote when it does not. */
export async function startNginx(
	nginx: NginxBinary,
	files: (folder: string) => Readonly<Record<string, string>>,
	port: number,
	main = 'nginx.conf',
): Promise<RunningNginx> {
	const folder = privateFolder({});
	for (const [name, text] of Object.entries(files(folder.path))) {
		mkdirSync(dirname(join(folder.path, name)), { recursive: true });
		writeFileSync(join(folder.path, name), text);
	}
	const child = spawn(
		nginx.path,
		['-p', `${folder.path}/`, '-c', join(folder.path, main), '-e', join(folder.path, 'logs', 'startup.log')],
		{
			stdio: ['ignore', 'ignore', 'pipe'],
		},
	);
	let written = '';
	child.stderr?.on('data', (chunk: Buffer) => {
		written += chunk.toString();
	});
	const running: RunningNginx = {
		folder: folder.path,
		errorLog: () => readOrEmpty(join(folder.path, 'logs', 'error.log')),
		stop: async () => {
			await ended(child);
			folder.remove();
		},
	};
	try {
		await listening(port, child);
		return running;
	} catch (error) {
		const log = `${written}${readOrEmpty(join(folder.path, 'logs', 'error.log'))}`;
		await running.stop();
		throw new Error(`nginx did not start: ${log || String(error)}`);
	}
}

function readOrEmpty(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}

function ended(child: ChildProcess): Promise<void> {
	return new Promise((resolve) => {
		if (child.exitCode !== null || child.signalCode !== null) {
			resolve();
			return;
		}
		child.once('exit', () => resolve());
		child.kill('SIGTERM');
		setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
	});
}

/** Connects until somebody listens, the process ends, or ten seconds are over. */
function listening(port: number, child: ChildProcess): Promise<void> {
	const deadline = Date.now() + 10_000;
	return new Promise((resolve, reject) => {
		const attempt = (): void => {
			if (child.exitCode !== null) {
				reject(new Error(`it ended with ${child.exitCode}`));
				return;
			}
			const socket = connect(port, '127.0.0.1');
			socket.once('connect', () => {
				socket.destroy();
				resolve();
			});
			socket.once('error', () => {
				socket.destroy();
				if (Date.now() > deadline) reject(new Error(`nobody listens on ${port}`));
				else setTimeout(attempt, 5);
			});
		};
		attempt();
	});
}

/** A TCP port of 127.0.0.1 that is free now. */
export function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() =>
				address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
			);
		});
	});
}
