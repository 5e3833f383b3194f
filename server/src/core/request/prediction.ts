import type { PlacedDirective, Scope } from '../config/model.ts';

/** A request as it arrives at nginx. Design §3, a line of `--requests`. */
export interface ClientRequest {
	/** `address:port` that the connection came in on, `unix:/path`, or undefined to let the URL's server decide. */
	readonly listen: string | undefined;
	readonly tls: boolean;
	readonly method: string;
	/** The raw request target, not normalised, with the query. */
	readonly uri: string;
	/** Names as written, in order. */
	readonly headers: readonly (readonly [string, string])[];
	/** HTTP version of the request line; 1.1 unless said. */
	readonly httpVersion?: '1.0' | '1.1';
	/** Address of the client without port; unknown unless said. */
	readonly remoteAddress?: string;
}

/** What other clients than the one of a request may choose. Headers of the handshake itself, and Referer, which no browser sends with one, stay. */
export interface OtherClients {
	/** The path of the request is only an example of those that come to the same location. */
	readonly path: boolean;
}

export interface Reason {
	readonly at: PlacedDirective;
	/** One clause for a person. */
	readonly text: string;
	/** What the directive came to, where that is why nginx answers itself. */
	readonly value?: string;
}

/** Why a conforming WebSocket backend would not upgrade, or why the client would not see the 101 intact (semantics §0.1). */
export interface Obstacle {
	readonly code:
		| 'upgrade-missing' // the backend gets no Upgrade header
		| 'upgrade-value' // it gets one that is not the single token "websocket"
		| 'connection-missing'
		| 'connection-value' // no token "upgrade" in it
		| 'http-1.0'
		| 'http-2'
		| 'key-missing' // Sec-WebSocket-Key or -Version do not arrive
		| 'method' // the backend gets a method other than GET
		| 'request-target' // the request line has a space or a control character in its URI (RFC 9112 §3.2)
		| 'module' // fastcgi, grpc, memcached: no tunnel
		| 'response-header-hidden' // proxy_hide_header Upgrade / Sec-WebSocket-Accept
		| 'response-header-changed' // headers-more took them, or wrote other ones
		| 'response-header-added' // add_header Upgrade … always
		| 'response-status' // error_page without `=` relabels the 101 (RT8)
		| 'request-header-changed' // headers-more changed the client's headers before they were read
		| 'client-request' // the client's own request is no handshake
		| 'subrequest'
		| 'not-proxied';
	/** The directives that cause it; empty when it is a default. */
	readonly at: readonly PlacedDirective[];
	readonly text: string;
}

/** What one line of the configuration makes of a header. */
export interface HeaderLine {
	/** Lower case, as the backend reads it. */
	readonly name: string;
	/** '' when the header is not sent; `$name` in place of what is not known. */
	readonly value: string;
	readonly at: PlacedDirective;
	/** The maps, `set` lines and conditions that the value was read from. */
	readonly sources: readonly PlacedDirective[];
}

export interface UpstreamRequest {
	readonly module: 'proxy' | 'uwsgi' | 'scgi' | 'fastcgi' | 'grpc' | 'memcached' | 'stream';
	readonly scheme: string;
	/** Unresolved `host:port` with the default port added, or `unix:/path`. */
	readonly addresses: readonly string[];
	readonly method: string;
	readonly uri: string;
	readonly httpVersion: string;
	/** Lower-case name → value as sent; a header sent twice has its values joined by ", ". Only what the configuration decides. */
	readonly headers: ReadonlyMap<string, string>;
	/** The directive that decided each header, where it is not a default. */
	readonly headerSources: ReadonlyMap<string, readonly PlacedDirective[]>;
	/** The proxy_set_header lines in force in the order sent, those that send nothing among them. */
	readonly lines: readonly HeaderLine[];
	/** The upstream block, when there is one. */
	readonly upstream: PlacedDirective | undefined;
	/** The balancing method of it: `round robin`, `ip_hash`, `hash`, `least_conn`, `random`, `sticky`, `least_time`. */
	readonly balancing: string;
}

/** What nginx does with one request. Lines and paths are left to the edges (`toExplanation`). */
export interface Prediction {
	readonly outcome: 'proxied' | 'answered' | 'refused' | 'unknown';
	/** answered: the status code, or null when nginx answers from files on disk. */
	readonly status: number | null;
	/** answered with a redirect: the Location header's value as sent. */
	readonly redirect: string | null;
	readonly server: Scope | null;
	readonly location: Scope | null;
	readonly upstream: UpstreamRequest | null;
	/** A conforming backend accepts this and the client gets the 101 intact (design §3). */
	readonly upgrade: boolean;
	/** Empty when `upgrade`. */
	readonly obstacles: readonly Obstacle[];
	/** Milliseconds of silence in both directions after which nginx ends the tunnel (TO1, TO13, SM1). */
	readonly idleTimeoutMs: number | null;
	/** Where the idle timeout is set; undefined when it is the default. */
	readonly idleTimeoutAt: PlacedDirective | undefined;
	/** The key under which nginx looks for a stored answer before it asks the backend; absent when it does not look, or that is not known (UP18). */
	readonly cacheKey?: string;
	/** The named location that the last jump to one asked for, where the server has none of that name (DU10). */
	readonly missing?: string;
	/** The directives that decided, in order. A change of any of them would change the answer. */
	readonly because: readonly Reason[];
	/** outcome unknown: the reason. */
	readonly unknown: string | null;
}
