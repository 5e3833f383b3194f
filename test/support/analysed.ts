import { buildConfiguration } from '../../server/src/core/config/build.ts';
import { type AnalyseOptions, type Analysis, analyse } from '../../server/src/core/engine/analyse.ts';
import { applyEdits, editsByFile } from '../../server/src/core/engine/edits.ts';
import type { Fix } from '../../server/src/core/engine/finding.ts';
import { DEFAULT_VERSION, type NginxVersion, parseVersion } from '../../server/src/core/reference/versions.ts';
import { memoryFiles } from './memoryFiles.ts';

/** A whole configuration around the text of an http block; nothing is added for `main`. */
export function wholeConfiguration(text: string, within: 'main' | 'http'): string {
	return within === 'main' ? text : `events {}\nhttp {\n${text}}\n`;
}

/** Analyses a configuration given as texts by path; the main file is the first. */
export function analysed(
	texts: Readonly<Record<string, string>>,
	options: Partial<AnalyseOptions> & { version?: NginxVersion } = {},
): Analysis {
	const main = Object.keys(texts)[0] ?? '';
	const files = memoryFiles(texts);
	return analyse(buildConfiguration(main, files), {
		version: DEFAULT_VERSION,
		files,
		rebuild: (changed) => buildConfiguration(main, changed),
		...options,
	});
}

/** `1.26` → a version; for tests. */
export function versionOf(text: string): NginxVersion {
	const version = parseVersion(text);
	if (version === undefined) throw new Error(`${text} is no version`);
	return version;
}

/** The texts after a fix. */
export function afterFix(texts: Readonly<Record<string, string>>, fix: Fix): Record<string, string> {
	const after = { ...texts };
	for (const [path, edits] of editsByFile(fix.edits)) {
		const text = applyEdits(after[path] ?? '', edits);
		if (typeof text !== 'string') throw new Error(`the edits of «${fix.title}» overlap in ${path}`);
		after[path] = text;
	}
	return after;
}
