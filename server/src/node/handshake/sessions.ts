import { readOpenPacket, type SessionsTrace, type SocketIoSession } from '../../core/handshake/sessions.ts';
import { startBounds } from './bounds.ts';
import { takeCookies } from './cookies.ts';
import { type OpeningOptions, openHandshake, openPlain } from './opening.ts';
import { maskedTrace } from './probe.ts';
import { inParallel } from './series.ts';

export interface SessionsOptions extends OpeningOptions {
	/** How many sessions, at most 200. */
	readonly count: number;
	/** Milliseconds for one session; 10 s when absent. */
	readonly timeoutMs?: number | undefined;
	readonly signal?: AbortSignal | undefined;
	/** Hears how many are done. */
	readonly onProgress?: ((done: number) => void) | undefined;
}

const MOST = 200;
const PROBE_MS = 5_000;

/**
 * N sessions of socket.io, one after the other, each as a browser makes it: a plain request that opens the session, then the handshake with
 * its id, then the probe of the new transport (Engine.IO protocol, versions 3 and 4). Each is a new client with cookies of its own. Never throws.
 */
export async function sessions(options: SessionsOptions): Promise<SessionsTrace> {
	const asked = Math.max(0, Math.min(MOST, Math.floor(options.count)));
	const made: SocketIoSession[] = [];
	await inParallel(asked, 1, options.signal, async () => {
		made.push(await once(options));
		options.onProgress?.(made.length);
	});
	return { asked, sessions: made };
}

async function once(options: SessionsOptions): Promise<SocketIoSession> {
	const bounds = startBounds(options.timeoutMs ?? 10_000, options.signal);
	try {
		const cookies = new Map<string, string>(options.cookies ?? []);
		const first = { ...options, url: withQuery(options.url, { transport: 'polling' }) };
		const polling = await openPlain(first, bounds);
		takeCookies(polling, cookies);
		const opened = readOpenPacket(polling.response?.body ?? '');
		if (opened === undefined || !opened.upgrades.includes('websocket'))
			return { polling: maskedTrace(polling, first), upgrade: undefined, changedOver: false };
		const second = {
			...options,
			cookies: [...cookies],
			url: withQuery(options.url, { transport: 'websocket', sid: opened.sid }),
		};
		const { draft, tunnel } = await openHandshake(second, bounds);
		const probed = await tunnel?.exchange('2probe', '3probe', Math.min(PROBE_MS, bounds.left()), bounds.signal);
		await tunnel?.close(1_000);
		return {
			polling: maskedTrace(polling, first),
			upgrade: maskedTrace(draft, second),
			changedOver: probed?.matched === true,
		};
	} finally {
		bounds.release();
	}
}

/** The URL with the parameters of Engine.IO; a version that it names itself stays. */
function withQuery(text: string, parameters: Readonly<Record<string, string>>): string {
	if (!URL.canParse(text)) return text;
	const url = new URL(text);
	if (!url.searchParams.has('EIO')) url.searchParams.set('EIO', '4');
	for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
	return url.href;
}
