import { fingerprintOf, type SpreadHandshake, type SpreadTrace } from '../../core/handshake/spread.ts';
import type { UpstreamRequest } from '../../core/request/prediction.ts';
import { startBounds } from './bounds.ts';
import { takeCookies } from './cookies.ts';
import type { Draft } from './draft.ts';
import { type OpeningOptions, openHandshake } from './opening.ts';
import { inParallel } from './series.ts';
import { directOptions } from './twoLegs.ts';

export interface SpreadOptions extends OpeningOptions {
	/** How many handshakes, at most 1000. */
	readonly count: number;
	/** A response header that tells the backends apart, such as `X-Backend`. */
	readonly header?: string | undefined;
	/** Send the cookies that were set with the next handshake: one browser. Else each handshake is a new client. */
	readonly keepCookies?: boolean | undefined;
	/** The backends to ask straight, so that their answers give them their names; undefined when they are not known. */
	readonly upstream?: UpstreamRequest | undefined;
	/** Milliseconds for one handshake; 10 s when absent. */
	readonly timeoutMs?: number | undefined;
	readonly signal?: AbortSignal | undefined;
	/** Hears how many are done. */
	readonly onProgress?: ((done: number) => void) | undefined;
}

const MOST = 1000;
const AT_ONCE = 8;
const MOST_BACKENDS = 32;

/** N handshakes through a balancing nginx, each closed at once, and which backend took each. Never throws. */
export async function spread(options: SpreadOptions): Promise<SpreadTrace> {
	const { header, signal, keepCookies = false } = options;
	const count = Math.max(0, Math.min(MOST, Math.floor(options.count)));
	const cookies = new Map<string, string>(options.cookies ?? []);
	const handshakes: SpreadHandshake[] = [];
	// With cookies kept, each handshake needs those of the one before it.
	await inParallel(count, keepCookies ? 1 : AT_ONCE, signal, async (index) => {
		const draft = await once({ ...options, cookies: [...cookies] });
		if (keepCookies) takeCookies(draft, cookies);
		handshakes[index] = {
			outcome: draft.outcome,
			status: draft.response?.status,
			fingerprint: draft.response === undefined ? undefined : fingerprintOf(draft.response.headers, header),
		};
		options.onProgress?.(handshakes.length);
	});
	return {
		handshakes: handshakes.filter((handshake) => handshake !== undefined),
		header,
		keptCookies: keepCookies,
		backends: await backendsOf(options),
	};
}

/** One handshake, closed as soon as it is open. */
async function once(options: SpreadOptions): Promise<Draft> {
	const bounds = startBounds(options.timeoutMs ?? 10_000, options.signal);
	try {
		const { draft, tunnel } = await openHandshake(options, bounds);
		await tunnel?.close(1_000);
		return draft;
	} finally {
		bounds.release();
	}
}

/** How each backend answers when it is asked straight. Of no use, and empty, when two answer alike. */
async function backendsOf(options: SpreadOptions): Promise<SpreadTrace['backends']> {
	const { upstream, header, signal } = options;
	if (upstream?.module !== 'proxy' || signal?.aborted === true) return [];
	const found: { address: string; fingerprint: string }[] = [];
	for (const address of upstream.addresses.slice(0, MOST_BACKENDS)) {
		const draft = await once({ ...options, ...directOptions(address, upstream, options) });
		if (draft.response !== undefined) found.push({ address, fingerprint: fingerprintOf(draft.response.headers, header) });
	}
	return new Set(found.map(({ fingerprint }) => fingerprint)).size === found.length ? found : [];
}
