/** Header lines in the order they came, names as written. */
export type HeaderLines = readonly (readonly [string, string])[];

/** How one header of the 101 stands against RFC 6455 §4.1. */
export type HeaderCheck = 'right' | 'wrong' | 'missing';

export interface ResponseChecks {
	readonly accept: HeaderCheck;
	readonly upgrade: HeaderCheck;
	readonly connection: HeaderCheck;
	/** `none`: none was offered and none came. */
	readonly subprotocol: 'none' | HeaderCheck;
	readonly extensions: 'none' | 'right' | 'wrong';
}

/** A redirect that the probe followed because it was asked to. */
export interface FollowedRedirect {
	readonly url: string;
	readonly status: number;
	/** The Location header as sent. */
	readonly location: string;
}

export interface TlsTrace {
	readonly protocol: string;
	/** What the server chose of `http/1.1`; undefined when it chose nothing. */
	readonly alpn: string | undefined;
	/** The certificate is good for the name that was asked for. */
	readonly authorized: boolean;
	/** Why not: Node's code, such as DEPTH_ZERO_SELF_SIGNED_CERT. */
	readonly problem: string | undefined;
	readonly certificate:
		| {
				readonly subject: string;
				readonly issuer: string;
				/** The names it is good for. */
				readonly names: readonly string[];
				readonly validTo: string;
		  }
		| undefined;
}

/** Why an attempt ended without an answer that can be judged. `code` is Node's (ECONNREFUSED …) or one of ours, in capitals. */
export interface HandshakeFailure {
	readonly stage: 'url' | 'request' | 'dns' | 'proxy' | 'tcp' | 'tls' | 'response' | 'websocket';
	readonly code: string;
	readonly message: string;
}

/**
 * What a handshake probe recorded. Plain data, secrets masked: written by server/src/node/handshake, explained by core/handshake.
 * Times are durations in milliseconds.
 */
export interface HandshakeTrace {
	readonly url: string;
	/** Where the connection went, `address:port` or `unix:/path`; undefined when it was never made. */
	readonly connectedTo: string | undefined;
	/** The person asked to connect elsewhere than the URL says. */
	readonly overridden: boolean;
	/** `host:port` of the proxy that the connection went through. */
	readonly proxy: string | undefined;
	readonly request: { readonly headers: HeaderLines };
	/** Redirects that were followed to get to `url`, first one first; empty unless asked for. */
	readonly redirects: readonly FollowedRedirect[];
	readonly timing: {
		/** Undefined when no name had to be looked up, like each of these when that stage was not reached. */
		readonly dnsMs: number | undefined;
		readonly tcpMs: number | undefined;
		/** From the CONNECT to the proxy's answer. */
		readonly proxyMs: number | undefined;
		readonly tlsMs: number | undefined;
		/** From the request's first byte to the end of the response's header. */
		readonly upgradeMs: number | undefined;
		/** Everything, the ping and the closing handshake too. */
		readonly totalMs: number;
	};
	readonly tls: TlsTrace | undefined;
	/** The HTTP response to the handshake, when one came. */
	readonly response:
		| {
				readonly status: number;
				readonly reason: string;
				readonly headers: HeaderLines;
				/** The first bytes of a refusal's body, as text; at most 4 KiB. */
				readonly body: string;
				readonly bodyTruncated: boolean;
		  }
		| undefined;
	/** The first bytes of an answer that is not HTTP, made printable; undefined when there was none. */
	readonly garbage: string | undefined;
	/** Checks of a 101; undefined without one. */
	readonly checks: ResponseChecks | undefined;
	/** Round trip of a ping after the 101. */
	readonly ping: { readonly roundTripMs: number } | { readonly problem: string } | undefined;
	/** The message that was asked for, and the first reply that fits; `reply` is at most 1 KiB. */
	readonly message:
		| {
				readonly sent: string;
				readonly expected: string | undefined;
				readonly reply: string | undefined;
				readonly matched: boolean;
				readonly roundTripMs: number | undefined;
		  }
		| undefined;
	/** The closing handshake. `by`: who closed first. 1005 and 1006 stand for "no code" and "no close frame" (RFC 6455 §7.4.1). */
	readonly close: { readonly code: number; readonly reason: string; readonly by: 'us' | 'peer' } | undefined;
	readonly failure: HandshakeFailure | undefined;
	/** `upgraded`: a browser would open the WebSocket. `refused`: an HTTP response came that is not a right 101. */
	readonly outcome: 'upgraded' | 'refused' | 'failed' | 'timeout' | 'cancelled';
}

/** The WebSocket opened and then did all that was asked of it: pong, the expected reply, no failure. */
export function isHealthy(trace: HandshakeTrace): boolean {
	return (
		trace.outcome === 'upgraded' &&
		trace.failure === undefined &&
		(trace.ping === undefined || 'roundTripMs' in trace.ping) &&
		(trace.message === undefined || trace.message.matched)
	);
}

/** The values of a header, joined as one list; undefined when it is not there. `name` in lower case. */
export function headerValue(headers: HeaderLines, name: string): string | undefined {
	const values = headers.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value);
	return values.length === 0 ? undefined : values.join(', ');
}
