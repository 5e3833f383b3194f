import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';

/** A request exactly as it came over the wire. */
export interface RecordedRequest {
	readonly port: number;
	readonly method: string;
	/** The raw request target. */
	readonly uri: string;
	readonly httpVersion: string;
	/** In the order received, names as written. */
	readonly headers: readonly (readonly [string, string])[];
	readonly status: number;
}

export interface Backend {
	readonly ports: readonly number[];
	/** Everything received so far, oldest first. */
	readonly requests: readonly RecordedRequest[];
	/** Forgets what was received. */
	clear(): void;
	stop(): Promise<void>;
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * A strict WebSocket server on loopback ports (semantics §0.1 item 3): GET, HTTP/1.1, `Upgrade` the one token websocket, `Connection`
 * lists upgrade, a key, version 13. Else 400 when it saw an Upgrade, 426 when it saw a plain request. It records every request and echoes
 * every byte of an open tunnel, which makes it an echo server for any client that does not look at masking.
 */
export async function startBackend(count = 1, ports: readonly number[] = []): Promise<Backend> {
	const requests: RecordedRequest[] = [];
	const sockets = new Set<Socket>();
	const servers: Server[] = [];
	const bound: number[] = [];
	for (let index = 0; index < Math.max(count, ports.length); index++) {
		const server = createServer((socket) => {
			sockets.add(socket);
			socket.on('error', () => socket.destroy());
			socket.on('close', () => sockets.delete(socket));
			serve(socket, portOf(server), requests);
		});
		await new Promise<void>((resolve, reject) => {
			server.once('error', reject);
			server.listen(ports[index] ?? 0, '127.0.0.1', resolve);
		});
		servers.push(server);
		bound.push(portOf(server));
	}
	return {
		ports: bound,
		requests,
		clear: () => requests.splice(0),
		stop: async () => {
			for (const socket of sockets) socket.destroy();
			await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
		},
	};
}

function portOf(server: Server): number {
	const address = server.address();
	return address !== null && typeof address === 'object' ? address.port : 0;
}

function serve(socket: Socket, port: number, requests: RecordedRequest[]): void {
	let received = Buffer.alloc(0);
	const onData = (chunk: Buffer): void => {
		received = Buffer.concat([received, chunk]);
		const end = received.indexOf('\r\n\r\n');
		// FastCGI, uwsgi and SCGI begin with no letter: an HTTP server hangs up on them.
		if (!/^[A-Z]/i.test(received.toString('latin1', 0, 1))) socket.destroy();
		if (end === -1) return;
		socket.off('data', onData);
		const request = readRequest(received.subarray(0, end).toString('latin1'), port);
		requests.push(request);
		const rest = received.subarray(end + 4);
		if (request.status === 101) {
			socket.write(
				`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(headerOf(request, 'sec-websocket-key') ?? '')}\r\n\r\n`,
			);
			const frames = new Unmasker(socket);
			frames.push(rest);
			socket.on('data', (bytes: Buffer) => frames.push(bytes));
		} else {
			socket.end(
				`HTTP/1.1 ${request.status} Refused\r\nContent-Type: text/plain\r\nContent-Length: 7\r\nConnection: close\r\n\r\nrefused`,
			);
		}
	};
	socket.on('data', onData);
}

/** Echoes text, binary and close frames without their mask; answers pings. */
class Unmasker {
	readonly #socket: Socket;
	#bytes = Buffer.alloc(0);

	constructor(socket: Socket) {
		this.#socket = socket;
	}

	push(bytes: Buffer): void {
		this.#bytes = Buffer.concat([this.#bytes, bytes]);
		for (;;) {
			const second = this.#bytes[1];
			if (second === undefined) return;
			let length = second & 0x7f;
			let at = 2;
			if (length === 126) {
				if (this.#bytes.length < 4) return;
				length = this.#bytes.readUInt16BE(2);
				at = 4;
			} else if (length === 127) {
				if (this.#bytes.length < 10) return;
				length = Number(this.#bytes.readBigUInt64BE(2));
				at = 10;
			}
			const masked = (second & 0x80) !== 0;
			const start = at + (masked ? 4 : 0);
			if (this.#bytes.length < start + length) return;
			const payload = Buffer.from(this.#bytes.subarray(start, start + length));
			if (masked)
				for (let index = 0; index < length; index++)
					payload[index] = (payload[index] ?? 0) ^ (this.#bytes[at + (index % 4)] ?? 0);
			const first = this.#bytes[0] ?? 0;
			this.#bytes = this.#bytes.subarray(start + length);
			this.#answer(first, payload);
		}
	}

	#answer(first: number, payload: Buffer): void {
		const opcode = first & 0x0f;
		if (opcode === 0xa) return;
		const head =
			payload.length < 126
				? Buffer.from([opcode === 9 ? 0x8a : first, payload.length])
				: Buffer.from([first, 126, payload.length >> 8, payload.length & 0xff]);
		this.#socket.write(Buffer.concat([head, payload]));
		if (opcode === 8) this.#socket.end();
	}
}

function readRequest(head: string, port: number): RecordedRequest {
	const [line = '', ...lines] = head.split('\r\n');
	const [method = '', uri = '', version = ''] = line.split(' ');
	const headers = lines.map((text): [string, string] => {
		const colon = text.indexOf(':');
		return [text.slice(0, colon), text.slice(colon + 1).trim()];
	});
	const request = { port, method, uri, httpVersion: version.replace('HTTP/', ''), headers, status: 0 };
	return { ...request, status: statusFor(request) };
}

function statusFor(request: RecordedRequest): number {
	const upgrades = request.headers.filter(([name]) => name.toLowerCase() === 'upgrade');
	const connection = headerOf(request, 'connection') ?? '';
	const asks = connection.split(',').some((token) => token.trim().toLowerCase() === 'upgrade');
	if (upgrades.length === 0) return 426;
	if (!/^[/*]/.test(request.uri)) return 400;
	const key = headerOf(request, 'sec-websocket-key') ?? '';
	const right =
		request.method === 'GET' &&
		request.httpVersion === '1.1' &&
		upgrades.length === 1 &&
		upgrades[0]?.[1].toLowerCase() === 'websocket' &&
		asks &&
		Buffer.from(key, 'base64').length === 16 &&
		headerOf(request, 'sec-websocket-version') === '13';
	return right ? 101 : asks ? 400 : 426;
}

/** The values of a header, joined as one list; undefined when it was not sent. */
export function headerOf(request: RecordedRequest, name: string): string | undefined {
	const values = request.headers.filter(([candidate]) => candidate.toLowerCase() === name).map(([, value]) => value);
	return values.length === 0 ? undefined : values.join(', ');
}

/** RFC 6455 §4.2.2. */
export function acceptKey(key: string): string {
	return createHash('sha1')
		.update(key + GUID)
		.digest('base64');
}
