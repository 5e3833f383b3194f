/** What a handshake probe recorded. Plain data: written by server/src/node/handshake, explained by core/handshake. Times in milliseconds since the start. */
export interface HandshakeTrace {
	readonly url: string;
	/** Where the connection went, `host:port`; differs from the URL's under a resolve override. */
	readonly connectedTo: string | undefined;
	readonly request: { readonly headers: readonly (readonly [string, string])[] };
	readonly timing: {
		readonly dnsMs: number | undefined;
		readonly tcpMs: number | undefined;
		readonly tlsMs: number | undefined;
		/** From the request's first byte to the response's header. */
		readonly upgradeMs: number | undefined;
		readonly totalMs: number;
	};
	readonly tls:
		| {
				readonly protocol: string;
				readonly alpn: string | undefined;
				readonly authorized: boolean;
				readonly problem: string | undefined;
		  }
		| undefined;
	/** The HTTP response to the handshake, when one came. Secrets masked. */
	readonly response:
		| {
				readonly status: number;
				readonly reason: string;
				readonly headers: readonly (readonly [string, string])[];
				/** The first bytes of a refusal's body, as text; at most 4 KiB. */
				readonly body: string;
				readonly bodyTruncated: boolean;
		  }
		| undefined;
	/** Checks of a 101; undefined without one. */
	readonly checks:
		| {
				readonly accept: 'right' | 'wrong' | 'missing';
				readonly upgrade: 'right' | 'wrong' | 'missing';
				readonly connection: 'right' | 'wrong' | 'missing';
				readonly subprotocol: 'none' | 'right' | 'wrong' | 'missing';
				readonly extensions: 'none' | 'right' | 'wrong';
		  }
		| undefined;
	/** Round trip of a ping after the 101. */
	readonly ping: { readonly roundTripMs: number } | { readonly problem: string } | undefined;
	/** The closing handshake. */
	readonly close: { readonly code: number; readonly reason: string } | undefined;
	/** What ended the attempt, when it was not a response. `code` is Node's (ECONNREFUSED …) or ours. */
	readonly failure:
		| {
				readonly stage: 'url' | 'dns' | 'tcp' | 'tls' | 'response' | 'websocket';
				readonly code: string;
				readonly message: string;
		  }
		| undefined;
	readonly outcome: 'upgraded' | 'refused' | 'failed' | 'timeout' | 'cancelled';
}
