import { isSecretHeader, maskTrace, secretsOf } from '../../core/handshake/secrets.ts';
import type { FollowedRedirect, HandshakeTrace } from '../../core/handshake/trace.ts';
import { headerValue } from '../../core/handshake/trace.ts';
import { type Bounds, Ended, startBounds } from './bounds.ts';
import type { Draft } from './draft.ts';
import { type OpeningOptions, openHandshake } from './opening.ts';
import type { Tunnel } from './tunnel.ts';

export interface ProbeOptions extends OpeningOptions {
	/** How many redirects to follow; 0 (also when absent): a redirect is shown and not followed, as browsers do. At most 10. */
	readonly followRedirects?: number | undefined;
	/** Sent once the WebSocket is open; `expected` is a text that a reply must hold. */
	readonly message?: { readonly text: string; readonly expected?: string | undefined } | undefined;
	/** Milliseconds for all of it; 10 s when absent. */
	readonly timeoutMs?: number | undefined;
	readonly signal?: AbortSignal | undefined;
}

const TIMEOUT_MS = 10_000;
const PONG_MS = 5_000;
const CLOSE_MS = 2_000;
const MOST_REDIRECTS = 10;

/**
 * One real WebSocket handshake (RFC 6455), a ping, an optional message, and the close. Bounded in time and memory whatever the other side
 * does. Never throws; secrets in the trace are masked.
 */
export async function probe(options: ProbeOptions): Promise<HandshakeTrace> {
	const started = performance.now();
	const bounds = startBounds(options.timeoutMs ?? TIMEOUT_MS, options.signal);
	const redirects: FollowedRedirect[] = [];
	try {
		let attempt: OpeningOptions = options;
		for (;;) {
			const { draft, tunnel } = await openHandshake(attempt, bounds);
			const next = redirects.length < Math.min(options.followRedirects ?? 0, MOST_REDIRECTS) ? redirectOf(draft) : undefined;
			if (next !== undefined) {
				redirects.push(next.followed);
				attempt = afterRedirect(attempt, next.target);
				continue;
			}
			if (tunnel !== undefined) await useTunnel(tunnel, options, draft, bounds);
			draft.redirects = redirects;
			draft.timing.totalMs = performance.now() - started;
			return maskedTrace(draft, options);
		}
	} finally {
		bounds.release();
	}
}

/** A draft as it may be shown. */
export function maskedTrace(draft: Draft, options: OpeningOptions): HandshakeTrace {
	return maskTrace(draft, secretTexts(options));
}

function secretTexts({ auth, proxy, headers, cookies, url }: OpeningOptions): readonly string[] {
	const own = auth === undefined ? [] : [auth.kind === 'basic' ? auth.password : auth.token];
	own.push(...secretsOf(headers ?? [], url), ...(cookies ?? []).map(([, value]) => value));
	const userInfo = proxy !== undefined && URL.canParse(proxy) ? decodeURIComponent(new URL(proxy).password) : '';
	return [...own, userInfo];
}

/** Ping, message, close. The handshake has succeeded: what fails from here on is told beside it. */
async function useTunnel(tunnel: Tunnel, options: ProbeOptions, draft: Draft, bounds: Bounds): Promise<void> {
	const stage = options.onStage ?? ((): void => undefined);
	try {
		stage('ping');
		draft.ping = await tunnel.ping(Math.min(PONG_MS, bounds.left()), bounds.signal);
		if (options.message !== undefined) {
			const { text, expected } = options.message;
			draft.message = await tunnel.exchange(text, expected, bounds.left(), bounds.signal);
			if (bounds.ending() === 'cancelled') throw new Ended();
		}
		stage('close');
		draft.close = await tunnel.close(Math.min(CLOSE_MS, Math.max(100, bounds.left())));
		draft.failure = tunnel.failure?.failure;
	} catch (error) {
		tunnel.terminate();
		if (!(error instanceof Ended)) throw error;
		if (bounds.ending() === 'cancelled') draft.outcome = 'cancelled';
		else if (draft.ping === undefined) draft.ping = { problem: 'no pong before the time was over' };
	}
}

function redirectOf(draft: Draft): { readonly followed: FollowedRedirect; readonly target: string } | undefined {
	const { response } = draft;
	if (response === undefined || response.status < 300 || response.status > 399) return undefined;
	const location = headerValue(response.headers, 'location');
	const base = draft.url.replace(/^http(s?):/i, 'ws$1:');
	if (location === undefined || !URL.canParse(location, base)) return undefined;
	const target = new URL(location, base);
	target.protocol = target.protocol.replace(/^http/, 'ws');
	return { followed: { url: draft.url, status: response.status, location }, target: target.href };
}

/** What is sent to the place that a redirect names: no credentials to another host or port, or from TLS to plain text. */
function afterRedirect(attempt: OpeningOptions, target: string): OpeningOptions {
	const from = new URL(attempt.url.replace(/^http(s?):/i, 'ws$1:'));
	const to = new URL(target);
	if (from.host === to.host && from.protocol === to.protocol) return { ...attempt, url: target };
	const { auth: _auth, cookies: _cookies, tls, ...rest } = attempt;
	return {
		...rest,
		url: target,
		// The override stands for the URL's own host; another port of the same host is still there.
		tls: from.hostname === to.hostname ? tls : tls && { ca: tls.ca, insecure: tls.insecure },
		connectTo: from.hostname === to.hostname ? hostOf(attempt.connectTo) : undefined,
		headers: (attempt.headers ?? []).filter(([name]) => !/^(cookie|host)$/i.test(name) && !isSecretHeader(name.toLowerCase())),
	};
}

function hostOf(connectTo: string | undefined): string | undefined {
	if (connectTo === undefined || /^unix:/i.test(connectTo)) return undefined;
	return /^\[[^\]]*\]/.exec(connectTo)?.[0] ?? connectTo.replace(/:\d+$/, '');
}
