import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface RawResponse {
	/** 0 when the connection was closed without a response. */
	readonly status: number;
	readonly statusLine: string;
	readonly headers: readonly (readonly [string, string])[];
	/** What came behind the header until the end, or until `untilBytes` were there. */
	readonly body: Buffer;
}

export interface RawRequest {
	readonly method?: string;
	readonly uri: string;
	readonly httpVersion?: string;
	readonly headers: readonly (readonly [string, string])[];
	/** Speak TLS, whatever the certificate. */
	readonly tls?: boolean;
	/** Bytes to send as soon as a 101 is in, and how many to wait for. */
	readonly tunnel?: { readonly send: Buffer; readonly answerLength: number };
}

/** The headers of a conforming handshake. */
export function handshakeHeaders(host: string, connection = 'Upgrade'): [string, string][] {
	return [
		['Host', host],
		['Connection', connection],
		['Upgrade', 'websocket'],
		['Sec-WebSocket-Version', '13'],
		['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
	];
}

/** Sends exactly these bytes and reads the answer. Rejects after `timeoutMs`. */
export function sendRaw(port: number, request: RawRequest, timeoutMs = 5_000, address = '127.0.0.1'): Promise<RawResponse> {
	return new Promise((resolve, reject) => {
		const socket = request.tls ? connectTls({ port, host: address, rejectUnauthorized: false }) : connect(port, address);
		let received = Buffer.alloc(0);
		let sentTunnel = false;
		const timer = setTimeout(() => finish(new Error(`no answer to ${request.uri} in ${timeoutMs} ms`)), timeoutMs);
		const finish = (error?: Error): void => {
			clearTimeout(timer);
			socket.destroy();
			if (error !== undefined) reject(error);
			else resolve(readResponse(received));
		};
		socket.on(request.tls ? 'secureConnect' : 'connect', () => {
			const lines = request.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
			socket.write(`${request.method ?? 'GET'} ${request.uri} HTTP/${request.httpVersion ?? '1.1'}\r\n${lines}\r\n`, 'latin1');
		});
		socket.on('data', (chunk) => {
			received = Buffer.concat([received, chunk]);
			const end = received.indexOf('\r\n\r\n');
			if (end === -1) return;
			const response = readResponse(received);
			if (response.status === 101) {
				if (request.tunnel === undefined) finish();
				else if (!sentTunnel) {
					sentTunnel = true;
					socket.write(request.tunnel.send);
				}
				if (request.tunnel !== undefined && response.body.length >= request.tunnel.answerLength) finish();
				return;
			}
			// Whoever wants a tunnel has no use for the body of a refusal, and a relabelled 101 (RT8) never ends.
			if (request.tunnel !== undefined) {
				finish();
				return;
			}
			const length = response.headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
			if (length !== undefined && response.body.length >= Number(length)) finish();
		});
		socket.on('end', () => finish());
		socket.on('close', () => finish());
		socket.on('error', (error: NodeJS.ErrnoException) =>
			received.length > 0 || error.code === 'ECONNRESET' || error.code?.startsWith('ERR_SSL') ? finish() : finish(error),
		);
	});
}

function readResponse(bytes: Buffer): RawResponse {
	const end = bytes.indexOf('\r\n\r\n');
	const [statusLine = '', ...lines] = bytes
		.subarray(0, end === -1 ? bytes.length : end)
		.toString('latin1')
		.split('\r\n');
	return {
		status: Number(/^HTTP\/[\d.]+ (\d{3})/.exec(statusLine)?.[1] ?? 0),
		statusLine,
		headers: lines
			.filter((line) => line.includes(':'))
			.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
		body: end === -1 ? Buffer.alloc(0) : bytes.subarray(end + 4),
	};
}
