import type { Listen } from '../config/listen.ts';
import type { LocationMatch } from '../config/location.ts';
import type { Place, PlacedDirective, Scope } from '../config/model.ts';
import type { ClientRequest, Prediction } from '../request/prediction.ts';

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
	/** The listen it goes to. */
	readonly listen: Listen;
	readonly path: string;
	/** True when the host name is only an example (wildcard, regex, no name). */
	readonly hostOpen: boolean;
	/** True when the server has names, and none that could be turned into an example: the host may be another server's. */
	readonly hostGuessed: boolean;
	/** True when the path is only an example (prefix, regex). */
	readonly pathOpen: boolean;
}

/** A place where a WebSocket handshake can land: a location, or a stream server, that proxies or should. Predictions are made when asked for. */
export interface Route {
	/** Stable for one text of a configuration: path, and offset of the location. */
	readonly id: string;
	/** The location's directive, or the stream server's. */
	readonly at: PlacedDirective;
	readonly server: Scope;
	/** The location's scope; the server's for a stream route. */
	readonly location: Scope;
	/** How the location matches; undefined for a stream route. */
	readonly match: LocationMatch | undefined;
	/** The proxy_pass, uwsgi_pass … that the location itself holds; undefined when it lost its handler, or holds it only in an `if`. */
	readonly handler: PlacedDirective | undefined;
	readonly intent: Intent;
	/** One for each listen; empty when no request from outside is meant to get there (named, internal), or no example path is known. */
	readonly urls: readonly RouteUrl[];
	/** The handshake request that the predictions below stand on. */
	readonly request: ClientRequest;
	/** What the location does with a handshake, once chosen: the best that some client gets. */
	readonly handshake: Prediction;
	/** What it does with that very request. */
	readonly handshakeOfExample: Prediction;
	/** The same with a client that sends `Connection: keep-alive, Upgrade` (HD13, HD14). */
	readonly handshakeKeepAlive: Prediction;
	/** A plain GET to the same place. */
	readonly plain: Prediction;
	/** What nginx does with a handshake from outside, server, location search and all: the best that some client gets. Undefined without a URL, or without a host that is the server's. */
	readonly outside: Prediction | undefined;
	/** What it does with that very request. */
	readonly outsideOfExample: Prediction | undefined;
	/** What the best-placed client gets that asks for the path of the example itself (of socket.io: with a slash at its end), and for no other. */
	readonly outsideOfPath: Prediction | undefined;
}
