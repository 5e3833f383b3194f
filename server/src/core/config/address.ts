/** Why nginx refuses an address, as src/core/ngx_inet.c (ngx_parse_url) tells the cases apart. */
export type AddressFault = 'port' | 'host' | 'no-host' | 'no-path' | 'ipv6';

/** An address as nginx cuts it. */
export interface Address {
	readonly fault: AddressFault | undefined;
	/** As written; a unix socket's path with its `unix:`. */
	readonly host: string;
	/** Undefined when none is written, or for a unix socket. */
	readonly port: number | undefined;
	/** What stands behind host and port, from the `/` or the `?` on. */
	readonly rest: string;
}

/**
 * Cuts `host:port` as nginx does (semantics UP16, DU7; src/core/ngx_inet.c, ngx_parse_url), without looking any name up.
 * `server`: a server of an upstream, or an address of stream, which has no URI. `url`: behind the scheme of proxy_pass.
 * `listen`: an address to listen on, which may be a port alone, or a range of ports.
 */
export function readAddress(text: string, kind: 'server' | 'url' | 'listen'): Address {
	if (/^unix:/i.test(text)) return unixAddress(text, kind);
	return text.startsWith('[') ? sixAddress(text, kind) : hostAddress(text, kind);
}

function unixAddress(text: string, kind: 'server' | 'url' | 'listen'): Address {
	const colon = kind === 'url' ? text.indexOf(':', 5) : -1;
	const host = colon === -1 ? text : text.slice(0, colon);
	return {
		fault: host.length === 5 ? 'no-path' : undefined,
		host,
		port: undefined,
		rest: colon === -1 ? '' : text.slice(colon + 1),
	};
}

function sixAddress(text: string, kind: 'server' | 'url' | 'listen'): Address {
	const close = text.indexOf(']');
	if (close === -1) return { fault: 'host', host: text, port: undefined, rest: '' };
	const host = text.slice(0, close + 1);
	const behind = text.slice(close + 1);
	const uri = kind === 'url' ? behind.search(/[/?]/) : behind.indexOf('/');
	const rest = uri === -1 ? '' : behind.slice(uri);
	const port = uri === -1 ? behind : behind.slice(0, uri);
	if (rest !== '' && kind !== 'url') return { fault: 'host', host, port: undefined, rest };
	if (port !== '' && !port.startsWith(':')) return { fault: 'host', host, port: undefined, rest };
	const number = port === '' ? undefined : portOf(port.slice(1), kind);
	if (number === null) return { fault: 'port', host, port: undefined, rest };
	const inner = host.slice(1, -1);
	const fault = inner === '' ? 'no-host' : /^[0-9a-f:.]+$/i.test(inner) && inner.includes(':') ? undefined : 'ipv6';
	return { fault, host, port: number, rest };
}

function hostAddress(text: string, kind: 'server' | 'url' | 'listen'): Address {
	const uri = kind === 'url' ? text.search(/[/?]/) : text.indexOf('/');
	const rest = uri === -1 ? '' : text.slice(uri);
	const head = uri === -1 ? text : text.slice(0, uri);
	const colon = head.indexOf(':');
	const host = colon === -1 ? head : head.slice(0, colon);
	if (rest !== '' && kind !== 'url') return { fault: 'host', host, port: undefined, rest };
	if (colon === -1) {
		const number = kind === 'listen' && /^\d+(?:-\d+)?$/.test(head) ? portOf(head, kind) : undefined;
		if (number === null) return { fault: 'port', host: '*', port: undefined, rest };
		if (number !== undefined) return { fault: undefined, host: '*', port: number, rest };
		return { fault: host === '' ? 'no-host' : undefined, host, port: undefined, rest };
	}
	const port = portOf(head.slice(colon + 1), kind);
	if (port === null) return { fault: 'port', host, port: undefined, rest };
	return { fault: host === '' ? 'no-host' : undefined, host, port, rest };
}

/** A port from 1 to 65535, or the first of a range; null for anything else. */
function portOf(text: string, kind: 'server' | 'url' | 'listen'): number | null {
	const [first = '', last, more] = kind === 'listen' ? text.split('-') : [text];
	const number = oneOf(first);
	if (last === undefined) return number;
	const end = oneOf(last);
	return more !== undefined || number === null || end === null || end < number ? null : number;
}

function oneOf(text: string): number | null {
	const number = /^\d+$/.test(text) ? Number(text) : 0;
	return number >= 1 && number <= 65_535 ? number : null;
}

/** True for an address in which a deployment tool, or nginx at run time, puts something yet. */
export function isOpenAddress(text: string): boolean {
	return /[$%@{}<>]|__/.test(text);
}

/** What is wrong with an address, for a sentence about it. */
export function addressFaultText(fault: AddressFault, text: string): string {
	switch (fault) {
		case 'port':
			return text.includes(':') ? `"${text}" has no port from 1 to 65535 behind its ":"` : `"${text}" is no port from 1 to 65535`;
		case 'host':
			return `"${text}" is no host and port`;
		case 'no-host':
			return text === '' ? 'the address has no host' : `"${text}" has no host before the port or the path`;
		case 'no-path':
			return `"${text}" names no path of a socket`;
		case 'ipv6':
			return `"${text}" holds no IPv6 address in its brackets`;
	}
}
