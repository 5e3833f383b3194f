import { type Listen, listensOf } from '../core/config/listen.ts';
import type { Configuration, Scope } from '../core/config/model.ts';
import { endpointOf } from '../core/handshake/endpoint.ts';
import type { ClientRequest } from '../core/request/prediction.ts';
import { handshakeRequest } from '../core/routes/urls.ts';
import { toBytes } from '../core/text/bytes.ts';

/** The parts of a ws, wss, http or https URL. */
export interface UrlParts {
	readonly tls: boolean;
	/** In brackets when it is an IPv6 address. */
	readonly host: string;
	readonly port: number;
	/** Path and query as they go onto the wire, without the fragment. */
	readonly target: string;
}

/** Takes a URL apart; undefined for what is none of the four schemes or has no host. */
export function readUrl(url: string): UrlParts | undefined {
	const match = /^(ws|wss|http|https):\/\/(?:[^/?#@]*@)?(\[[0-9a-f:.]+\]|[^/?#:@[\]]+)(?::(\d{1,5}))?([/?][^#]*)?(?:#.*)?$/i.exec(
		url.trim(),
	);
	if (match?.[1] === undefined || match[2] === undefined) return undefined;
	const tls = match[1].toLowerCase() === 'wss' || match[1].toLowerCase() === 'https';
	const port = match[3] === undefined ? (tls ? 443 : 80) : Number(match[3]);
	if (port > 65_535) return undefined;
	const written = match[4] ?? '/';
	const target = written.startsWith('/') ? written : `/${written}`;
	return {
		tls,
		host: match[2].toLowerCase(),
		port,
		target: target.replace(/\p{Surrogate}/gu, '\ufffd').replace(/[^\x21-\x7e]/gu, (char) => encodeURIComponent(char)),
	};
}

/**
 * The handshake that a client sends for a URL, as nginx gets it. `headers` are sent in place of those of the same name; one with an
 * empty value is not sent at all.
 */
export function requestOfUrl(
	configuration: Configuration,
	url: UrlParts,
	headers: readonly (readonly [string, string])[] = [],
): ClientRequest {
	const request = handshakeRequest({
		scheme: url.tls ? 'wss' : 'ws',
		host: url.host,
		port: url.port,
		listen: { ...NO_LISTEN, address: addressFor(configuration, url), port: url.port },
		path: url.target,
		hostOpen: false,
		hostGuessed: false,
		pathOpen: false,
	});
	const replaced = new Set(headers.map(([name]) => name.toLowerCase()));
	return {
		...request,
		headers: [
			...request.headers.filter(([name]) => !replaced.has(name.toLowerCase())),
			...headers.filter(([, value]) => value !== ''),
		],
	};
}

/** The options of a handshake that decide which headers it sends. */
interface Sending {
	readonly origin?: string | undefined;
	readonly headers?: readonly (readonly [string, string])[] | undefined;
	readonly cookies?: readonly (readonly [string, string])[] | undefined;
	readonly subprotocols?: readonly string[] | undefined;
	readonly auth?:
		| { readonly kind: 'basic'; readonly user: string; readonly password: string }
		| { readonly kind: 'bearer'; readonly token: string }
		| undefined;
}

declare const btoa: (bytes: string) => string;

/** The headers that a handshake of these options sends in addition, for `requestOfUrl`. Without an Origin that was asked for it sends none. */
export function headersSent(url: string, options: Sending): readonly (readonly [string, string])[] {
	const { origin = 'none', headers = [], cookies = [], subprotocols = [], auth } = options;
	const own = (): string => `${readUrl(url)?.tls ? 'https' : 'http'}://${endpointOf(url).authority}`;
	return [
		['Origin', origin === 'none' ? '' : origin === 'same' ? own() : origin],
		...(subprotocols.length === 0 ? [] : [['Sec-WebSocket-Protocol', subprotocols.join(',')] as const]),
		...headers,
		...(cookies.length === 0 ? [] : [['Cookie', cookies.map(([name, value]) => `${name}=${value}`).join('; ')] as const]),
		...(auth === undefined
			? []
			: [
					[
						'Authorization',
						auth.kind === 'bearer' ? `Bearer ${auth.token}` : `Basic ${btoa(toBytes(`${auth.user}:${auth.password}`))}`,
					] as const,
				]),
	];
}

const NO_LISTEN: Listen = {
	address: '*',
	port: 0,
	tls: false,
	http2: false,
	quic: false,
	proxyProtocol: false,
	defaultServer: false,
	dual: false,
	at: undefined,
};

/** The address on this machine that a connection for a URL comes in on: an address as it is, else one that a fitting server listens on. */
function addressFor(configuration: Configuration, { host, port }: UrlParts): string {
	if (host.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(host)) return host;
	if (host === 'localhost') return '127.0.0.1';
	const there = serversOf(configuration.root).flatMap((server) =>
		listensOf(server)
			.filter((listen) => listen.port === port)
			.map((listen) => ({ address: listen.address, named: namesOf(server).includes(host) })),
	);
	const chosen = there.find(({ named }) => named) ?? there.find(({ address }) => isWildcard(address)) ?? there[0];
	if (chosen === undefined) return '127.0.0.1';
	if (!isWildcard(chosen.address)) return chosen.address;
	if (chosen.address === '[::]') return '[::1]';
	// An address that no listen names, so that the wildcard takes it (documentation range of RFC 5737).
	return there.some(({ address }) => address === '127.0.0.1' || address === 'localhost') ? '192.0.2.1' : '127.0.0.1';
}

function isWildcard(address: string): boolean {
	return address === '*' || address === '0.0.0.0' || address === '[::]';
}

function namesOf(server: Scope): readonly string[] {
	return (server.byName.get('server_name') ?? []).flatMap(({ node }) => node.args.map(({ value }) => value.toLowerCase()));
}

function serversOf(root: Scope): readonly Scope[] {
	const found: Scope[] = [];
	const waiting: Scope[] = [root];
	for (let scope = waiting.pop(); scope !== undefined; scope = waiting.pop())
		if (scope.context === 'server' || scope.context === 'stream server') found.push(scope);
		else if (scope.context === 'main' || scope.context === 'http' || scope.context === 'stream')
			for (const { body } of scope.directives) if (body !== undefined) waiting.push(body);
	return found.reverse();
}
