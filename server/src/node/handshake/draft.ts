import type { HandshakeTrace } from '../../core/handshake/trace.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A trace while it is being recorded. */
export type Draft = Writable<Omit<HandshakeTrace, 'timing'>> & { readonly timing: Writable<HandshakeTrace['timing']> };

/** A trace of an attempt on `url` that has not begun. */
export function newDraft(url: string, overridden: boolean): Draft {
	return {
		url,
		connectedTo: undefined,
		overridden,
		proxy: undefined,
		request: { headers: [] },
		redirects: [],
		timing: { dnsMs: undefined, tcpMs: undefined, proxyMs: undefined, tlsMs: undefined, upgradeMs: undefined, totalMs: 0 },
		tls: undefined,
		response: undefined,
		garbage: undefined,
		checks: undefined,
		ping: undefined,
		message: undefined,
		close: undefined,
		failure: undefined,
		outcome: 'failed',
	};
}
