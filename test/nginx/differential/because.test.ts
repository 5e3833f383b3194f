import { expect, test } from 'vitest';
import { buildConfiguration } from '../../../server/src/core/config/build.ts';
import type { PlacedDirective } from '../../../server/src/core/config/model.ts';
import { toExplanation } from '../../../server/src/core/request/explanation.ts';
import { createPredictor } from '../../../server/src/core/request/predict.ts';
import type { ClientRequest } from '../../../server/src/core/request/prediction.ts';
import { versionOf } from '../../support/analysed.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';
import { generate } from './generate.ts';
import { framed } from './lane.ts';
import { Random } from './random.ts';
import { type Asked, requests } from './requests.ts';
import { print } from './tree.ts';

/*
 * A directive that is named as a reason is one whose change would change the answer: each is taken away, or changed, and the model asked
 * again. What is left over has two reasons at once, each of which is enough.
 */

const SEEDS = 80;
const REQUESTS = 6;
const VERSION = versionOf('1.30.0');
const MAIN = '/etc/nginx/nginx.conf';

test('hardly a directive is named that does not matter', () => {
	let named = 0;
	const idle: string[] = [];
	for (let seed = 1; seed <= SEEDS; seed++) {
		const { tree, world } = generate(seed);
		const files = Object.fromEntries(Object.entries(framed(print(tree))).map(([name, text]) => [`/etc/nginx/${name}`, text]));
		for (const asked of requests(world, new Random(seed), REQUESTS)) {
			const request = asClient(asked);
			const { answer, because } = explained(files, request);
			for (const at of because) {
				named++;
				if (!changes(at).some((text) => explained({ ...files, [at.file.path]: text }, request).answer !== answer))
					idle.push(
						`seed ${seed}, ${asked.method} ${asked.uri}: ${at.file.tree.source.slice(at.node.name.span)} ${at.node.args.map(({ value }) => value).join(' ')}`,
					);
			}
		}
	}
	expect(named).toBeGreaterThan(1_000);
	expect(idle.length / named, idle.slice(0, 200).join('\n')).toBeLessThan(0.004);
}, 120_000);

function asClient(asked: Asked): ClientRequest {
	return {
		listen: asked.listen.address,
		tls: asked.listen.tls,
		method: asked.method,
		uri: asked.uri,
		httpVersion: asked.httpVersion,
		headers: asked.headers,
		...(asked.listen.address.startsWith('unix:') ? {} : { remoteAddress: '127.0.0.1' }),
	};
}

function explained(files: Record<string, string>, request: ClientRequest) {
	const configuration = buildConfiguration(MAIN, memoryFiles(files));
	const prediction = createPredictor(configuration, VERSION).predict(request);
	return {
		answer: JSON.stringify({ ...toExplanation(prediction, configuration), because: [] }),
		because: prediction.because.map(({ at }) => at),
	};
}

/** The file without the directive, and with each of its words another; lines stay where they are. */
function changes(at: PlacedDirective): readonly string[] {
	const { text } = at.file.tree.source;
	const { start, end } = at.node.span;
	const without = text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, ' ') + text.slice(end);
	const altered = at.node.args.flatMap(({ span, value }) =>
		alternatives(value).map((other) => text.slice(0, span.start) + other + text.slice(span.end)),
	);
	const emptied =
		at.node.block === undefined
			? []
			: [
					text.slice(0, at.node.block.span.start + 1) +
						text.slice(at.node.block.span.start + 1, at.node.block.span.end - 1).replace(/[^\n]/g, ' ') +
						text.slice(at.node.block.span.end - 1),
				];
	return [without, ...altered, ...emptied];
}

function alternatives(value: string): readonly string[] {
	if (/^\d+$/.test(value)) return [String(Number(value) + 1), '404', '200'];
	if (value === 'on' || value === 'off') return [value === 'on' ? 'off' : 'on'];
	return ['other', 'off', `"${value.replace(/["\\$]/g, '')}x"`];
}
