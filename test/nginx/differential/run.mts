import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generations, nameOf } from '../../support/nginx.ts';
import { generate } from './generate.ts';
import { openLane } from './lane.ts';
import { runSeed } from './session.ts';
import { report, shrink } from './shrink.ts';
import { Tally } from './tally.ts';

/*
 * npm run differential -- --seeds A..B [--requests N] [--reports FOLDER] [--raw]
 * Runs the configurations of these seeds through every nginx there is, compares with the prediction, and prints a minimal reproduction of
 * each kind of disagreement.
 */

const option = (name: string): string | undefined => {
	const at = process.argv.indexOf(`--${name}`);
	return at === -1 ? undefined : process.argv[at + 1];
};
const [from = 1, to = from] = (option('seeds') ?? '1..50').split('..').map(Number);
const count = Number(option('requests') ?? 60);
const folder = option('reports');
const binaries = await generations();
const lane = await openLane();
const tally = new Tally();
const reported = new Map<string, number>();
const started = Date.now();
for (let seed = from; seed <= to; seed++)
	for (const nginx of binaries) {
		const run = await runSeed(seed, nginx, lane, count);
		tally.add(run);
		if ('died' in run) {
			console.log(`seed ${seed}: nginx ${nameOf(nginx)} died: ${run.died}`);
			continue;
		}
		if ('rejected' in run) {
			console.log(`seed ${seed}: nginx ${nameOf(nginx)} takes no configuration that says ${run.rejected}`);
			continue;
		}
		for (const answer of run.answers)
			for (const difference of answer.differences) {
				const { field, nginx: did, predicted } = difference;
				const kind = `${seed} ${field}`;
				const seen = reported.get(kind) ?? 0;
				reported.set(kind, seen + 1);
				console.log(
					`seed ${seed}, nginx ${nameOf(nginx)}, ${answer.asked.method} ${answer.asked.uri}: ${field}: nginx ${did} · predicted ${predicted}`,
				);
				if (process.argv.includes('--raw') || seen >= 1 || reported.size > 15) continue;
				const found = await shrink(generate(seed).tree, answer.asked, difference, nginx, lane);
				if (found === undefined) continue;
				const page = report(found);
				console.log(page);
				if (folder !== undefined) writeFileSync(join(folder, `${seed}-${field.replace(/\W+/g, '-')}-${nameOf(nginx)}.md`), page);
			}
	}
await lane.close();
console.log(tally.summary());
console.log(`${Date.now() - started} ms`);
if (tally.differences > 0) process.exitCode = 1;
