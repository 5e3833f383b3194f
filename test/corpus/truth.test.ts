import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { NginxVersion } from '../../server/src/core/reference/versions.ts';
import { corpusFiles, corpusFolder, sampleOf } from '../support/corpusFiles.ts';
import { comparePredictions } from './predictions.ts';
import { recordedConfigurations, recordedLocations } from './truth.ts';
import { checkPath, compareVerdicts, type Recorded, wrongRejections } from './verdicts.ts';

const folder = corpusFolder();

const VERSIONS: readonly (readonly [string, Recorded, NginxVersion])[] = [
	['1.22.1', 'stable', { major: 1, minor: 22, patch: 1 }],
	['1.31.5', 'mainline', { major: 1, minor: 31, patch: 5 }],
];

describe.skipIf(folder === undefined)('real configurations (NGINX_WEBSOCKET_CORPUS)', () => {
	describe.each(VERSIONS)('with what nginx %s did', (_, recorded, version) => {
		test('check ends without a crash on every file, and no error or warning stands on a handshake that works', () => {
			if (folder === undefined) return;
			const checked = corpusFiles(folder).map(({ path }) => checkPath(folder, path, version));
			const verdicts = compareVerdicts(checked, recordedLocations(folder), recorded, folder);
			expect(checked.flatMap(({ crashes }) => crashes)).toEqual([]);
			expect(verdicts.falseAlarms).toEqual([]);
			expect(verdicts.joined).toBeGreaterThan(700);
			// What is found is worth something, and what was never meant for WebSockets is left alone.
			expect(verdicts.certain.found).toBeGreaterThan((verdicts.certain.failing - verdicts.certain.undecided) * 0.9);
			expect(verdicts.forwarding.found).toBeGreaterThan((verdicts.forwarding.failing - verdicts.forwarding.undecided) * 0.85);
			expect(verdicts.spokenAbout.failing).toBe(verdicts.spokenAbout.routes);
			expect(verdicts.plain.found).toBeLessThan(verdicts.plain.failing * 0.06);
			expect(wrongRejections(checked, recordedConfigurations(folder)).wrong).toEqual([]);
		});

		test('a whole folder is checked without a crash and without a false alarm', () => {
			if (folder === undefined) return;
			const folders = readdirSync(join(folder, 'files')).map((name) => checkPath(folder, `files/${name}`, version));
			expect(folders.length).toBeGreaterThan(50);
			expect(folders.flatMap(({ crashes }) => crashes)).toEqual([]);
			expect(compareVerdicts(folders, recordedLocations(folder), recorded, folder).falseAlarms).toEqual([]);
		});

		test('a sample of its fixes can be proved without a crash', () => {
			if (folder === undefined) return;
			const checked = sampleOf(corpusFiles(folder), 200).map(({ path }) => checkPath(folder, path, version, true));
			expect(checked.flatMap(({ crashes }) => crashes)).toEqual([]);
			expect(checked.reduce((sum, { fixes }) => sum + fixes, 0)).toBeGreaterThan(20);
		});

		test('predicts each handshake as it went, or says why it cannot know', () => {
			if (folder === undefined) return;
			const agreement = comparePredictions(folder, recordedLocations(folder), recordedConfigurations(folder), recorded, version);
			expect(agreement.wrong).toEqual([]);
			expect(agreement.right).toBeGreaterThan(500);
			expect(agreement.unknown).toBeLessThan(agreement.asked * 0.15);
		});
	});
});
