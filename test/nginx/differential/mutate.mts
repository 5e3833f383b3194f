import { createPredictor } from '../../../server/src/core/request/predict.ts';
import { openLane } from './lane.ts';
import { type Mutant, mutants, withMutant } from './mutants.ts';
import { observeAll, whatDiffers } from './noticing.ts';
import { unitTestsNotice } from './unitTests.ts';

/*
 * npm run differential:mutants [-- --seeds A..B] [-- --file NAME]
 * Breaks the model in one step after the other. First the comparison with nginx has to notice; of what it leaves, which are mostly reasons,
 * limits and what no client of the comparison does, the tests without nginx.
 */

const option = (name: string): string | undefined => {
	const at = process.argv.indexOf(`--${name}`);
	return at === -1 ? undefined : process.argv[at + 1];
};
const PARALLEL = 3;
const [from = 1, to = from] = (option('seeds') ?? '1..150').split('..').map(Number);
const started = Date.now();
const wanted = mutants().filter(({ file }) => option('file') === undefined || file === option('file'));
const lane = await openLane();
const observations = await observeAll(from, to, lane);
const before = whatDiffers(createPredictor, observations, lane);
if (before !== undefined) console.log(`The model differs before it is broken: ${before}`);
const left: Mutant[] = [];
for (const mutant of wanted)
	if (
		(await withMutant(mutant, (create) => whatDiffers(create, observations, lane)).catch(() => 'it cannot be built')) ===
		undefined
	)
		left.push(mutant);
await lane.close();
const byComparison = wanted.length - left.length;
console.log(`${wanted.length} conditions turned round; the comparison with nginx notices ${byComparison}`);

const unnoticed: string[] = [];
let byTests = 0;
const askTests = async (): Promise<void> => {
	for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
		const noticed = await unitTestsNotice(mutant);
		const what = `${mutant.file}:${mutant.line}  if (${mutant.condition.replace(/\s+/g, ' ')})`;
		console.log(`${noticed ? 'the other tests notice' : 'NOBODY NOTICES'}: ${what}`);
		if (noticed) byTests++;
		else unnoticed.push(what);
	}
};
await Promise.all(Array.from({ length: PARALLEL }, askTests));
console.log(
	`of ${wanted.length} broken models the comparison notices ${byComparison}, the other tests ${byTests} more, nobody ${unnoticed.length}; ${Math.round((Date.now() - started) / 1000)} s`,
);
if (unnoticed.length > 0) process.exitCode = 1;
