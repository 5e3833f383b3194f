import type { HeaderCheck, HeaderLines, ResponseChecks } from './trace.ts';

export interface Offered {
	/** The Sec-WebSocket-Accept that follows from the key that was sent (RFC 6455 §4.2.2). */
	readonly accept: string;
	readonly subprotocols: readonly string[];
	/** Names of the offered extensions, in lower case. */
	readonly extensions: readonly string[];
}

/** Judges the headers of a 101 as RFC 6455 §4.1 tells a client to, which is what browsers do. */
export function checkResponse(headers: HeaderLines, offered: Offered): ResponseChecks {
	return {
		accept: single(headers, 'sec-websocket-accept', (value) => value === offered.accept),
		upgrade: single(headers, 'upgrade', (value) => value.toLowerCase() === 'websocket'),
		connection: connection(headers),
		subprotocol: subprotocol(headers, offered.subprotocols),
		extensions: extensions(headers, offered.extensions),
	};
}

/** Every check is as a browser wants it. */
export function allRight(checks: ResponseChecks): boolean {
	return Object.values(checks).every((check) => check === 'right' || check === 'none');
}

function valuesOf(headers: HeaderLines, name: string): readonly string[] {
	return headers.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value.trim());
}

/** A header that must come exactly once. */
function single(headers: HeaderLines, name: string, good: (value: string) => boolean): HeaderCheck {
	const [value, ...more] = valuesOf(headers, name);
	if (value === undefined) return 'missing';
	return more.length === 0 && good(value) ? 'right' : 'wrong';
}

function connection(headers: HeaderLines): HeaderCheck {
	const values = valuesOf(headers, 'connection');
	if (values.length === 0) return 'missing';
	const tokens = values.flatMap((value) => value.split(',')).map((token) => token.trim().toLowerCase());
	return tokens.includes('upgrade') ? 'right' : 'wrong';
}

function subprotocol(headers: HeaderLines, offered: readonly string[]): 'none' | HeaderCheck {
	const values = valuesOf(headers, 'sec-websocket-protocol');
	if (values.length === 0) return offered.length === 0 ? 'none' : 'missing';
	const [value = '', ...more] = values;
	return more.length === 0 && offered.includes(value) ? 'right' : 'wrong';
}

function extensions(headers: HeaderLines, offered: readonly string[]): 'none' | 'right' | 'wrong' {
	const names = valuesOf(headers, 'sec-websocket-extensions')
		.flatMap((value) => value.split(','))
		.map((text) => (text.split(';')[0] ?? '').trim().toLowerCase())
		.filter((name) => name !== '');
	if (names.length === 0) return 'none';
	return names.every((name) => offered.includes(name)) && new Set(names).size === names.length ? 'right' : 'wrong';
}
