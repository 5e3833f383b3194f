import { parse } from '../../server/src/core/syntax/parse.ts';
import { tokens } from '../../server/src/core/syntax/tokens.ts';
import type { CorpusFile } from '../support/corpusFiles.ts';

export interface PrefixCounts {
	readonly prefixes: number;
	readonly characters: number;
	/** Time spent in `parse` alone. */
	readonly milliseconds: number;
	/** The slowest prefix. */
	readonly slowest: { readonly milliseconds: number; readonly where: string };
	readonly faults: readonly string[];
}

/**
 * Parses prefixes of each file, as they are on the screen of somebody who types it: every `step`-th length, 1 for all.
 * A tree must hold the whole text; the cost must be linear in it.
 */
export function runPrefixes(files: readonly CorpusFile[], step: number): PrefixCounts {
	const faults: string[] = [];
	let prefixes = 0;
	let characters = 0;
	let milliseconds = 0;
	let slowest = { milliseconds: 0, where: '' };
	for (const { path, text } of files) {
		for (let length = 0; length <= text.length; length += step) {
			const prefix = text.slice(0, length);
			const started = performance.now();
			const tree = parse(prefix);
			const took = performance.now() - started;
			milliseconds += took;
			if (took > slowest.milliseconds) slowest = { milliseconds: took, where: `${path} at ${length}` };
			let at = 0;
			for (const { span } of tokens(tree)) {
				if (span.start !== at || span.end <= span.start) faults.push(`${path} at ${length}: tokens part at ${at}`);
				at = span.end;
			}
			if (at !== length) faults.push(`${path} at ${length}: the tokens end at ${at}`);
			prefixes++;
			characters += length;
		}
	}
	return { prefixes, characters, milliseconds, slowest, faults };
}
