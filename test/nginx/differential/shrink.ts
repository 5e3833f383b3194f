import type { NginxBinary } from '../../../server/src/node/nginx/acquire.ts';
import { nameOf } from '../../support/nginx.ts';
import type { Difference } from './compare.ts';
import type { Lane } from './lane.ts';
import type { Asked } from './requests.ts';
import { type Answer, runTree } from './session.ts';
import { type Item, print, smaller } from './tree.ts';

/** A disagreement, as small as it was got. */
export interface Reproduction {
	readonly tree: readonly Item[];
	/** Written without variety. */
	readonly plain: boolean;
	readonly asked: Asked;
	readonly answer: Answer;
	readonly nginx: NginxBinary;
	readonly field: string;
}

/** Drops servers, locations, directives, arguments, and parts of the request while nginx and the prediction still differ in this field. */
export async function shrink(
	tree: readonly Item[],
	asked: Asked,
	difference: Difference,
	nginx: NginxBinary,
	lane: Lane,
): Promise<Reproduction | undefined> {
	const { field } = difference;
	const kind = kindOf(difference);
	let plain = true;
	const differing = async (candidate: readonly Item[], request: Asked): Promise<Answer | undefined> => {
		const run = await runTree(candidate, [request], nginx, lane, plain);
		const answer = 'answers' in run ? run.answers[0] : undefined;
		return answer?.differences.some((other) => other.field === field && kindOf(other) === kind) ? answer : undefined;
	};
	let answer = await differing(tree, asked);
	if (answer === undefined) {
		// The way it is written matters.
		plain = false;
		answer = await differing(tree, asked);
	}
	if (answer === undefined) return undefined;
	let least = tree;
	let request = asked;
	for (let changed = true; changed; ) {
		changed = false;
		let candidates = smaller(least);
		for (let at = 0; at < candidates.length; at++) {
			const candidate = candidates[at];
			const still = candidate === undefined ? undefined : await differing(candidate, request);
			if (candidate === undefined || still === undefined) continue;
			[least, answer, changed] = [candidate, still, true];
			// What was refused before is refused again, most likely: go on from here.
			candidates = smaller(least);
			at--;
		}
		for (const candidate of simpler(request)) {
			const still = await differing(least, candidate);
			if (still === undefined) continue;
			[request, answer, changed] = [candidate, still, true];
			break;
		}
	}
	return { tree: least, plain, asked: request, answer, nginx, field };
}

/** An outcome keeps what nginx did: another outcome would be another disagreement. */
function kindOf({ field, nginx }: Difference): string {
	return field === 'outcome' ? (nginx.split(' ')[0] ?? '') : '';
}

function simpler(asked: Asked): Asked[] {
	const found: Asked[] = asked.headers.map((_, index) => ({ ...asked, headers: asked.headers.toSpliced(index, 1) }));
	const query = asked.uri.indexOf('?');
	if (query !== -1) found.push({ ...asked, uri: asked.uri.slice(0, query) });
	for (const uri of ['/', '/ws', '/ws/x']) if (asked.uri.length > uri.length) found.push({ ...asked, uri });
	if (asked.uri.length > 2)
		for (let at = 1; at < asked.uri.length; at++) found.push({ ...asked, uri: asked.uri.slice(0, at) + asked.uri.slice(at + 1) });
	if (asked.method !== 'GET') found.push({ ...asked, method: 'GET' });
	if (asked.httpVersion !== '1.1') found.push({ ...asked, httpVersion: '1.1' });
	return found;
}

/** A reproduction as a page: files, request, what nginx did, what was predicted and from which directives. */
export function report(found: Reproduction): string {
	const { answer, asked } = found;
	const files = Object.entries(print(found.tree, found.plain)).map(
		([name, text]) => `${name}:\n\n${text.replace(/^/gm, '    ')}`,
	);
	const [first] = answer.observed.received;
	return [
		...files,
		`request to ${asked.listen.address}${asked.listen.tls ? ' (TLS)' : ''}: ${asked.method} ${asked.uri} HTTP/${asked.httpVersion}`,
		...asked.headers.map(([name, value]) => `    ${name}: ${value}`),
		`nginx ${nameOf(found.nginx)}: ${answer.observed.status}${first === undefined ? '' : `, to ${first.address}: ${first.method} ${first.uri} HTTP/${first.httpVersion} ${JSON.stringify(first.headers)}`}`,
		...answer.differences.map(({ field, nginx, predicted }) => `${field}: nginx ${nginx} · predicted ${predicted}`),
		`because: ${answer.prediction.because.map(({ at, text }) => `${at.node.name.value} ${at.node.args.map(({ value }) => value).join(' ')} (${text})`).join('; ')}`,
		'',
	].join('\n');
}
