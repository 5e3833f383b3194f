import { describe, expect, test } from 'vitest';
import { runPrefixes } from '../../corpus/syntaxPrefixes.ts';
import { corpusFiles, corpusFolder, sampleOf } from '../../support/corpusFiles.ts';

const folder = corpusFolder();

/** Many times what a character costs: a busy machine must not fail it, a cost that is not linear must. */
const MOST_NANOSECONDS = 2000;
const MOST_MILLISECONDS = 500;

describe.skipIf(folder === undefined)('real configurations (NGINX_WEBSOCKET_CORPUS)', () => {
	test('prefixes of a sample have lossless trees, at a cost linear in their length', () => {
		if (folder === undefined) return;
		const counts = runPrefixes(sampleOf(corpusFiles(folder), 60), 23);
		expect(counts.faults).toEqual([]);
		expect(counts.prefixes).toBeGreaterThan(1000);
		expect((counts.milliseconds * 1e6) / counts.characters).toBeLessThan(MOST_NANOSECONDS);
		expect(counts.slowest.milliseconds, counts.slowest.where).toBeLessThan(MOST_MILLISECONDS);
	});
});
