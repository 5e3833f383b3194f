import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generations, nameOf } from '../../support/nginx.ts';
import { type Lane, openLane } from './lane.ts';
import { runSeed } from './session.ts';
import { Tally } from './tally.ts';

/* Random configurations and requests: what is predicted is what nginx does. `npm run differential` runs more, and shrinks what differs. */

const BLOCKS = [0, 1, 2, 3, 4, 5];
const SEEDS_IN_BLOCK = 54;
const REQUESTS = 60;

const binaries = await generations();
const tally = new Tally();
let lane: Lane;
beforeAll(async () => {
	lane = await openLane();
});
afterAll(async () => {
	await lane.close();
	console.log(tally.summary());
});

describe.each(binaries.map((nginx) => ({ name: nameOf(nginx), nginx })))('nginx $name does what is predicted', ({ nginx }) => {
	test.each(BLOCKS)('for configurations of block %i', async (block) => {
		const wrong: string[] = [];
		for (let seed = 1 + block * SEEDS_IN_BLOCK; seed <= (block + 1) * SEEDS_IN_BLOCK; seed++) {
			const run = await runSeed(seed, nginx, lane, REQUESTS);
			tally.add(run);
			if ('rejected' in run) wrong.push(`seed ${seed}: nginx does not take the configuration: ${run.rejected}`);
			else if ('answers' in run)
				for (const { asked, differences } of run.answers)
					for (const difference of differences)
						wrong.push(
							`npm run differential -- --seeds ${seed}: ${asked.method} ${asked.uri}: ${difference.field}: nginx ${difference.nginx}, predicted ${difference.predicted}`,
						);
		}
		expect(wrong).toEqual([]);
	});
});

test.skipIf(binaries.length < 3)('every construct decided often enough, and hardly an answer was unknown', () => {
	expect(tally.rare(200)).toEqual([]);
	expect(tally.unknown / tally.requests).toBeLessThanOrEqual(1 / 200);
	expect(tally.upgraded).toBeGreaterThan(200);
});
