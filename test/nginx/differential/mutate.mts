import { createPredictor } from '../../../server/src/core/request/predict.ts';
import { openLane } from './lane.ts';
import { mutants, withMutant } from './mutants.ts';
import { observeAll, whatDiffers } from './noticing.ts';

/* npm run differential:mutants [-- --seeds A..B] [-- --file NAME]: breaks the model in one step after the other and tells which breaks nobody notices. */

const option = (name: string): string | undefined => {
	const at = process.argv.indexOf(`--${name}`);
	return at === -1 ? undefined : process.argv[at + 1];
};
const [from = 1, to = from] = (option('seeds') ?? '1..72').split('..').map(Number);
const lane = await openLane();
const observations = await observeAll(from, to, lane);
const before = whatDiffers(createPredictor, observations, lane);
if (before !== undefined) console.log(`The model differs before it is broken: ${before}`);
const wanted = mutants().filter(({ file }) => option('file') === undefined || file === option('file'));
const survivors: string[] = [];
const started = Date.now();
for (const mutant of wanted) {
	const how = await withMutant(mutant, (create) => whatDiffers(create, observations, lane)).catch(() => 'it cannot be built');
	if (how === undefined) {
		survivors.push(`${mutant.file}:${mutant.line}  if (${mutant.condition.replace(/\s+/g, ' ')})`);
		console.log(`not noticed: ${survivors.at(-1)}`);
	}
}
await lane.close();
console.log(
	`${wanted.length} conditions turned round, ${wanted.length - survivors.length} noticed, ${survivors.length} not, in ${Date.now() - started} ms`,
);
