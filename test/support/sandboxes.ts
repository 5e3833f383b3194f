import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Configuration } from '../../server/src/core/config/model.ts';
import { readLooseFile } from '../../server/src/core/config/project.ts';
import { diskFiles } from '../../server/src/node/files.ts';
import { localNginx, type SandboxNginx } from '../../server/src/node/sandbox/nginxAbility.ts';
import { generations } from './nginx.ts';

/** A folder with a configuration on disk and one beside it in which its sandboxes are made, so that what they leave can be seen. */
export interface SandboxGround {
	readonly folder: string;
	readonly parent: string;
	configuration(files: Readonly<Record<string, string>>, main?: string): Configuration;
	/** Names of what sandboxes left behind. */
	left(): readonly string[];
	remove(): void;
}

export function sandboxGround(): SandboxGround {
	const base = mkdtempSync(join(tmpdir(), 'nginx-websocket-ground-'));
	const folder = join(base, 'workspace');
	const parent = join(base, 'sandboxes');
	mkdirSync(folder);
	mkdirSync(parent);
	return {
		folder,
		parent,
		configuration(files, main = 'nginx.conf') {
			for (const [name, text] of Object.entries(files)) {
				mkdirSync(dirname(join(folder, name)), { recursive: true });
				writeFileSync(join(folder, name), text);
			}
			const made = readLooseFile(join(folder, main), diskFiles(), { workspace: folder });
			if (made === undefined) throw new Error(`${main} is no configuration`);
			return made;
		},
		left: () => readdirSync(parent),
		remove: () => rmSync(base, { recursive: true, force: true }),
	};
}

/** The nginx of each generation, ready for sandboxes. */
export async function sandboxGenerations(): Promise<readonly SandboxNginx[]> {
	return Promise.all((await generations()).map((nginx) => localNginx(nginx)));
}

/** Numbers of processes whose command line holds `text`. Linux only; elsewhere none are seen. */
export function processesWith(text: string): readonly number[] {
	let entries: readonly string[];
	try {
		entries = readdirSync('/proc');
	} catch {
		return [];
	}
	return entries.filter((name) => /^\d+$/.test(name) && commandLineOf(name).includes(text)).map(Number);
}

function commandLineOf(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
	} catch {
		return '';
	}
}
