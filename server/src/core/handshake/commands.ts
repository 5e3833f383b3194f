import { MASK } from './secrets.ts';
import type { HandshakeTrace } from './trace.ts';

/** A handshake that was made, or only described. */
type Described = Pick<HandshakeTrace, 'url' | 'connectedTo' | 'overridden' | 'proxy' | 'request'> &
	Partial<Pick<HandshakeTrace, 'tls' | 'failure'>> & {
		/** Any certificate is to be taken. */
		readonly insecure?: boolean;
	};

/** Headers that curl is given for every handshake, so that the command shows what it does; wscat makes them itself. */
const OF_THE_HANDSHAKE: ReadonlySet<string> = new Set([
	'connection',
	'upgrade',
	'sec-websocket-key',
	'sec-websocket-version',
	'sec-websocket-extensions',
]);

/**
 * The same handshake as a curl command for a POSIX shell. HTTP/1.1 is forced: over TLS curl would choose HTTP/2 and drop the handshake's
 * headers (semantics PR4). It ends after ten seconds, because curl holds an upgraded connection open. A masked secret becomes a shell variable.
 */
export function curlCommand(trace: Described): string {
	const { scheme, host, port, rest } = partsOf(trace.url);
	const secure = scheme === 'wss' || scheme === 'https';
	const words = ['curl', '--http1.1', '--include', '--no-buffer', '--silent', '--show-error', '--max-time 10'];
	if (trace.overridden && trace.connectedTo !== undefined)
		words.push(
			trace.connectedTo.startsWith('unix:')
				? `--unix-socket ${quote(trace.connectedTo.slice(5))}`
				: `--connect-to ${quote(`${host}:${port}:${trace.connectedTo}`)}`,
		);
	if (trace.proxy !== undefined) words.push(`--proxy ${quote(`http://${trace.proxy}`)} --proxytunnel`);
	if (takesAny(trace)) words.push('--insecure');
	for (const [name, value] of trace.request.headers)
		if (name.toLowerCase() !== 'host' || value !== hostValue(host, port, secure))
			words.push(`--header ${quote(`${name}: ${value}`, variableName(name))}`);
	words.push(quote(`${secure ? 'https' : 'http'}://${host}${rest.authority}${rest.target}`, 'SECRET'));
	return words.join(' ');
}

/**
 * The same with wscat. It cannot connect elsewhere than the URL says, so an override goes into the URL and the name into `--host`; the
 * name that TLS asks for is then the address. Runs one message-less connection; needs a terminal (without one it says nothing).
 */
export function wscatCommand(trace: Described): string {
	const { scheme, host, rest } = partsOf(trace.url);
	const secure = scheme === 'wss' || scheme === 'https';
	const words = ['wscat'];
	const elsewhere = trace.overridden && trace.connectedTo !== undefined && !trace.connectedTo.startsWith('unix:');
	const authority = elsewhere ? trace.connectedTo : `${host}${rest.authority}`;
	words.push(`--connect ${quote(`${secure ? 'wss' : 'ws'}://${authority}${rest.target}`, 'SECRET')}`);
	if (elsewhere) words.push(`--host ${quote(`${host}${rest.authority}`)}`);
	if (secure && (elsewhere || takesAny(trace))) words.push('--no-check');
	if (trace.proxy !== undefined) words.push(`--proxy ${quote(`http://${trace.proxy}`)}`);
	for (const [name, value] of trace.request.headers) {
		const lower = name.toLowerCase();
		if (lower === 'host' || OF_THE_HANDSHAKE.has(lower)) continue;
		if (lower === 'origin') words.push(`--origin ${quote(value)}`);
		else if (lower === 'sec-websocket-protocol')
			for (const token of value.split(',')) words.push(`--subprotocol ${quote(token.trim(), 'SUBPROTOCOL')}`);
		else words.push(`--header ${quote(`${name}: ${value}`, variableName(name))}`);
	}
	return words.join(' ');
}

/** The handshake went on though the certificate was not good, or is to. */
function takesAny({ insecure, tls, failure }: Described): boolean {
	return insecure === true || (tls !== undefined && !tls.authorized && failure?.stage !== 'tls');
}

/** One word of a POSIX shell. Nothing in it is expanded, save that each mask becomes the variable. */
function quote(text: string, variable = 'SECRET'): string {
	const parts = text.split(MASK).map((part) => (part === '' ? '' : `'${part.replaceAll("'", "'\\''")}'`));
	const word = parts.join(`"$${variable}"`);
	return word === '' ? "''" : word;
}

function variableName(header: string): string {
	return header.toUpperCase().replace(/\W/g, '_');
}

function hostValue(host: string, port: number, secure: boolean): string {
	return port === (secure ? 443 : 80) ? host : `${host}:${port}`;
}

function partsOf(url: string): {
	readonly scheme: string;
	readonly host: string;
	readonly port: number;
	readonly rest: { readonly authority: string; readonly target: string };
} {
	const match = /^([a-z]+):\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)(:\d+)?([^#]*)/i.exec(url);
	const scheme = (match?.[1] ?? 'ws').toLowerCase();
	const authority = match?.[3] ?? '';
	const port = authority === '' ? (scheme === 'wss' || scheme === 'https' ? 443 : 80) : Number(authority.slice(1));
	const target = match?.[4] ?? '';
	return {
		scheme,
		host: match?.[2] ?? '',
		port,
		rest: { authority, target: target.startsWith('/') ? target : `/${target}` },
	};
}
