import type { Random } from './random.ts';
import type { Item, Word } from './tree.ts';

/** Addresses of the generated texts. Each lane of a run puts its own in their place, so that runs do not meet. */
export const NET = '127.77.77.';
/** The ports that nginx listens on. */
export const PORTS: readonly string[] = ['18001', '18002', '18003'];
/** The port with TLS. */
export const TLS_PORT = '18004';
/** The ports of the stream servers. */
export const STREAM_PORT = '18006';
export const STREAM_TLS_PORT = '18007';
/** The folder of the unix sockets. */
export const SOCKETS = '/tmp/nginx-lane';
/** Where the recording backends listen. */
export const BACKENDS: readonly string[] = [
	`${NET}1:19001`,
	`${NET}1:19002`,
	`${NET}1:19003`,
	`${NET}2:19001`,
	`${NET}2:19002`,
	`unix:${SOCKETS}/a.sock`,
	`unix:${SOCKETS}/b.sock`,
];

/** Nobody listens here. */
export const DEAD_BACKEND = `${NET}1:19099`;
/** A unix socket of nginx's own. */
export const LISTENING_SOCKET = `unix:${SOCKETS}/listen.sock`;

/** What a configuration has more of than usual, so that rare constructs meet each other. */
export type Theme =
	| 'access'
	| 'geo'
	| 'split'
	| 'redirects'
	| 'real ip'
	| 'referers'
	| 'headers'
	| 'methods'
	| 'expressions'
	| 'names'
	| 'maps'
	| 'jumps'
	| 'modules'
	| 'conditions'
	| 'stream'
	| 'none';
const THEMES: readonly Theme[] = [
	'access',
	'geo',
	'split',
	'redirects',
	'real ip',
	'referers',
	'headers',
	'methods',
	'expressions',
	'names',
	'names',
	'names',
	'maps',
	'maps',
	'jumps',
	'modules',
	'conditions',
	'stream',
	'stream',
	'none',
	'none',
	'none',
];

/** A listening socket that requests can be sent to. */
export interface Listen {
	/** `address:port`, as a client connects to it, or `unix:/path`. */
	readonly address: string;
	readonly tls: boolean;
	/** The client names the host in its TLS greeting. */
	readonly sni?: true;
}

/** What is known of a configuration while it is generated; requests are made from it. */
export class World {
	readonly random: Random;
	readonly listens: Listen[] = [];
	/** Host names worth asking for. */
	readonly hosts: string[] = [];
	/** Decoded paths worth asking for. */
	readonly paths: string[] = [];
	/** Variables of the http block, with what they may yield. */
	readonly variables: string[] = [];
	/** Variables that yield `upgrade` for a handshake, more or less. */
	readonly connectionVariables: string[] = [];
	/** Variables that yield a backend (upstream name or address). */
	readonly backendVariables: string[] = [];
	/**
	 * A map has numbered groups. nginx measures headers before it writes them, and such a map changes $1 in between: what is sent then is
	 * not defined.
	 */
	mapsCapture = false;
	readonly upstreams: string[] = [];
	/** Upstreams that are spoken to over TLS. */
	readonly secureUpstreams = new Set<string>();

	readonly theme: Theme;

	constructor(random: Random) {
		this.random = random;
		this.theme = random.pick(THEMES);
	}

	/** True `percent` times in a hundred, mostly when the configuration is about this. */
	often(theme: Theme, percent: number): boolean {
		return this.random.chance(this.theme === theme ? 60 : percent);
	}

	/** A directive, with a way of writing it. */
	item(name: string, args: readonly (string | Word)[], children?: readonly Item[]): Item {
		const style = this.random.below(0x7fffffff);
		return children === undefined ? { name, args, style } : { name, args, children, style };
	}

	/** An address of a backend, as it stands in `server` and behind `http://`. */
	backend(): string {
		return this.random.chance(90) ? this.random.pick(BACKENDS.slice(0, 5)) : this.random.pick(BACKENDS.slice(5));
	}
}

/** What stands around a directive: which captures and variables have values there. */
export interface Surroundings {
	/** The last regex has this many groups. */
	readonly captures: number;
	/** Named captures and `set` variables, without `$`. */
	readonly names: readonly string[];
	/** Names of locations of this server, without `@`. */
	readonly named: readonly string[];
}

export const NOWHERE: Surroundings = { captures: 0, names: [], named: [] };
