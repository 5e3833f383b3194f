import { lookup as dnsLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Failure, failureOf, whileBounded } from './bounds.ts';

export interface Address {
	readonly address: string;
	readonly family: 4 | 6;
}

/** Name → addresses, as `dns.lookup` with `all`. */
export type Lookup = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** Where a connection goes: an endpoint of TCP, or a unix socket. */
export type Endpoint =
	| { readonly kind: 'tcp'; readonly host: string; readonly port: number }
	| { readonly kind: 'unix'; readonly path: string };

/** Reads `host`, `host:port`, `[v6]`, `[v6]:port`, a bare IPv6 address, or `unix:/path`; undefined when it is none of them. */
export function parseEndpoint(text: string, defaultPort: number): Endpoint | undefined {
	if (/^unix:./i.test(text)) return { kind: 'unix', path: text.slice(5) };
	if (isIP(text) === 6) return { kind: 'tcp', host: text, port: defaultPort };
	const match = /^(?:\[([^\]]+)\]|([^:[\]/\s@]+))(?::(\d{1,5}))?$/.exec(text);
	const host = match?.[1] ?? match?.[2];
	if (match === null || host === undefined || (match[1] !== undefined && isIP(match[1]) !== 6)) return undefined;
	const port = match[3] === undefined ? defaultPort : Number(match[3]);
	return port >= 1 && port <= 65_535 ? { kind: 'tcp', host, port } : undefined;
}

/** True for an address of this machine's loopback network (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3), also one mapped into IPv6. */
export function isLoopbackAddress(address: string): boolean {
	const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
	return isIP(plain) === 4 ? plain.startsWith('127.') : plain === '::1' || plain === '0:0:0:0:0:0:0:1';
}

/**
 * The addresses of a host. `localhost` and all names under it are this machine (RFC 6761 §6.3), whatever DNS says. `looked` tells whether
 * a name had to be looked up. Fails with stage `dns`.
 */
export async function addressesOf(
	host: string,
	signal: AbortSignal,
	lookup: Lookup = (name) => dnsLookup(name, { all: true, verbatim: true }),
): Promise<{ readonly addresses: readonly Address[]; readonly looked: boolean }> {
	const family = isIP(host);
	if (family === 4 || family === 6) return { addresses: [{ address: host, family }], looked: false };
	if (/(^|\.)localhost\.?$/i.test(host))
		return {
			addresses: [
				{ address: '127.0.0.1', family: 4 },
				{ address: '::1', family: 6 },
			],
			looked: false,
		};
	const found = await whileBounded<Awaited<ReturnType<Lookup>>>(signal, (done, fail) => {
		lookup(host).then(done, (error) => fail(failureOf('dns', error)));
		return () => undefined;
	});
	const addresses = found.map(({ address, family }): Address => ({ address, family: family === 6 ? 6 : 4 }));
	if (addresses.length === 0) throw new Failure('dns', 'ENOTFOUND', `${host} has no address`);
	return { addresses, looked: true };
}
