import type { createPredictor } from '../../../server/src/core/request/predict.ts';
import { generations } from '../../support/nginx.ts';
import { generate } from './generate.ts';
import type { Lane } from './lane.ts';
import { Random } from './random.ts';
import { requests } from './requests.ts';
import { judging, type Observation, observe } from './session.ts';

const REQUESTS = 42;

/** What every nginx did with the configurations of these seeds. */
export async function observeAll(from: number, to: number, lane: Lane): Promise<readonly Observation[]> {
	const observations: Observation[] = [];
	for (let seed = from; seed <= to; seed++)
		for (const nginx of await generations()) {
			const { tree, world } = generate(seed);
			const seen = await observe(tree, requests(world, new Random(seed ^ 0x5eed), REQUESTS), nginx, lane);
			if ('cases' in seen) observations.push(seen);
		}
	return observations;
}

/** What the comparison would say of this model; undefined: nothing. */
export function whatDiffers(
	create: typeof createPredictor,
	observations: readonly Observation[],
	lane: Lane,
): string | undefined {
	const total = observations.reduce((sum, { cases }) => sum + cases.length, 0);
	let unknown = 0;
	for (const observation of observations)
		try {
			for (const { asked, prediction, differences } of judging(observation, lane, create)) {
				if (differences.length > 0) return `${asked.method} ${asked.uri}: ${differences[0]?.field}`;
				if (prediction.outcome === 'unknown' && ++unknown > total / 200) return 'too many answers are unknown';
			}
		} catch (error) {
			return `it throws ${String(error)}`;
		}
	return undefined;
}
