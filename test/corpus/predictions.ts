import { join } from 'node:path';
import { listensOf } from '../../server/src/core/config/listen.ts';
import type { Configuration } from '../../server/src/core/config/model.ts';
import type { NginxVersion } from '../../server/src/core/reference/versions.ts';
import { createPredictor, type Predictor } from '../../server/src/core/request/predict.ts';
import type { ClientRequest, Prediction } from '../../server/src/core/request/prediction.ts';
import { targetOf } from '../../server/src/node/cli/discover.ts';
import { diskFiles } from '../../server/src/node/files.ts';
import type { RecordedConfiguration, RecordedLocation } from './truth.ts';
import { answerOf, type Recorded } from './verdicts.ts';

export interface Agreement {
	/** Handshakes that were recorded, in configurations that nginx ran as they were found. */
	readonly asked: number;
	readonly right: number;
	/** We say that it cannot be known. */
	readonly unknown: number;
	/** The reasons of those, most frequent first. */
	readonly reasons: readonly (readonly [string, number])[];
	/** Asked under other circumstances than the truth was recorded under: who may come in, files on disk, nginx passing to itself. */
	readonly notComparable: number;
	readonly wrong: readonly string[];
}

/** Asks for the very request that was sent to nginx and compares whether it upgrades, its status where nginx answers itself, and the idle limit. */
export function comparePredictions(
	folder: string,
	truth: readonly RecordedLocation[],
	configurations: readonly RecordedConfiguration[],
	recorded: Recorded,
	version: NginxVersion,
): Agreement {
	const ranAsFound = new Set(
		configurations.filter(({ changes }) => changes.every((change) => HARMLESS.has(change))).map(({ id }) => id),
	);
	const predictors = new Map<string, Predictor | undefined>();
	const reasons = new Map<string, number>();
	const wrong: string[] = [];
	let asked = 0;
	let right = 0;
	let unknown = 0;
	let notComparable = 0;
	for (const location of truth) {
		const answer = answerOf(location, recorded);
		if (!location.own || location.line === null || location.uri === null || !ranAsFound.has(location.id)) continue;
		if (answer?.handshake !== 'ok' && answer?.handshake !== 'fail') continue;
		if (!predictors.has(location.file)) {
			const configuration = configurationOf(folder, location.file);
			predictors.set(location.file, configuration && createPredictor(configuration, version));
		}
		const predictor = predictors.get(location.file);
		if (predictor === undefined) continue;
		asked++;
		const prediction = predictor.predict(requestTo(location, location.uri));
		const differs = difference(prediction, answer);
		if (differs !== undefined && (isUnderOtherCircumstances(prediction) || (recorded === 'mainline' && isForeign(prediction)))) {
			notComparable++;
			continue;
		}
		if (prediction.outcome === 'unknown') {
			unknown++;
			const reason = (prediction.unknown ?? '').replace(/\S*[\d/.$]\S*/g, '…');
			reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
		} else if (differs === undefined) right++;
		else
			wrong.push(
				`${location.file}:${location.line} ${location.title}, ${location.listen} ${location.host} ${location.uri}: ${differs} (${location.cause ?? 'works'})`,
			);
	}
	return { asked, right, unknown, reasons: [...reasons].sort((a, b) => b[1] - a[1]), notComparable, wrong };
}

/** What was put in or out that no handshake depends on. */
const HARMLESS: ReadonlySet<string> = new Set(['error_log -> debug log', 'events {}', 'removed daemon (given with -g)']);

function configurationOf(folder: string, file: string): Configuration | undefined {
	return targetOf(join(folder, file), undefined).read(diskFiles())[0];
}

function difference(prediction: Prediction, answer: NonNullable<RecordedLocation['mainline']>): string | undefined {
	const works = answer.handshake === 'ok';
	if (works !== prediction.upgrade)
		return `nginx ${works ? 'upgrades' : `gives ${answer.status ?? 'no answer'} ${answer.reasons.join(' ')}`}, we say ${prediction.outcome} ${prediction.status ?? ''} ${prediction.upgrade ? 'upgrade' : prediction.obstacles.map(({ code }) => code).join(' ')}`;
	if (prediction.outcome === 'answered' && prediction.status !== null && prediction.status !== answer.status)
		return `nginx answers ${answer.status}, we say ${prediction.status}`;
	if (works && answer.idleTimeoutMs !== null && prediction.idleTimeoutMs !== answer.idleTimeoutMs)
		return `nginx ends it after ${answer.idleTimeoutMs} ms of silence, we say ${prediction.idleTimeoutMs}`;
	return undefined;
}

/** The truth's client was let in everywhere, it found files where we take none for granted, and a chain of nginx to nginx is one request to us. */
/** Made by the headers-more module, which the nginx of the later truth was built without. */
function isForeign({ obstacles }: Prediction): boolean {
	return obstacles.some(({ code }) => code === 'request-header-changed' || code === 'response-header-changed');
}

function isUnderOtherCircumstances({ outcome, status, because, upstream, server }: Prediction): boolean {
	if (outcome === 'answered')
		return status === 401 || status === 403 || because.some(({ at }) => at.node.name.value === 'try_files');
	const own =
		server === null ? [] : (server.parent?.byName.get('server') ?? []).flatMap(({ body }) => (body ? listensOf(body) : []));
	return upstream?.addresses.every((address) => own.some(({ port }) => address === `127.0.0.1:${port}`)) ?? false;
}

function requestTo(location: RecordedLocation, uri: string): ClientRequest {
	const host = location.host === '' ? 'localhost' : location.host;
	return {
		listen: listenOf(location),
		tls: location.tls,
		method: 'GET',
		uri,
		headers: [
			['Host', host],
			['Connection', 'Upgrade'],
			['Upgrade', 'websocket'],
			['User-Agent', 'Mozilla/5.0'],
			['Origin', `${location.tls ? 'https' : 'http'}://${host}`],
			['Sec-WebSocket-Version', '13'],
			['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
		],
	};
}

/** The address that the connection came in on. Port 8899 is that of the server which the truth put around fragments; our own around them has no number. */
function listenOf({ listen }: RecordedLocation): string | undefined {
	const [, address = '127.0.0.1', port = '80'] = /^(?:\(default\) )?(?:(\S+):)?(\d+)(?:\s|$)/.exec(listen) ?? [];
	if (port === '8899') return undefined;
	return `${/^(?:\*|0\.0\.0\.0|localhost)$/.test(address) ? '127.0.0.1' : address}:${port}`;
}
