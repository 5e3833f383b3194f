import { expect, test } from 'vitest';
import { corpusFolder, sampleOf } from '../support/corpusFiles.ts';
import { sandboxGenerations } from '../support/sandboxes.ts';
import { recordedByFile, type SandboxedConfiguration, sandboxed, sandboxSummary } from './sandboxes.ts';
import { recordedConfigurations, recordedLocations } from './truth.ts';

const folder = corpusFolder();

test.skipIf(folder === undefined)(
	'a sample of real configurations does in the sandbox what was recorded of them, or says why not (NGINX_WEBSOCKET_CORPUS)',
	{ timeout: 120_000 },
	async () => {
		if (folder === undefined) return;
		const nginx = (await sandboxGenerations())[0];
		if (nginx === undefined) throw new Error('there is no nginx here');
		const configurations = new Map(recordedConfigurations(folder).map((one) => [one.file, one]));
		const made: SandboxedConfiguration[] = [];
		for (const [file, locations] of sampleOf([...recordedByFile(recordedLocations(folder))], 60))
			made.push(await sandboxed(folder, file, locations, configurations.get(file), nginx));
		const summary = sandboxSummary(made);
		expect(summary.unlike).toEqual([]);
		expect(summary.given).toBeGreaterThan(40);
		// One of so few may be a file that includes what is not there.
		expect(summary.given).toBeGreaterThanOrEqual(summary.comparable * 0.97 - 1);
	},
);
