import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPredictor } from '../../../server/src/core/request/predict.ts';
import { generations } from '../../support/nginx.ts';
import { type Lane, openLane } from './lane.ts';
import { mutants, withMutant } from './mutants.ts';
import { observeAll, whatDiffers } from './noticing.ts';

/*
 * A test that cannot fail is none: the model is broken on purpose, in one condition after the other, and the comparison with nginx has to
 * notice. Here a sample of the conditions at the heart of it; `npm run differential:mutants` turns every one round and lists what nobody notices.
 */

const HEART =
	/^(?:locationTable|serverTable|rewrite|program|headerSet|errorPage|access|target|uri|referers|splitClients|upstreamRequest|values|phases)\.ts$/;
const SAMPLE = 20;

const binaries = await generations();
let lane: Lane;
beforeAll(async () => {
	lane = await openLane();
});
afterAll(() => lane.close());

test.skipIf(binaries.length < 3)(
	`of ${SAMPLE} broken models at least eight in ten are noticed`,
	{ timeout: 240_000 },
	async () => {
		const observations = await observeAll(1, 72, lane);
		expect(whatDiffers(createPredictor, observations, lane)).toBeUndefined();
		const all = mutants().filter(({ file }) => HEART.test(file));
		const unnoticed: string[] = [];
		const step = Math.floor(all.length / SAMPLE);
		for (let index = 0; index < SAMPLE; index++) {
			const mutant = all[index * step];
			if (mutant === undefined) continue;
			const noticed = await withMutant(mutant, (create) => whatDiffers(create, observations, lane)).catch(
				() => 'it cannot be built',
			);
			if (noticed === undefined) unnoticed.push(`${mutant.file}:${mutant.line} ${mutant.condition}`);
		}
		expect(unnoticed.length, unnoticed.join('\n')).toBeLessThanOrEqual(SAMPLE / 5);
	},
);
