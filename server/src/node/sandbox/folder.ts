import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'nginx-websocket-sandbox-';
const OWNER = 'owner.json';

/** A folder of the sandbox, readable by nobody else. */
export interface PrivateFolder {
	/** Without links and without a `/` at its end. */
	readonly path: string;
	/** Puts a file into it. */
	write(name: string, text: string): Promise<void>;
	remove(): Promise<void>;
}

/** Makes the folder and says in it whose it is, so that one that stays behind after a crash is known for what it is. */
export async function makeFolder(parent = tmpdir()): Promise<PrivateFolder> {
	const path = await realpath(await mkdtemp(join(parent, PREFIX)));
	const remove = (): Promise<void> => rm(path, { recursive: true, force: true, maxRetries: 3 });
	try {
		await chmod(path, 0o700);
		for (const name of ['conf', 'temp', 'cache', 'html']) await mkdir(join(path, name), { mode: 0o700 });
		await writeFile(join(path, OWNER), JSON.stringify({ pid: process.pid, started: startOf(process.pid) }), { mode: 0o600 });
	} catch (error) {
		await remove();
		throw error;
	}
	return {
		path,
		write: (name, text) => writeFile(join(path, name), text, { mode: 0o600 }),
		remove,
	};
}

/**
 * Removes the folders of sandboxes whose process is gone: its number belongs to nobody, or to a process that began at another time.
 * Gives how many there were.
 */
export function sweepFolders(parent = tmpdir()): number {
	let swept = 0;
	for (const name of namesIn(parent)) {
		if (!name.startsWith(PREFIX)) continue;
		const path = join(parent, name);
		try {
			const stat = statSync(path);
			if (!stat.isDirectory() || (process.getuid !== undefined && stat.uid !== process.getuid())) continue;
			const owner: unknown = JSON.parse(readFileSync(join(path, OWNER), 'utf8'));
			if (isAlive(owner)) continue;
		} catch {
			// One that is being made has no owner yet; an hour later it never will.
			if (Date.now() - modified(path) < 3_600_000) continue;
		}
		rmSync(path, { recursive: true, force: true });
		swept++;
	}
	return swept;
}

function isAlive(owner: unknown): boolean {
	if (typeof owner !== 'object' || owner === null || !('pid' in owner) || typeof owner.pid !== 'number') return false;
	try {
		process.kill(owner.pid, 0);
	} catch (error) {
		if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
	}
	const started = startOf(owner.pid);
	return started === undefined || !('started' in owner) || owner.started === undefined || owner.started === started;
}

/** When a process began, in the kernel's ticks (proc(5), field 22); undefined where the system does not say. */
function startOf(pid: number): string | undefined {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
		return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
	} catch {
		return undefined;
	}
}

function modified(path: string): number {
	try {
		return statSync(path).mtimeMs;
	} catch {
		return Date.now();
	}
}

function namesIn(folder: string): readonly string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}
