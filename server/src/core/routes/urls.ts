import { listensOf } from '../config/listen.ts';
import { type LocationMatch, locationMatch } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import { compileRegex } from '../config/regex.ts';
import type { ClientRequest } from '../request/prediction.ts';
import { examplePath, exampleText } from './examplePath.ts';
import type { RouteUrl } from './route.ts';

/** The URLs at which a location of a server is reached, one for each TCP listen, TLS ones first. */
export function urlsOf(server: Scope, match: LocationMatch, at?: PlacedDirective): readonly RouteUrl[] {
	return serverUrls(server)(match, at);
}

/** The URLs of one server's locations. `at`: the location, where it may stand in another one. */
export type ServerUrls = (match: LocationMatch, at?: PlacedDirective) => readonly RouteUrl[];

/** `urlsOf` for many locations of one server: its names and listens are read once, when first asked for. */
export function serverUrls(server: Scope): ServerUrls {
	let doors: readonly Omit<RouteUrl, 'path' | 'pathOpen'>[] | undefined;
	return (match, at) => {
		const path = examplePath(match, matchesAround(at));
		if (path === undefined) return [];
		doors ??= doorsOf(server);
		return doors.map((door) => ({ ...door, path: path.path, pathOpen: path.open }));
	};
}

/** The locations around one, the innermost first. */
function matchesAround(at: PlacedDirective | undefined): readonly LocationMatch[] {
	const around: LocationMatch[] = [];
	for (let outer = at?.scope; outer?.context === 'location'; outer = outer.parent) {
		const match = outer.opener && locationMatch(outer.opener);
		if (match !== undefined) around.push(match);
	}
	return around;
}

function doorsOf(server: Scope): readonly Omit<RouteUrl, 'path' | 'pathOpen'>[] {
	const host = hostOf(server);
	return listensOf(server)
		.filter((listen) => !listen.quic)
		.map((listen) => ({
			scheme: listen.tls ? ('wss' as const) : ('ws' as const),
			host: host.name ?? (isWildcard(listen.address) ? 'localhost' : listen.address),
			port: listen.port,
			listen,
			hostOpen: host.open,
			hostGuessed: host.name === undefined && host.isNamed,
		}))
		.sort((a, b) => Number(b.scheme === 'wss') - Number(a.scheme === 'wss'));
}

/** `wss://example.com/ws/`: the port only where it is not the scheme's own. */
export function formatUrl(url: RouteUrl): string {
	return `${url.scheme}://${authorityOf(url)}${url.path}`;
}

function authorityOf(url: RouteUrl): string {
	const standard = url.scheme === 'wss' ? 443 : 80;
	return url.port === standard || url.port === 0 ? url.host : `${url.host}:${url.port}`;
}

/** A key as a client makes it up. Not that of RFC 6455's example, which a configuration may hold as a constant. */
const EXAMPLE_KEY = 'S7wJ1vE0pZfQ4nKc9tYx2g==';

const UPGRADE = ['Upgrade', 'websocket'] as const;
const VERSION = ['Sec-WebSocket-Version', '13'] as const;
const KEY = ['Sec-WebSocket-Key', EXAMPLE_KEY] as const;

/** A conforming client's handshake for a URL, as a browser sends it (no Referer, semantics RT23). */
export function handshakeRequest(url: RouteUrl | undefined, connection = 'Upgrade'): ClientRequest {
	const authority = url === undefined ? 'localhost' : authorityOf(url);
	return {
		...requestLine(url),
		headers: [
			['Host', authority],
			['Connection', connection],
			UPGRADE,
			['Origin', `${url?.scheme === 'wss' ? 'https' : 'http'}://${authority}`],
			VERSION,
			KEY,
		],
	};
}

/** Handshakes that come to the same place as the example of a URL: to the address that no other listen names, and with a longer path. */
export function requestsForSome(url: RouteUrl): readonly ClientRequest[] {
	const listen = openListen(url);
	const longer = { ...url, path: `${url.path}${url.path.endsWith('/') ? '' : '/'}room` };
	return (url.pathOpen ? [url, longer] : [url]).map((one) => ({ ...handshakeRequest(one), ...listen }));
}

/** The address that no other listen names. */
function openListen({ listen: { address, port } }: RouteUrl): Partial<Pick<ClientRequest, 'listen'>> {
	return address === '*' || address === '0.0.0.0' ? { listen: `*:${port}` } : {};
}

/** A handshake for the path of a URL and nothing behind it; a client of socket.io asks for its path with a slash at the end. */
export function requestForOwnPath(url: RouteUrl): ClientRequest {
	const slash = url.pathOpen && /(?:socket|engine)\.io$/i.test(url.path) ? '/' : '';
	return { ...handshakeRequest({ ...url, path: `${url.path}${slash}` }), ...openListen(url) };
}

/** A browser's plain GET for the same URL. */
export function plainRequest(url: RouteUrl | undefined): ClientRequest {
	return {
		...requestLine(url),
		headers: [
			['Host', url === undefined ? 'localhost' : authorityOf(url)],
			['Connection', 'keep-alive'],
		],
	};
}

function requestLine(url: RouteUrl | undefined): Pick<ClientRequest, 'listen' | 'tls' | 'method' | 'uri'> {
	return { listen: url && listenAddress(url), tls: url?.scheme === 'wss', method: 'GET', uri: url?.path ?? '/' };
}

function listenAddress(url: RouteUrl): string {
	const { address, port } = url.listen;
	if (address.startsWith('unix:')) return address;
	if (address === '*' || address === '0.0.0.0') return `127.0.0.1:${port}`;
	if (address === '[::]') return `[::1]:${port}`;
	return `${address}:${port}`;
}

function isWildcard(address: string): boolean {
	return address === '*' || address === '0.0.0.0' || address === '[::]' || address.startsWith('unix:');
}

/** A host name that selects the server: its first plain name, else one that fits its first wildcard, or an expression. `isNamed`: it has names. */
function hostOf(server: Scope): { readonly name: string | undefined; readonly open: boolean; readonly isNamed: boolean } {
	const names = (server.byName.get('server_name') ?? []).flatMap((placed) => placed.node.args.map((word) => word.value));
	const plain = names.find((name) => /^(?!_$)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$|^\[[\da-f:]+\]$/i.test(name));
	const isNamed = names.some((name) => name !== '_' && name !== '');
	if (plain !== undefined) return { name: plain.toLowerCase(), open: false, isNamed };
	const wildcard = names.find((name) => /^(?:\*?\.[a-z0-9.-]+|[a-z0-9.-]+\.\*)$/i.test(name));
	if (wildcard === undefined) return { name: names.map(exampleHost).find((name) => name !== undefined), open: true, isNamed };
	const name = wildcard.startsWith('*')
		? `www${wildcard.slice(1)}`
		: wildcard.endsWith('*')
			? `${wildcard.slice(0, -1)}com`
			: wildcard.slice(1);
	return { name: name.toLowerCase(), open: !wildcard.startsWith('.'), isNamed };
}

/** A host that an expression of server_name takes; undefined for what is none, or where none can be named for certain. */
function exampleHost(name: string): string | undefined {
	if (!name.startsWith('~')) return undefined;
	const regex = compileRegex(name.slice(1), true);
	if ('unsupported' in regex) return undefined;
	return [false, true]
		.map((isLonger) => exampleText(name.slice(1), isLonger)?.toLowerCase() ?? '')
		.flatMap((one) => [one, `${one}example.com`, `www${one}`, `www${one}example.com`])
		.find((one) => /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(one) && Boolean(regex.exec(one)));
}
