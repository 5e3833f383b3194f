import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface CorpusFile {
	/** Relative to the corpus, with `/`. */
	readonly path: string;
	readonly text: string;
}

/** The folder with the corpus of real configurations; undefined (said aloud) where there is none. */
export function corpusFolder(): string | undefined {
	const folder = process.env.NGINX_WEBSOCKET_CORPUS;
	if (folder === undefined || folder === '') {
		console.warn('NGINX_WEBSOCKET_CORPUS is not set: nothing is measured against real configurations.');
		return undefined;
	}
	return folder;
}

/** Every configuration of the corpus, in the order of the paths. */
export function corpusFiles(folder: string): readonly CorpusFile[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && !/\.(?:jsonl|md)$/.test(entry.name))
		.map((entry) => join(entry.parentPath, entry.name))
		.sort()
		.map((path) => ({ path: relative(folder, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }));
}

/** A sample that is the same each time: every n-th of the list, `count` in all, or all when there are no more. */
export function sampleOf<T>(list: readonly T[], count: number): readonly T[] {
	if (list.length <= count) return list;
	return Array.from({ length: count }, (_, index) => list[Math.floor((index * list.length) / count)]).filter(
		(item): item is T => item !== undefined,
	);
}
