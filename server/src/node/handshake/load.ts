import type { LoadTrace } from '../../core/handshake/load.ts';
import { startBounds } from './bounds.ts';
import { type OpeningOptions, openHandshake } from './opening.ts';
import { inParallel } from './series.ts';
import type { Tunnel } from './tunnel.ts';

export interface LoadOptions extends OpeningOptions {
	/** How many WebSockets at the same time, at most 5000. */
	readonly count: number;
	/** How many handshakes may be under way at once; 20 when absent, at most 200. */
	readonly ramp?: number | undefined;
	/** How long to hold them all once the last has answered, in milliseconds; 1 s when absent, at most 10 minutes. */
	readonly holdMs?: number | undefined;
	/** Milliseconds for one handshake; 10 s when absent. */
	readonly timeoutMs?: number | undefined;
	readonly signal?: AbortSignal | undefined;
	/** Hears how many are open and how many failed. */
	readonly onProgress?: ((state: { readonly open: number; readonly failed: number }) => void) | undefined;
}

const MOST = 5000;
const MOST_RAMP = 200;
const LONGEST_HOLD_MS = 10 * 60_000;

/** Opens many WebSockets, holds them together, and closes them all. Never throws. */
export async function load(options: LoadOptions): Promise<LoadTrace> {
	const count = Math.max(0, Math.min(MOST, Math.floor(options.count)));
	const { signal } = options;
	const started = performance.now();
	const tunnels: Tunnel[] = [];
	const handshakeMs: number[] = [];
	const failures = new Map<string, number>();
	let failed = 0;
	let peak = 0;
	const stillOpen = (): number => tunnels.filter(({ closed }) => closed === undefined).length;
	await inParallel(count, Math.max(1, Math.min(MOST_RAMP, options.ramp ?? 20)), signal, async () => {
		const bounds = startBounds(options.timeoutMs ?? 10_000, signal);
		const { draft, tunnel } = await openHandshake({ ...options, onStage: undefined }, bounds);
		bounds.release();
		if (tunnel !== undefined) {
			tunnels.push(tunnel);
			const { dnsMs = 0, tcpMs = 0, tlsMs = 0, upgradeMs = 0, proxyMs = 0 } = draft.timing;
			handshakeMs.push(dnsMs + tcpMs + proxyMs + tlsMs + upgradeMs);
			peak = Math.max(peak, stillOpen());
		} else if (draft.outcome !== 'cancelled') {
			failed++;
			const kind = draft.response === undefined ? (draft.failure?.code ?? draft.outcome) : String(draft.response.status);
			failures.set(kind, (failures.get(kind) ?? 0) + 1);
		}
		options.onProgress?.({ open: tunnels.length, failed });
	});
	const rampMs = performance.now() - started;
	await held(Math.min(LONGEST_HOLD_MS, options.holdMs ?? 1_000), tunnels, signal);
	const dropped = tunnels.length - stillOpen();
	await Promise.all(tunnels.map((tunnel) => tunnel.close(2_000)));
	return {
		asked: count,
		opened: tunnels.length,
		peak,
		handshakeMs: handshakeMs.sort((a, b) => a - b),
		failures: [...failures].map(([kind, number]) => ({ kind, count: number })).sort((a, b) => b.count - a.count),
		dropped,
		rampMs,
		cancelled: signal?.aborted === true,
	};
}

/** Waits, until all are closed at the latest. */
async function held(holdMs: number, tunnels: readonly Tunnel[], signal: AbortSignal | undefined): Promise<void> {
	if (tunnels.length === 0) return;
	const bounds = startBounds(holdMs, signal);
	await Promise.all(tunnels.map((tunnel) => tunnel.whenClosed(bounds.signal).catch(() => undefined)));
	bounds.release();
}
