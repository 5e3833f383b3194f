import type { ClientRequest, Prediction } from '../../../server/src/core/request/prediction.ts';
import { acceptKey } from '../../support/backend.ts';
import type { Lane, Observed } from './lane.ts';
import { type Received, valuesOf } from './recording.ts';
import type { Asked } from './requests.ts';
import { BACKENDS } from './world.ts';

/** A field in which the prediction and nginx differ. */
export interface Difference {
	readonly field: string;
	readonly nginx: string;
	readonly predicted: string;
}

/** The request as the predictor is asked. Connections come from 127.0.0.1. */
export function asPredicted(asked: Asked, lane: Lane): ClientRequest {
	return {
		listen: lane.translate(asked.listen.address),
		tls: asked.listen.tls,
		method: asked.method,
		uri: lane.translate(asked.uri),
		httpVersion: asked.httpVersion,
		headers: asked.headers.map(([name, value]) => [name, lane.translate(value)] as const),
		...(asked.listen.address.startsWith('unix:') ? {} : { remoteAddress: '127.0.0.1' }),
	};
}

/** Compares what nginx did with what was predicted, field by field. `unknown` is no difference. */
export function compare(observed: Observed, prediction: Prediction, request: ClientRequest, lane: Lane): Difference[] {
	if (prediction.outcome === 'unknown') return [];
	const isBackend = (address: string): boolean => BACKENDS.includes(lane.back(address));
	const [first] = observed.received;
	const did = observed.status === -1 ? 'refused' : first === undefined ? 'answered' : 'proxied';
	const upgraded = isUpgraded(observed, request);
	const differences: Difference[] = [];
	const differ = (field: string, nginx: string | null | undefined, predicted: string | null | undefined): void => {
		if (nginx !== predicted)
			differences.push({ field, nginx: lane.back(nginx ?? 'nothing'), predicted: lane.back(predicted ?? 'nothing') });
	};
	// Nobody listens where the configuration says the backend is: the request is sent as far as it goes, and what an error_page makes of
	// the 502 is not asked.
	const targets = prediction.outcome === 'proxied' ? (prediction.upstream?.addresses ?? []) : [];
	const reached = first !== undefined && targets.includes(lane.translate(first.address));
	// Nor do the backends speak memcached: that is a 502 as well.
	// A stream server has no answers of its own: it closes.
	if (prediction.server?.context === 'stream server') return compareStream(observed, prediction, request, lane);
	const isDead = targets.some((address) => !isBackend(address)) || prediction.upstream?.module === 'memcached';
	if (!reached && isDead) {
		if (observed.status === 101) {
			if (!followsErrorPage(prediction)) differ('upgrade', 'true', 'false');
		} else if (did === 'refused' || (did === 'answered' && observed.status !== 502 && !followsErrorPage(prediction)))
			differ('outcome', `${did} ${observed.status}`, 'proxied to nobody');
		return differences;
	}
	// One of several servers is dead: whether it was asked first cannot be seen.
	if (isDead && did === 'proxied' && followsErrorPage(prediction)) return differences;
	if (prediction.outcome !== did) {
		differ(
			'outcome',
			`${did}${did === 'answered' ? ` ${observed.status}` : did === 'proxied' ? ` to ${first?.address ?? ''}` : ''}`,
			`${prediction.outcome}${prediction.outcome === 'answered' ? ` ${prediction.status}` : ''}`,
		);
		return differences;
	}
	// A uwsgi or scgi backend that is not told the method cannot be strict about it.
	const blind =
		first !== undefined &&
		(first.protocol === 'uwsgi' || first.protocol === 'scgi') &&
		valuesOf(first, 'REQUEST_METHOD') === undefined;
	if (!blind) differ('upgrade', String(upgraded), String(prediction.upgrade));
	if (did === 'answered' && prediction.status !== null) {
		differ('status', String(observed.status === 0 ? 444 : observed.status), String(prediction.status));
		if (prediction.redirect !== null || /^30[12378]$/.test(String(observed.status)))
			differ('redirect', textOf(headerOf(observed, 'location')), prediction.redirect);
	}
	const { upstream } = prediction;
	if (did === 'proxied' && first !== undefined && upstream !== null) compareUpstream(first, upstream, request, lane, differ);
	return differences;
}

/** Bytes that a stream server passes on, or a connection that it closes. */
function compareStream(observed: Observed, prediction: Prediction, request: ClientRequest, lane: Lane): Difference[] {
	const [first] = observed.received;
	const differences: Difference[] = [];
	const differ = (field: string, nginx: string | undefined, predicted: string | undefined): void => {
		if (nginx !== predicted)
			differences.push({ field, nginx: lane.back(nginx ?? 'nothing'), predicted: lane.back(predicted ?? 'nothing') });
	};
	const targets = prediction.upstream?.addresses ?? [];
	const isDead = targets.some((address) => !BACKENDS.includes(lane.back(address)));
	const expected = prediction.outcome === 'proxied' && !(isDead && first === undefined);
	differ('outcome', first === undefined ? 'closed' : 'proxied', expected ? 'proxied' : 'closed');
	if (!expected || first === undefined) return differences;
	const address = lane.translate(first.address);
	if (!targets.includes(address)) differ('backend', address, targets.join(' or '));
	// What looks like another protocol is not read further.
	if (first.protocol !== 'http') return differences;
	differ('upgrade', String(isUpgraded(observed, request)), String(prediction.upgrade));
	differ('method', first.method, prediction.upstream?.method);
	differ('uri', textOf(first.uri), prediction.upstream?.uri);
	differ('httpVersion', first.httpVersion, prediction.upstream?.httpVersion);
	for (const [name, value] of prediction.upstream?.headers ?? []) differ(`header ${name}`, textOf(valuesOf(first, name)), value);
	return differences;
}

/** An error_page is in force where the request was passed on. */
function followsErrorPage({ location }: Prediction): boolean {
	for (let scope = location ?? undefined; scope !== undefined; scope = scope.parent)
		if (scope.byName.has('error_page')) return true;
	return false;
}

function compareUpstream(
	received: Received,
	upstream: NonNullable<Prediction['upstream']>,
	request: ClientRequest,
	lane: Lane,
	differ: (field: string, nginx: string | undefined, predicted: string | undefined) => void,
): void {
	const address = lane.translate(received.address);
	if (!upstream.addresses.includes(address)) differ('backend', address, upstream.addresses.join(' or '));
	const modules = {
		http: ['proxy'],
		http2: ['grpc', 'proxy'],
		uwsgi: ['uwsgi'],
		scgi: ['scgi'],
		fastcgi: ['fastcgi'],
		memcached: ['memcached'],
	}[received.protocol];
	if (!modules.includes(upstream.module)) differ('module', modules.join(' or '), upstream.module);
	if (received.protocol !== 'http') return;
	differ('scheme', received.tls ? 'https' : 'http', upstream.scheme);
	differ('method', textOf(received.method), upstream.method);
	differ('uri', textOf(received.uri), upstream.uri);
	differ('httpVersion', received.httpVersion, upstream.httpVersion);
	for (const [name, value] of upstream.headers) differ(`header ${name}`, textOf(valuesOf(received, name)), value);
	const sent = new Map<string, string>();
	for (const [name, value] of request.headers) sent.set(name.toLowerCase(), value);
	for (const [name] of received.headers) {
		const lower = name.toLowerCase();
		if (upstream.headers.has(lower)) continue;
		const decided =
			lower === 'host' || lower === 'upgrade' || lower === 'connection' || !(sent.has(lower) || lower === 'content-length');
		if (decided) differ(`header ${lower}`, textOf(valuesOf(received, name)), undefined);
	}
}

/** A conforming client takes this answer for an open WebSocket. */
function isUpgraded(observed: Observed, request: ClientRequest): boolean {
	if (observed.status !== 101 || !observed.tunnelled) return false;
	const key = request.headers.find(([name]) => name.toLowerCase() === 'sec-websocket-key')?.[1] ?? '';
	return (
		headerOf(observed, 'upgrade')?.toLowerCase() === 'websocket' &&
		/(^|,)\s*upgrade\s*(,|$)/i.test(headerOf(observed, 'connection') ?? '') &&
		headerOf(observed, 'sec-websocket-accept') === acceptKey(key)
	);
}

function headerOf(observed: Observed, name: string): string | undefined {
	const values = observed.headers.filter(([candidate]) => candidate.toLowerCase() === name).map(([, value]) => value);
	return values.length === 0 ? undefined : values.join(', ');
}

/** Bytes as text: UTF-8 where they are, else one character a byte. */
function textOf(bytes: string | undefined): string | undefined {
	if (bytes === undefined || !/[\x80-\xff]/.test(bytes)) return bytes;
	const decoded = Buffer.from(bytes, 'latin1').toString('utf8');
	return decoded.includes('�') ? bytes : decoded;
}
