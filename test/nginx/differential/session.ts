import { join } from 'node:path';
import { buildConfiguration } from '../../../server/src/core/config/build.ts';
import { isAtLeast, type NginxVersion } from '../../../server/src/core/reference/versions.ts';
import { createPredictor } from '../../../server/src/core/request/predict.ts';
import type { Prediction } from '../../../server/src/core/request/prediction.ts';
import type { NginxBinary } from '../../../server/src/node/nginx/acquire.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';
import { asPredicted, compare, type Difference } from './compare.ts';
import { generate } from './generate.ts';
import { framed, type Lane, type Observed } from './lane.ts';
import { Random } from './random.ts';
import { type Asked, requests } from './requests.ts';
import { type Files, type Item, print } from './tree.ts';

/** One request's answer by nginx beside the predicted one. */
export interface Answer {
	readonly asked: Asked;
	readonly observed: Observed;
	readonly prediction: Prediction;
	readonly differences: readonly Difference[];
}

export type Run = { readonly rejected: string } | { readonly died: string } | { readonly answers: readonly Answer[] };

/** A seed's configuration and requests, against one nginx. */
export async function runSeed(seed: number, nginx: NginxBinary, lane: Lane, count: number): Promise<Run> {
	const { tree, world } = generate(seed);
	return runTree(tree, requests(world, new Random(seed ^ 0x5eed), count), nginx, lane);
}

/** Any tree and requests, against one nginx. */
export async function runTree(
	tree: readonly Item[],
	asked: readonly Asked[],
	nginx: NginxBinary,
	lane: Lane,
	plain = false,
): Promise<Run> {
	const seen = await observe(tree, asked, nginx, lane, plain);
	return 'cases' in seen ? { answers: judge(seen, lane, createPredictor) } : seen;
}

/** What one nginx did with the requests to one configuration. */
export interface Observation {
	/** The configuration's files by path. */
	readonly files: Files;
	readonly version: NginxVersion;
	readonly cases: readonly { readonly asked: Asked; readonly observed: Observed }[];
}

/** Runs a tree's requests through nginx. */
export async function observe(
	tree: readonly Item[],
	asked: readonly Asked[],
	nginx: NginxBinary,
	lane: Lane,
	plain = false,
): Promise<Observation | Exclude<Run, { answers: unknown }>> {
	const modules = nginx.root === undefined ? [] : [join(nginx.root, 'usr/lib/nginx/modules/ngx_stream_module.so')];
	// An nginx from elsewhere may have no stream module: it gets the configuration without that block.
	const known = knownTo(tree, nginx.version).filter(({ name }) => name !== 'stream' || modules.length > 0);
	const hasStream = known.some(({ name }) => name === 'stream');
	const files = translated(framed(print(known, plain), hasStream ? modules : []), lane);
	const run = await lane.withNginx(nginx, files, async (ask) => {
		const cases: { asked: Asked; observed: Observed }[] = [];
		for (const one of asked) cases.push({ asked: one, observed: await ask(one) });
		return cases;
	});
	return 'result' in run ? { files, version: nginx.version, cases: run.result } : run;
}

/** Predicts what was observed, with this predictor, and compares. */
export function* judging({ files, version, cases }: Observation, lane: Lane, create: typeof createPredictor): Generator<Answer> {
	const texts = Object.fromEntries(Object.entries(files).map(([name, text]) => [`/etc/nginx/${name}`, text]));
	const { predict } = create(buildConfiguration('/etc/nginx/nginx.conf', memoryFiles(texts)), version);
	for (const { asked, observed } of cases) {
		const request = asPredicted(asked, lane);
		const prediction = predict(request);
		yield { asked, observed, prediction, differences: compare(observed, prediction, request, lane) };
	}
}

function judge(observation: Observation, lane: Lane, create: typeof createPredictor): readonly Answer[] {
	return [...judging(observation, lane, create)];
}

/** The tree without what this nginx is too old for. */
function knownTo(items: readonly Item[], version: NginxVersion): readonly Item[] {
	return items
		.filter(({ since }) => since === undefined || isAtLeast(version, since))
		.map((item) => (item.children === undefined ? item : { ...item, children: knownTo(item.children, version) }));
}

function translated(files: Files, lane: Lane): Files {
	return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, lane.translate(text)]));
}
