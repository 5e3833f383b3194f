import type { Place, PlacedDirective, Scope } from '../config/model.ts';
import type { Prediction } from '../request/prediction.ts';

/** Why we think that a location is, or is not, meant for WebSockets (design §2). */
export interface Evidence {
	readonly text: string;
	readonly at: Place;
}

export interface Intent {
	readonly level: 'certain' | 'likely' | 'none';
	readonly evidence: readonly Evidence[];
}

/** A URL that reaches a route. What the configuration leaves open is marked. */
export interface RouteUrl {
	readonly scheme: 'ws' | 'wss';
	/** A host name that selects the server; `localhost` when any name does. */
	readonly host: string;
	readonly port: number;
	/** The address to connect to, as in `listen`: `*`, `127.0.0.1`, `[::]`, `unix:/path`. */
	readonly address: string;
	readonly path: string;
	/** True when the host name or the path is only an example (regex, wildcard, prefix). */
	readonly hostOpen: boolean;
	readonly pathOpen: boolean;
}

/** A place where a WebSocket handshake can land: a location (or `if`, `limit_except`, stream server) that proxies or should. */
export interface Route {
	/** Stable for one configuration: file, line and the server's first listen. */
	readonly id: string;
	readonly server: Scope;
	/** The location's scope; the server's for a stream route. */
	readonly location: Scope;
	/** The proxy_pass, uwsgi_pass … in effect; undefined when the location lost its handler. */
	readonly handler: PlacedDirective | undefined;
	readonly intent: Intent;
	readonly urls: readonly RouteUrl[];
	/** What nginx does with a handshake that reaches this location from outside (through its own url). */
	readonly handshake: Prediction;
	/** The same with the client's `Connection: keep-alive, Upgrade` (Firefox before 100, HD14). */
	readonly handshakeKeepAlive: Prediction;
	/** A plain GET to the same place. */
	readonly plain: Prediction;
}
