import { type HandshakeLine, type Known, say, sayAt } from './explanation.ts';
import { type HeaderLines, headerValue } from './trace.ts';

/** One of N handshakes, as far as the spread looks at it. */
export interface SpreadHandshake {
	readonly outcome: 'upgraded' | 'refused' | 'failed' | 'timeout' | 'cancelled';
	readonly status: number | undefined;
	/** What tells its backend from others; undefined without a response. */
	readonly fingerprint: string | undefined;
}

export interface SpreadTrace {
	readonly handshakes: readonly SpreadHandshake[];
	/** The header that was asked to tell the backends apart. */
	readonly header: string | undefined;
	/** Cookies that were set were sent again with the next handshake. */
	readonly keptCookies: boolean;
	/** The fingerprint of each backend, asked straight; empty when they could not be asked, or are all alike. */
	readonly backends: readonly { readonly address: string; readonly fingerprint: string }[];
}

export interface SpreadReport {
	readonly headline: string;
	/** Most handshakes first. `name`: the backend's address where that is known, else the fingerprint. */
	readonly counts: readonly { readonly name: string; readonly count: number }[];
	/** Whether one client stays with one backend; undefined when the backends cannot be told apart. */
	readonly affinity: boolean | undefined;
	readonly why: readonly HandshakeLine[];
	readonly advice: readonly HandshakeLine[];
}

/** Headers that differ with every handshake, whoever answers. */
const PASSING: ReadonlySet<string> = new Set([
	'sec-websocket-accept',
	'date',
	'set-cookie',
	'connection',
	'upgrade',
	'content-length',
	// nginx puts its own in place of the backend's.
	'server',
]);

/** What tells the backend of a response from others: the chosen header's value, else all headers that do not differ by themselves. */
export function fingerprintOf(headers: HeaderLines, header: string | undefined): string {
	if (header !== undefined) return headerValue(headers, header.toLowerCase()) ?? '(without it)';
	return headers
		.filter(([name]) => !PASSING.has(name.toLowerCase()))
		.map(([name, value]) => `${name.toLowerCase()}: ${value}`)
		.sort()
		.join('\n');
}

/** Counts the handshakes per backend and says whether one client stays with one of them. */
export function explainSpread(trace: SpreadTrace, known: Pick<Known, 'prediction' | 'configuration'>): SpreadReport {
	const upgraded = trace.handshakes.filter(({ outcome }) => outcome === 'upgraded');
	const counts = countsOf(trace, upgraded);
	const upstream = known.prediction?.upstream;
	const addresses = upstream?.addresses.length ?? 0;
	const distinct = trace.header !== undefined || trace.backends.length > 1 || counts.length > 1;
	const affinity = !distinct || upgraded.length < 2 ? undefined : counts.length === 1;
	const failed = trace.handshakes.length - upgraded.length;
	const failures = failed === 0 ? '' : ` ${failed} did not upgrade (${failureKinds(trace.handshakes)}).`;
	const headline = !distinct
		? `${upgraded.length} of ${trace.handshakes.length} handshakes upgraded; which backend took each cannot be told.${failures}`
		: `${upgraded.length} of ${trace.handshakes.length} handshakes upgraded, on ${counts.length} ${counts.length === 1 ? 'backend' : 'backends'}${addresses > 0 ? ` of ${addresses}` : ''}.${failures}`;
	return { headline, counts, affinity, ...reasons(affinity, distinct, trace, known) };
}

function countsOf(trace: SpreadTrace, upgraded: readonly SpreadHandshake[]): SpreadReport['counts'] {
	const counts = new Map<string, { readonly name: string; count: number }>();
	for (const { fingerprint = '' } of upgraded) {
		const known = counts.get(fingerprint) ?? { name: nameOf(fingerprint, trace), count: 0 };
		known.count++;
		counts.set(fingerprint, known);
	}
	return [...counts.values()].sort((a, b) => b.count - a.count);
}

/** The address of the one backend whose own answer holds nothing that this answer lacks; nginx may have added to it. */
function nameOf(fingerprint: string, { backends, header }: SpreadTrace): string {
	const lines = new Set(fingerprint.split('\n'));
	const fitting = backends.filter((backend) => backend.fingerprint.split('\n').every((line) => lines.has(line)));
	const [only, ...more] = fitting;
	if (only !== undefined && more.length === 0) return only.address;
	return header === undefined ? 'some backend' : `${header}: ${fingerprint}`;
}

function failureKinds(handshakes: readonly SpreadHandshake[]): string {
	const kinds = new Map<string, number>();
	for (const { outcome, status } of handshakes)
		if (outcome !== 'upgraded') {
			const kind = status === undefined ? outcome : String(status);
			kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
		}
	return [...kinds].map(([kind, count]) => `${count}× ${kind}`).join(', ');
}

function reasons(
	affinity: boolean | undefined,
	distinct: boolean,
	trace: SpreadTrace,
	known: Pick<Known, 'prediction' | 'configuration'>,
): Pick<SpreadReport, 'why' | 'advice'> {
	const upstream = known.prediction?.upstream;
	const at = upstream?.upstream;
	const balancing = upstream?.balancing;
	const how = balancing === undefined ? [] : [sayAt(`nginx balances here by ${balancing}.`, at, known)];
	if (!distinct)
		return {
			why: how,
			advice: [say('Let each backend send a header of its own (for example X-Backend) and name it, to count by it.')],
		};
	if (affinity === undefined) return { why: how, advice: [] };
	const keeps = balancing !== undefined && KEEPING.test(balancing);
	const client = trace.keptCookies ? 'this client, with the cookies it was given,' : 'this client';
	if (affinity)
		return {
			why: [say(`All handshakes of ${client} went to one backend${keeps ? ', as the configuration says' : ''}.`), ...how],
			advice: [],
		};
	return {
		why: [say(`The handshakes of ${client} went to several backends.`), ...how],
		advice: keeps
			? [
					say(
						'By the configuration one client stays with one backend: reload nginx, or look at what changes between its requests.',
					),
				]
			: [
					say(
						'socket.io with its polling transport needs all requests of a client at one backend: put ip_hash, hash or sticky into the upstream. Plain WebSockets do not need it.',
					),
				],
	};
}

const KEEPING = /^(ip_hash|hash|sticky)/;
