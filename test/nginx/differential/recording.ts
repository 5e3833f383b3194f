import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { acceptKey } from '../../support/backend.ts';

/** A request as a backend received it. */
export interface Received {
	/** The backend's general address. */
	readonly address: string;
	readonly protocol: 'http' | 'uwsgi' | 'scgi' | 'fastcgi' | 'http2' | 'memcached';
	/** Came over TLS. */
	readonly tls: boolean;
	readonly method: string;
	/** The raw target, one character a byte. */
	readonly uri: string;
	readonly httpVersion: string;
	/** In the order received, names as written; the parameters of uwsgi and scgi. */
	readonly headers: readonly (readonly [string, string])[];
	/** 101, or why not. */
	readonly status: number;
}

/** Serves one connection of nginx: tells the protocol by its first bytes, records the request, answers as a strict WebSocket backend does. */
export function serveRecording(
	socket: Duplex,
	address: string,
	received: Received[],
	certificate: { readonly key: string; readonly cert: string },
	tls = false,
): void {
	let bytes = Buffer.alloc(0);
	socket.on('error', () => socket.destroy());
	const onData = (chunk: Buffer): void => {
		bytes = Buffer.concat([bytes, chunk]);
		if (!tls && bytes[0] === 0x16) {
			socket.off('data', onData);
			socket.pause();
			socket.unshift(bytes);
			const context = { isServer: true, ...certificate };
			// A Duplex will do; the types ask for a Socket of its own.
			serveRecording(
				new TLSSocket(socket as ConstructorParameters<typeof TLSSocket>[0], context),
				address,
				received,
				certificate,
				true,
			);
			return;
		}
		const request = readAny(bytes, address);
		if (request === undefined) return;
		socket.off('data', onData);
		// An open tunnel echoes, so that a client can see that it is one.
		socket.on('data', (more: Buffer) => request.status === 101 && socket.write(more));
		received.push({ ...request, tls });
		answer(socket, request);
	};
	socket.on('data', onData);
}

function answer(socket: Duplex, request: Received): void {
	switch (request.protocol) {
		case 'http': {
			if (request.status === 101)
				socket.write(
					`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(valuesOf(request, 'sec-websocket-key') ?? '')}\r\n\r\n`,
				);
			else socket.end(`HTTP/1.1 ${request.status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
			return;
		}
		case 'uwsgi':
		case 'scgi': {
			const line = request.protocol === 'uwsgi' ? 'HTTP/1.1 ' : 'Status: ';
			if (request.status === 101)
				socket.write(
					`${line}101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(valuesOf(request, 'HTTP_SEC_WEBSOCKET_KEY') ?? '')}\r\n\r\n`,
				);
			else socket.end(`${line}${request.status} Refused\r\nContent-Length: 0\r\n\r\n`);
			return;
		}
		default:
			socket.destroy();
	}
}

function readAny(bytes: Buffer, address: string): Received | undefined {
	const first = bytes[0];
	if (first === 0) return readUwsgi(bytes, address);
	if (first === 1)
		return { address, protocol: 'fastcgi', method: '', uri: '', httpVersion: '', headers: [], status: 0, tls: false };
	if (/^\d+:/.test(bytes.toString('latin1', 0, 8))) return readScgi(bytes, address);
	const start = bytes.subarray(0, 14).toString('latin1');
	if (start === 'PRI * HTTP/2.0')
		return { address, protocol: 'http2', method: '', uri: '', httpVersion: '2', headers: [], status: 0, tls: false };
	if (start.startsWith('get '))
		return { address, protocol: 'memcached', method: '', uri: '', httpVersion: '', headers: [], status: 0, tls: false };
	const end = bytes.indexOf('\r\n\r\n');
	return end === -1 ? undefined : readHttp(bytes.subarray(0, end).toString('latin1'), address);
}

function readHttp(head: string, address: string): Received {
	const [line = '', ...lines] = head.split('\r\n');
	const space = line.indexOf(' ');
	const lastSpace = line.lastIndexOf(' ');
	const headers = lines.map((text): [string, string] => {
		const colon = text.indexOf(': ');
		return [text.slice(0, colon), text.slice(colon + 2).replace(/^[ \t]+|[ \t]+$/g, '')];
	});
	const request: Received = {
		address,
		protocol: 'http',
		method: line.slice(0, space),
		uri: line.slice(space + 1, lastSpace),
		httpVersion: line.slice(lastSpace + 6),
		headers,
		status: 0,
		tls: false,
	};
	const all = (name: string): readonly string[] =>
		headers.filter(([candidate]) => candidate.toLowerCase() === name).map(([, value]) => value);
	const right =
		request.method === 'GET' &&
		request.httpVersion === '1.1' &&
		!request.uri.includes(' ') &&
		all('upgrade').length === 1 &&
		all('upgrade')[0]?.toLowerCase() === 'websocket' &&
		all('connection').some((value) => value.split(',').some((token) => token.trim().toLowerCase() === 'upgrade')) &&
		all('sec-websocket-key').length === 1 &&
		Buffer.from(all('sec-websocket-key')[0] ?? '', 'base64').length === 16 &&
		all('sec-websocket-version').length === 1 &&
		all('sec-websocket-version')[0] === '13';
	return { ...request, status: right ? 101 : all('upgrade').length > 0 ? 400 : 426 };
}

function readUwsgi(bytes: Buffer, address: string): Received | undefined {
	if (bytes.length < 4) return undefined;
	const size = bytes.readUInt16LE(1);
	if (bytes.length < 4 + size) return undefined;
	const headers: [string, string][] = [];
	let at = 4;
	const piece = (): string => {
		const length = bytes.readUInt16LE(at);
		const text = bytes.toString('latin1', at + 2, at + 2 + length);
		at += 2 + length;
		return text;
	};
	while (at < 4 + size) headers.push([piece(), piece()]);
	return readParameters(address, 'uwsgi', headers);
}

function readScgi(bytes: Buffer, address: string): Received | undefined {
	const colon = bytes.indexOf(':');
	if (colon === -1) return undefined;
	const size = Number(bytes.toString('latin1', 0, colon));
	if (bytes.length < colon + 1 + size + 1) return undefined;
	const parts = bytes.toString('latin1', colon + 1, colon + 1 + size).split('\0');
	const headers: [string, string][] = [];
	for (let index = 0; index + 1 < parts.length; index += 2) headers.push([parts[index] ?? '', parts[index + 1] ?? '']);
	return readParameters(address, 'scgi', headers);
}

/** uwsgi and scgi pass the client's headers as `HTTP_*`; what else there is the configuration decides. */
function readParameters(address: string, protocol: 'uwsgi' | 'scgi', headers: [string, string][]): Received {
	const request: Received = { address, protocol, method: '', uri: '', httpVersion: '', headers, status: 0, tls: false };
	const right =
		(valuesOf(request, 'HTTP_UPGRADE') ?? '').toLowerCase() === 'websocket' &&
		(valuesOf(request, 'HTTP_CONNECTION') ?? '').split(',').some((token) => token.trim().toLowerCase() === 'upgrade') &&
		Buffer.from(valuesOf(request, 'HTTP_SEC_WEBSOCKET_KEY') ?? '', 'base64').length === 16 &&
		valuesOf(request, 'HTTP_SEC_WEBSOCKET_VERSION') === '13' &&
		(valuesOf(request, 'REQUEST_METHOD') ?? 'GET') === 'GET';
	return { ...request, status: right ? 101 : 400 };
}

/** The values of a header (or parameter), joined; undefined when it was not sent. */
export function valuesOf(request: Received, name: string): string | undefined {
	const values = request.headers
		.filter(([candidate]) => candidate.toLowerCase() === name.toLowerCase())
		.map(([, value]) => value);
	return values.length === 0 ? undefined : values.join(', ');
}
