import type { HoldTrace } from '../../core/handshake/hold.ts';
import { Ended, startBounds } from './bounds.ts';
import { type OpeningOptions, openHandshake } from './opening.ts';
import { maskedTrace } from './probe.ts';

export interface HoldOptions extends OpeningOptions {
	/** Milliseconds for the handshake; 10 s when absent. */
	readonly timeoutMs?: number | undefined;
	/** How long to stay, in milliseconds; ends earlier when the other side closes. */
	readonly holdMs: number;
	readonly signal?: AbortSignal | undefined;
	/** Hears a few times how long it has been, in milliseconds. */
	readonly onProgress?: ((heldMs: number) => void) | undefined;
}

const TIMEOUT_MS = 10_000;
const CLOSE_MS = 2_000;
const PROGRESS_MS = 250;

/**
 * Opens a WebSocket and sends nothing: no ping, no message (a ping of the server is answered, as RFC 6455 demands). Tells how long it
 * lived and who ended it. Never throws.
 */
export async function hold(options: HoldOptions): Promise<HoldTrace> {
	const started = performance.now();
	const opening = startBounds(options.timeoutMs ?? TIMEOUT_MS, options.signal);
	const { draft, tunnel } = await openHandshake(options, opening);
	opening.release();
	if (tunnel === undefined) {
		draft.timing.totalMs = performance.now() - started;
		return { handshake: maskedTrace(draft, options), hold: undefined };
	}
	const opened = performance.now();
	const staying = startBounds(options.holdMs, options.signal);
	const progress = setInterval(() => options.onProgress?.(performance.now() - opened), PROGRESS_MS);
	let ended: 'asked' | 'closed' | 'cancelled' = 'closed';
	try {
		await tunnel.whenClosed(staying.signal);
	} catch (error) {
		if (!(error instanceof Ended)) throw error;
		ended = staying.ending() === 'cancelled' ? 'cancelled' : 'asked';
	} finally {
		clearInterval(progress);
		staying.release();
	}
	const now = performance.now();
	const lived = {
		heldMs: now - opened,
		silentMs: now - Math.max(opened, tunnel.lastHeard),
		ended,
		serverPings: tunnel.pings,
		serverMessages: tunnel.messages,
	};
	draft.close = await tunnel.close(CLOSE_MS);
	draft.failure = tunnel.failure?.failure;
	draft.timing.totalMs = performance.now() - started;
	return { handshake: maskedTrace(draft, options), hold: lived };
}
