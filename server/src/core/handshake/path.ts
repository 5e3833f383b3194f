import { listensOf } from '../config/listen.ts';
import { locationTitle } from '../config/location.ts';
import type { PlacedDirective } from '../config/model.ts';
import type { Prediction } from '../request/prediction.ts';
import { backendName, type Culprit, type Known, passedBy, sayAt } from './explanation.ts';
import type { Station } from './station.ts';
import { isHealthy } from './trace.ts';

type Stop = Omit<Station, 'state'>;

/** The way of a handshake through the configuration, as the model predicts it, and where on it the recorded handshake broke. Empty without a prediction. */
export function pathOf(known: Known, culprit: Culprit): readonly Station[] {
	const { prediction } = known;
	if (prediction === undefined) return [];
	const stops = stopsOf(known, prediction);
	if (isHealthy(known.trace)) return stops.map((stop) => ({ ...stop, state: 'passed' }));
	const kind = brokenAt(known, prediction, culprit);
	const at = stops.findIndex((stop) => stop.kind === kind);
	// What came back tells that nginx was there, and not how far inside the request went.
	if (at === -1)
		return stops.map((stop, index) => ({ ...stop, state: index < answeredBefore(known, stops) ? 'passed' : 'unknown' }));
	return stops.map((stop, index) => ({ ...stop, state: index < at ? 'passed' : index === at ? 'broken' : 'unreached' }));
}

function stopsOf(known: Known, prediction: Prediction): readonly Stop[] {
	const stop = (kind: Stop['kind'], text: string, at: PlacedDirective | undefined): Stop => ({ kind, ...sayAt(text, at, known) });
	const { server, location, upstream } = prediction;
	const { trace } = known;
	const stops = [stop('client', trace.proxy === undefined ? 'this machine' : `this machine, through ${trace.proxy}`, undefined)];
	const port = portOf(trace.url);
	const listen = server === null ? undefined : listensOf(server).find((one) => one.port === port);
	stops.push(stop('listen', listen?.at?.node.args[0]?.value ?? trace.connectedTo ?? `port ${port}`, listen?.at));
	if (server !== null) {
		const name = server.byName.get('server_name')?.at(-1);
		const names = name?.node.args.map(({ value }) => (value === '' ? '""' : value)).join(' ');
		stops.push(stop('server', names ?? 'without a name', name ?? server.opener));
	}
	const opener = location?.opener;
	if (opener !== undefined && location !== server)
		stops.push(stop('location', locationTitle(opener).replace(/^location /, ''), opener));
	if (upstream !== null) {
		if (upstream.upstream !== undefined)
			stops.push(stop('upstream', `${upstream.upstream.node.args[0]?.value ?? ''}, ${upstream.balancing}`, upstream.upstream));
		stops.push(stop('backend', backendName(prediction), passedBy(prediction)));
	}
	return stops;
}

/** The station to blame; undefined when nobody can tell. */
function brokenAt({ trace }: Known, prediction: Prediction, culprit: Culprit): Station['kind'] | undefined {
	const stage = trace.failure?.stage;
	if (stage === 'url' || stage === 'request' || stage === 'proxy' || culprit === 'request' || culprit === 'proxy')
		return 'client';
	if (stage === 'dns' || stage === 'tcp' || stage === 'tls' || culprit === 'certificate') return 'listen';
	if (trace.connectedTo === undefined) return 'client';
	switch (culprit) {
		case 'configuration':
			return prediction.location === null || prediction.location === prediction.server ? 'server' : 'location';
		case 'backend':
			return prediction.upstream === null ? undefined : 'backend';
		case 'network':
			return trace.response === undefined ? undefined : 'backend';
		case 'stale':
			// The nginx that answered runs another text: from its door on nothing here holds.
			return 'server';
		default:
			return undefined;
	}
}

/** How many stations have certainly been passed. */
function answeredBefore({ trace }: Known, stops: readonly Stop[]): number {
	if (trace.connectedTo === undefined) return 0;
	return stops.findIndex(({ kind }) => kind === 'listen') + 1;
}

function portOf(url: string): number {
	const match = /^([a-z]+):\/\/(?:[^/?#@]*@)?(?:\[[^\]]*\]|[^/?#:]*)(?::(\d+))?/i.exec(url);
	if (match?.[2] !== undefined) return Number(match[2]);
	return /^(wss|https)$/i.test(match?.[1] ?? '') ? 443 : 80;
}
