import { endpointOf } from './endpoint.ts';
import { MASK, maskHeader, maskUrl } from './secrets.ts';
import type { HandshakeTrace, HeaderLines } from './trace.ts';

/** What a handshake is made of, without making it. */
export interface RecipeOptions {
	/** `host`, `host:port`, `[v6]:port` or `unix:/path` to connect to in place of the URL's. */
	readonly connectTo?: string | undefined;
	readonly headers?: HeaderLines | undefined;
	readonly cookies?: readonly (readonly [string, string])[] | undefined;
	readonly auth?: { readonly kind: 'basic' | 'bearer' } | undefined;
	readonly origin?: string | undefined;
	readonly subprotocols?: readonly string[] | undefined;
	readonly insecure?: boolean | undefined;
	readonly proxy?: string | undefined;
	readonly message?: { readonly text: string; readonly expected?: string | undefined } | undefined;
}

/** A handshake as other tools are told of it: secrets are masked. */
export interface Recipe extends Pick<HandshakeTrace, 'url' | 'connectedTo' | 'overridden' | 'proxy' | 'request'> {
	readonly insecure: boolean;
	readonly message: { readonly text: string; readonly expected?: string | undefined } | undefined;
}

/** The handshake that the options describe, as a client would send it. The key is the one of RFC 6455 §1.3. */
export function handshakeRecipe(url: string, options: RecipeOptions): Recipe {
	const { scheme, authority: host, port } = endpointOf(url);
	const secure = scheme === 'wss';
	const headers: [string, string][] = [
		['Host', host],
		['Upgrade', 'websocket'],
		['Connection', 'Upgrade'],
		['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
		['Sec-WebSocket-Version', '13'],
	];
	const { origin = 'none', subprotocols = [], cookies = [], auth } = options;
	if (origin !== 'none') headers.push(['Origin', origin === 'same' ? `${secure ? 'https' : 'http'}://${host}` : origin]);
	if (subprotocols.length > 0) headers.push(['Sec-WebSocket-Protocol', subprotocols.join(', ')]);
	if (cookies.length > 0) headers.push(['Cookie', cookies.map(([name]) => `${name}=${MASK}`).join('; ')]);
	if (auth !== undefined) headers.push(['Authorization', `${auth.kind === 'basic' ? 'Basic' : 'Bearer'} ${MASK}`]);
	const own = options.headers ?? [];
	const replaced = new Set(own.map(([name]) => name.toLowerCase()));
	const kept = headers.filter(([name]) => !replaced.has(name.toLowerCase()));
	return {
		url: maskUrl(url),
		connectedTo: options.connectTo === undefined ? undefined : withPort(options.connectTo, port),
		overridden: options.connectTo !== undefined,
		proxy: options.proxy === undefined ? undefined : endpointOf(options.proxy).authority,
		request: { headers: [...kept, ...own].map(([name, value]) => [name, maskHeader(name, value)] as const) },
		insecure: options.insecure === true,
		message: options.message,
	};
}

function withPort(endpoint: string, port: string): string {
	if (endpoint.startsWith('unix:') || /^(\[[^\]]*\]|[^:]*):\d+$/.test(endpoint)) return endpoint;
	return endpoint.includes(':') && !endpoint.startsWith('[') ? `[${endpoint}]:${port}` : `${endpoint}:${port}`;
}
