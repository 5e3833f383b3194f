import { globRegex } from '../../server/src/core/config/glob.ts';
import type { FileContent, Files } from '../../server/src/core/config/model.ts';
import { parseConfiguration } from '../../server/src/core/config/parseConfiguration.ts';

/** A Files port over texts by path. */
export function memoryFiles(texts: Readonly<Record<string, string>>): Files {
	const trees = new Map<string, FileContent>();
	return {
		read: (path) => {
			const text = texts[path];
			if (text === undefined) return { kind: 'missing' };
			const known = trees.get(path) ?? { kind: 'text', tree: parseConfiguration(text) };
			trees.set(path, known);
			return known;
		},
		glob: (pattern) => {
			const fits = globRegex(pattern);
			return Object.keys(texts)
				.filter((path) => fits.test(path))
				.sort();
		},
	};
}
