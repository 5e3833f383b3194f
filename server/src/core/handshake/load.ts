import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import { formatMs, type HandshakeLine, say, sayAt } from './explanation.ts';

/** What many WebSockets at once came to. */
export interface LoadTrace {
	readonly asked: number;
	/** How many opened. */
	readonly opened: number;
	/** How many were open at the same time, at most. */
	readonly peak: number;
	/** From the TCP connect to the 101 of each that opened, in milliseconds, shortest first. */
	readonly handshakeMs: readonly number[];
	/** Why the others did not: `500`, `ECONNREFUSED`, `timeout` … with their number, most first. */
	readonly failures: readonly { readonly kind: string; readonly count: number }[];
	/** How many of the open ones were closed by the other side while they were held. */
	readonly dropped: number;
	/** From the first connect to the last answer. */
	readonly rampMs: number;
	readonly cancelled: boolean;
}

/** How many tunnels a nginx can hold, as far as its own limits go. */
export interface Capacity {
	/** `worker_connections`; 512 by default (src/event/ngx_event.c). */
	readonly perWorker: number;
	readonly at: PlacedDirective | undefined;
	/** `worker_processes`; undefined for `auto`, which is the number of processors of nginx's machine. */
	readonly workers: number | undefined;
	/** Tunnels; undefined like `workers`. A proxied tunnel takes two connections, and each listen takes one in every worker. */
	readonly tunnels: number | undefined;
}

/** Reads nginx's connection limits. `listens` counts all listen lines, which is right up to duplicates. */
export function capacityOf(configuration: Configuration): Capacity {
	const { root } = configuration;
	const events = root.byName.get('events')?.at(-1)?.body;
	const at = events?.byName.get('worker_connections')?.at(-1);
	const perWorker = numberOf(at) ?? 512;
	const processes = root.byName.get('worker_processes')?.at(-1);
	const workers = processes === undefined ? 1 : numberOf(processes);
	const free = Math.max(0, perWorker - listenCount(root) - 1);
	return { perWorker, at, workers, tunnels: workers === undefined ? undefined : Math.floor(free / 2) * workers };
}

function numberOf(placed: PlacedDirective | undefined): number | undefined {
	const text = placed?.node.args[0]?.value;
	return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function listenCount(root: Scope): number {
	const addresses = new Set<string>();
	const waiting: Scope[] = [root];
	for (let scope = waiting.pop(); scope !== undefined; scope = waiting.pop()) {
		for (const listen of scope.byName.get('listen') ?? []) addresses.add(listen.node.args[0]?.value ?? '');
		if (scope.context === 'main' || scope.context === 'http' || scope.context === 'stream')
			for (const { body } of scope.directives) if (body !== undefined) waiting.push(body);
	}
	return addresses.size;
}

export interface LoadReport {
	readonly headline: string;
	/** Handshake times: the middle one, the one that nine of ten stay under, the one that 99 of 100 do, the longest. In milliseconds. */
	readonly times: { readonly p50: number; readonly p90: number; readonly p99: number; readonly longest: number } | undefined;
	readonly plot: readonly Bucket[];
	readonly why: readonly HandshakeLine[];
	readonly advice: readonly HandshakeLine[];
}

export interface Bucket {
	/** In milliseconds; `fromMs` inclusive, `toMs` exclusive save for the last. */
	readonly fromMs: number;
	readonly toMs: number;
	readonly count: number;
}

/** Joins a load with nginx's own limit. */
export function explainLoad(load: LoadTrace, configuration: Configuration | undefined): LoadReport {
	const capacity = configuration && capacityOf(configuration);
	const failed = load.failures.reduce((sum, { count }) => sum + count, 0);
	const dropped = load.dropped === 0 ? '' : ` ${load.dropped} were closed by the other side while they were held.`;
	const kinds = load.failures.map(({ kind, count }) => `${count}× ${kind}`).join(', ');
	const headline = `${load.opened} of ${load.asked} WebSockets opened${load.cancelled ? ' before the test was cancelled' : ''}${failed === 0 ? '.' : `; ${failed} did not (${kinds}).`}${dropped}`;
	const why: HandshakeLine[] = [];
	const advice: HandshakeLine[] = [];
	if (capacity !== undefined && configuration !== undefined) {
		const each = `worker_connections is ${capacity.perWorker}${capacity.at === undefined ? ' (the default)' : ''}, and a proxied tunnel takes two of them`;
		const room =
			capacity.tunnels === undefined
				? `${each}, in each of as many workers as the machine has processors.`
				: `${each}: room for about ${capacity.tunnels} tunnels in all.`;
		why.push(sayAt(`By this text ${room}`, capacity.at, { configuration }));
		if (capacity.tunnels !== undefined && failed > 0 && isNear(load.peak, capacity.tunnels)) {
			why.unshift(say('nginx ran out of connections: as many tunnels as it has room for opened, and the rest failed.'));
			advice.push(say('Raise worker_connections (and worker_rlimit_nofile with it), or worker_processes.'));
		}
	}
	if (load.failures.some(({ kind }) => kind === 'EMFILE' || kind === 'EADDRNOTAVAIL'))
		advice.push(
			say('This machine itself ran out of files or ports: that says nothing about nginx. Use a load engine on several machines.'),
		);
	return { headline, times: timesOf(load.handshakeMs), plot: plotOf(load.handshakeMs), why, advice };
}

function isNear(measured: number, predicted: number): boolean {
	return Math.abs(measured - predicted) <= Math.max(3, predicted * 0.05);
}

function timesOf(sorted: readonly number[]): LoadReport['times'] {
	if (sorted.length === 0) return undefined;
	const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
	return { p50: at(0.5), p90: at(0.9), p99: at(0.99), longest: sorted.at(-1) ?? 0 };
}

const BUCKETS = 12;

/** The distribution in buckets of equal ratio, because handshake times spread over orders of magnitude. */
function plotOf(sorted: readonly number[]): readonly Bucket[] {
	const low = Math.max(0.1, sorted[0] ?? 0);
	const high = Math.max(low * 1.01, sorted.at(-1) ?? 0);
	if (sorted.length === 0) return [];
	const ratio = (high / low) ** (1 / BUCKETS);
	const counts = new Array<number>(BUCKETS).fill(0);
	for (const ms of sorted) {
		const index = Math.min(BUCKETS - 1, Math.max(0, Math.floor(Math.log(Math.max(ms, low) / low) / Math.log(ratio))));
		counts[index] = (counts[index] ?? 0) + 1;
	}
	return counts.map((count, index) => ({ fromMs: low * ratio ** index, toMs: low * ratio ** (index + 1), count }));
}

/** The plot as lines of text; `width` is that of the longest bar, in characters. */
export function plotText(plot: readonly Bucket[], width = 40): readonly string[] {
	const most = Math.max(1, ...plot.map(({ count }) => count));
	const labels = plot.map(({ fromMs, toMs }) => `${formatMs(fromMs)} – ${formatMs(toMs)}`);
	const widest = Math.max(0, ...labels.map((label) => label.length));
	return plot.map(({ count }, index) => {
		const bar = count === 0 ? '' : '█'.repeat(Math.max(1, Math.round((count / most) * width)));
		return `${(labels[index] ?? '').padStart(widest)} ${bar}${count === 0 ? '' : ' '}${count}`;
	});
}
