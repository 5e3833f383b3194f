import { expect, test } from 'vitest';
import { corpusFiles, corpusFolder, sampleOf } from '../support/corpusFiles.ts';
import { sandboxGenerations } from '../support/sandboxes.ts';
import { fixedInSandbox } from './fixes.ts';

const folder = corpusFolder();

test.skipIf(folder === undefined)(
	'a sample of real configurations is fixed: nginx takes what it took, nothing new is found, what upgraded upgrades, twice is once (NGINX_WEBSOCKET_CORPUS)',
	{ timeout: 240_000 },
	async () => {
		if (folder === undefined) return;
		const nginx = (await sandboxGenerations())[0];
		if (nginx === undefined) throw new Error('there is no nginx here');
		const faults: string[] = [];
		let cured = 0;
		for (const { path } of sampleOf(corpusFiles(folder), 150)) {
			const made = await fixedInSandbox(folder, path, nginx);
			faults.push(...(made?.faults ?? []).map((fault) => `${path}: ${fault}`));
			cured += made?.cured ?? 0;
		}
		expect(faults).toEqual([]);
		expect(cured).toBeGreaterThan(5);
	},
);
