import type { Socket } from 'node:net';
import type { HeaderLines } from '../../core/handshake/trace.ts';
import { type Lookup, parseEndpoint } from './addresses.ts';
import { type Bounds, Ended, Failure } from './bounds.ts';
import { type ConnectionStage, openConnection } from './connection.ts';
import { type Draft, newDraft } from './draft.ts';
import type { Credentials } from './tls.ts';
import type { Tunnel } from './tunnel.ts';
import { plainRequest, upgrade } from './upgrade.ts';

/** One handshake, as the person wants it. */
export interface OpeningOptions {
	/** `ws://`, `wss://`, `http://` or `https://`. */
	readonly url: string;
	/** `host`, `host:port`, `[v6]:port` or `unix:/path` to connect to in place of the URL's; Host and SNI stay the URL's. */
	readonly connectTo?: string | undefined;
	/** `loopback` (also when absent): ends with NOT_LOOPBACK before any packet leaves this machine. */
	readonly reach?: 'loopback' | 'any' | undefined;
	/** In addition; a name that the handshake sets itself is replaced, save the Sec-WebSocket- ones. */
	readonly headers?: HeaderLines | undefined;
	readonly cookies?: readonly (readonly [string, string])[] | undefined;
	readonly auth?:
		| { readonly kind: 'basic'; readonly user: string; readonly password: string }
		| { readonly kind: 'bearer'; readonly token: string }
		| undefined;
	/** `same`: the URL's own, as a page of that host sends it. `none` (also when absent): none. Else what to send. */
	readonly origin?: string | undefined;
	readonly subprotocols?: readonly string[] | undefined;
	readonly tls?: Credentials | undefined;
	/** `http://[user:password@]host:port`; not used under reach `loopback`. */
	readonly proxy?: string | undefined;
	/** In place of the system's resolver. */
	readonly lookup?: Lookup | undefined;
	readonly onStage?: ((stage: ConnectionStage | 'upgrade' | 'ping' | 'close') => void) | undefined;
}

export interface Opening {
	/** With outcome, failure and response, but neither masked nor with the total time. */
	readonly draft: Draft;
	/** Set exactly when the outcome is `upgraded`. */
	readonly tunnel: Tunnel | undefined;
}

/** One handshake without redirects. Never throws: what went wrong is in the draft. */
export async function openHandshake(options: OpeningOptions, bounds: Bounds): Promise<Opening> {
	let tunnel: Tunnel | undefined;
	const draft = await overConnection(options, bounds, async (socket, url, opened) => {
		options.onStage?.('upgrade');
		const request = { url, headers: headersOf(options, url), subprotocols: options.subprotocols ?? [] };
		tunnel = await upgrade(socket, request, opened, bounds);
		opened.outcome = tunnel === undefined ? 'refused' : 'upgraded';
	});
	return { draft, tunnel };
}

/** A plain GET of the same URL, its answer in the draft; outcome `refused`, for nothing was upgraded. Never throws. */
export function openPlain(options: OpeningOptions, bounds: Bounds): Promise<Draft> {
	return overConnection(options, bounds, async (socket, url, draft) => {
		await plainRequest(socket, { url, headers: headersOf(options, url) }, draft, bounds);
		draft.outcome = 'refused';
	});
}

/** Connects as the options say and hands the connection to `use`. What either throws is in the draft. */
async function overConnection(
	options: OpeningOptions,
	bounds: Bounds,
	use: (socket: Socket, url: URL, draft: Draft) => Promise<void>,
): Promise<Draft> {
	const draft = newDraft(options.url, options.connectTo !== undefined);
	try {
		const url = parseUrl(options.url);
		const tls = url.protocol === 'wss:' ? (options.tls ?? {}) : undefined;
		const host = url.hostname.replace(/^\[|\]$/g, '');
		const port = url.port === '' ? (tls === undefined ? 80 : 443) : Number(url.port);
		const endpoint =
			options.connectTo === undefined ? { kind: 'tcp' as const, host, port } : parseEndpoint(options.connectTo, port);
		if (endpoint === undefined)
			throw new Failure('url', 'BAD_CONNECT_TO', `“${options.connectTo ?? ''}” is no host, host:port or unix:/path`);
		const stage = options.onStage ?? ((): void => undefined);
		const plan = {
			name: host,
			endpoint,
			tls,
			proxy: options.proxy === undefined ? undefined : { url: options.proxy },
			reach: options.reach ?? 'loopback',
			lookup: options.lookup,
		};
		const socket = await openConnection(plan, draft, bounds.signal, stage);
		await use(socket, url, draft);
	} catch (error) {
		if (error instanceof Failure) draft.failure = error.failure;
		else if (error instanceof Ended) draft.outcome = bounds.ending() ?? 'cancelled';
		else draft.failure = { stage: 'request', code: 'UNKNOWN', message: error instanceof Error ? error.message : String(error) };
	}
	return draft;
}

function parseUrl(text: string): URL {
	if (!URL.canParse(text)) throw new Failure('url', 'BAD_URL', `“${text}” is no URL`);
	const url = new URL(text.replace(/^http(s?):/i, 'ws$1:'));
	if (url.protocol !== 'ws:' && url.protocol !== 'wss:')
		throw new Failure('url', 'BAD_URL', `${url.protocol.slice(0, -1)} is no scheme of a WebSocket; write ws or wss`);
	if (url.hostname === '') throw new Failure('url', 'BAD_URL', `“${text}” names no host`);
	// A fragment never goes over the wire, and RFC 6455 §3 forbids it.
	url.hash = '';
	return url;
}

/** All that the person asked to send, the more particular options last. */
function headersOf({ headers, cookies, auth, origin }: OpeningOptions, url: URL): HeaderLines {
	const lines: (readonly [string, string])[] = [...(headers ?? [])];
	if (cookies !== undefined && cookies.length > 0)
		lines.push(['Cookie', cookies.map(([name, value]) => `${name}=${value}`).join('; ')]);
	if (auth !== undefined) lines.push(['Authorization', authorization(auth)]);
	if (origin !== undefined && origin !== 'none')
		lines.push(['Origin', origin === 'same' ? `${url.protocol === 'wss:' ? 'https' : 'http'}://${url.host}` : origin]);
	return lines;
}

function authorization(auth: NonNullable<OpeningOptions['auth']>): string {
	if (auth.kind === 'bearer') return `Bearer ${auth.token}`;
	return `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`;
}
