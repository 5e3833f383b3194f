import { createPredictor } from '../../../server/src/core/request/predict.ts';
import { generations } from '../../support/nginx.ts';
import { generate } from './generate.ts';
import { openLane } from './lane.ts';
import { mutants, withMutant } from './mutants.ts';
import { Random } from './random.ts';
import { requests } from './requests.ts';
import { judging, type Observation, observe } from './session.ts';

/* npm run differential:mutants [-- --seeds A..B] [-- --file NAME]: breaks the model in one step after the other and tells which breaks nobody notices. */

const option = (name: string): string | undefined => {
	const at = process.argv.indexOf(`--${name}`);
	return at === -1 ? undefined : process.argv[at + 1];
};
const [from = 1, to = from] = (option('seeds') ?? '1..72').split('..').map(Number);
const lane = await openLane();
const observations: Observation[] = [];
for (let seed = from; seed <= to; seed++)
	for (const nginx of await generations()) {
		const { tree, world } = generate(seed);
		const seen = await observe(tree, requests(world, new Random(seed ^ 0x5eed), 42), nginx, lane);
		if ('cases' in seen) observations.push(seen);
	}
const total = observations.reduce((sum, { cases }) => sum + cases.length, 0);
/** What the suite would say of this model; undefined: nothing. */
const noticed = (create: typeof createPredictor): string | undefined => {
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
};
const before = noticed(createPredictor);
if (before !== undefined) console.log(`The model differs before it is broken: ${before}`);
const wanted = mutants().filter(({ file }) => option('file') === undefined || file === option('file'));
const survivors: string[] = [];
const started = Date.now();
for (const mutant of wanted) {
	const how = await withMutant(mutant, noticed).catch(() => 'it cannot be built');
	if (how === undefined) {
		survivors.push(`${mutant.file}:${mutant.line}  if (${mutant.condition.replace(/\s+/g, ' ')})`);
		console.log(`not noticed: ${survivors.at(-1)}`);
	}
}
await lane.close();
console.log(
	`${wanted.length} conditions turned round, ${wanted.length - survivors.length} noticed, ${survivors.length} not, in ${Date.now() - started} ms`,
);
