import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { globRegex } from '../core/config/glob.ts';
import type { FileContent, Files } from '../core/config/model.ts';
import { parseConfiguration } from '../core/config/parseConfiguration.ts';
import { isUnder } from '../core/config/paths.ts';
import { readText } from './textFiles.ts';

export interface DiskOptions {
	/** Folders that no link may lead out of: for a workspace that the person has not trusted. */
	readonly within?: readonly string[];
}

/** A Files port over the disk. Trees are kept for as long as the port is; make a new one to see changes. */
export function diskFiles(options: DiskOptions = {}): Files {
	const known = new Map<string, FileContent>();
	const roots = options.within?.map(realPath).filter((root) => root !== undefined);
	const isAllowed = (path: string): boolean => {
		if (roots === undefined) return true;
		const real = realPath(path);
		// What does not exist can be asked for: it tells nothing.
		return real === undefined || roots.some((root) => isUnder(real, root));
	};
	return {
		read(path) {
			const content =
				known.get(path) ?? (isAllowed(path) ? readFile(path) : { kind: 'unreadable', reason: 'it lies outside the workspace' });
			known.set(path, content);
			return content;
		},
		glob: (pattern) => globOnDisk(pattern, isAllowed),
	};
}

/** The path without links; undefined where there is nothing. */
export function realPath(path: string): string | undefined {
	try {
		return toCorePath(realpathSync(path));
	} catch {
		return undefined;
	}
}

function readFile(path: string): FileContent {
	const content = readText(path);
	return content.kind === 'text' ? { kind: 'text', tree: parseConfiguration(content.text) } : content;
}

/** Walks only the folders that the pattern can reach: one level for each of its parts. */
function globOnDisk(pattern: string, isAllowed: (path: string) => boolean): readonly string[] {
	const parts = pattern.split('/');
	const firstOpen = parts.findIndex((part) => /[*?[]/.test(part));
	if (firstOpen === -1) return [];
	let folders = [parts.slice(0, firstOpen).join('/') || '/'];
	for (let index = firstOpen; index < parts.length; index++) {
		const isLast = index === parts.length - 1;
		const part = parts[index] ?? '';
		const fits = globRegex(part);
		const next: string[] = [];
		for (const folder of folders)
			for (const entry of isAllowed(folder) ? namesIn(folder) : []) {
				if (/[*?[]/.test(part) ? !fits.test(entry) : entry !== part) continue;
				next.push(folder === '/' ? `/${entry}` : `${folder}/${entry}`);
			}
		folders = isLast ? next.filter((path) => isFile(path) || isDeadLink(path)) : next;
	}
	return folders.sort((a, b) => (a < b ? -1 : 1));
}

function namesIn(folder: string): readonly string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}

function isFile(path: string): boolean {
	try {
		return statSync(path).isFile();
	} catch {
		return false;
	}
}

/** A link to nothing: glob(3) gives it, and nginx fails to open it. */
function isDeadLink(path: string): boolean {
	try {
		return lstatSync(path).isSymbolicLink() && statSync(path, { throwIfNoEntry: false }) === undefined;
	} catch {
		return false;
	}
}

/** A path of this system as the core writes paths: `/` between its parts. */
export function toCorePath(path: string): string {
	return sep === '/' ? path : path.replaceAll(sep, '/');
}
