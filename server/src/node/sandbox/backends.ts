import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';

/** A request as it came over the wire. */
export interface Received {
	/** Which of the backends, by index. */
	readonly backend: number;
	readonly requestLine: string;
	readonly headers: readonly (readonly [string, string])[];
	/** What was answered; 0 when it was no HTTP. */
	readonly status: number;
}

export interface RecordingBackends {
	readonly ports: readonly number[];
	/** Oldest first. */
	readonly received: readonly Received[];
	stop(): Promise<void>;
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const LARGEST_HEADER = 64 * 1024;
const MOST_RECORDED = 10_000;

/**
 * Strict WebSocket servers on loopback ports of their own (semantics §0.1, item 3): GET, HTTP/1.1, `Upgrade` the one token websocket,
 * `Connection` lists upgrade, a key, version 13; else 400, or 426 for a request that asks for no upgrade. They record what they get.
 */
export async function startBackends(count: number): Promise<RecordingBackends> {
	const received: Received[] = [];
	const sockets = new Set<Socket>();
	const servers: Server[] = [];
	const stop = async (): Promise<void> => {
		for (const socket of sockets) socket.destroy();
		await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
	};
	try {
		for (let index = 0; index < count; index++) {
			const server = createServer((socket) => {
				sockets.add(socket);
				socket.on('error', () => socket.destroy());
				socket.on('close', () => sockets.delete(socket));
				serve(socket, (request) => {
					if (received.length < MOST_RECORDED) received.push({ ...request, backend: index });
				});
			});
			await new Promise<void>((resolve, reject) => {
				server.once('error', reject);
				server.listen(0, '127.0.0.1', resolve);
			});
			servers.push(server);
		}
	} catch (error) {
		await stop();
		throw error;
	}
	const ports = servers.map((server) => {
		const address = server.address();
		return address !== null && typeof address === 'object' ? address.port : 0;
	});
	return { ports, received, stop };
}

function serve(socket: Socket, record: (request: Omit<Received, 'backend'>) => void): void {
	let bytes = Buffer.alloc(0);
	let upgraded = false;
	socket.on('data', (chunk: Buffer) => {
		bytes = Buffer.concat([bytes, chunk]);
		if (upgraded) {
			bytes = answerFrames(socket, bytes);
			return;
		}
		if (bytes.length > 0 && !/^[A-Z]/.test(String.fromCharCode(bytes[0] ?? 0))) {
			record({ requestLine: '', headers: [], status: 0 });
			socket.destroy();
			return;
		}
		const end = bytes.indexOf('\r\n\r\n');
		if (end === -1) {
			if (bytes.length > LARGEST_HEADER) socket.destroy();
			// memcached's own protocol: one line, no header.
			else if (bytes.indexOf('\r\n') !== -1 && /^(?:get|gets) /i.test(bytes.toString('latin1'))) socket.end('END\r\n');
			return;
		}
		const request = readRequest(bytes.subarray(0, end).toString('latin1'));
		record(request);
		if (request.status !== 101) {
			socket.end(
				`HTTP/1.1 ${request.status} Refused\r\nContent-Type: text/plain\r\nContent-Length: 7\r\nConnection: close\r\n\r\nrefused`,
			);
			return;
		}
		upgraded = true;
		socket.write(
			`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(valueIn(request.headers, 'sec-websocket-key'))}\r\n\r\n`,
		);
		bytes = answerFrames(socket, bytes.subarray(end + 4));
	});
}

function readRequest(head: string): Omit<Received, 'backend'> {
	const [requestLine = '', ...lines] = head.split('\r\n');
	const headers = lines.map((text): [string, string] => {
		const colon = text.indexOf(':');
		return [text.slice(0, colon), text.slice(colon + 1).trim()];
	});
	const tokens = valueIn(headers, 'connection')
		.split(',')
		.map((token) => token.trim().toLowerCase());
	const asks = tokens.includes('upgrade');
	const upgrades = headers.filter(([name]) => name.toLowerCase() === 'upgrade');
	const right =
		/^GET [^ ]+ HTTP\/1\.1$/.test(requestLine) &&
		asks &&
		upgrades.length === 1 &&
		upgrades[0]?.[1].toLowerCase() === 'websocket' &&
		Buffer.from(valueIn(headers, 'sec-websocket-key'), 'base64').length === 16 &&
		valueIn(headers, 'sec-websocket-version') === '13';
	return { requestLine, headers, status: right ? 101 : asks && upgrades.length > 0 ? 400 : 426 };
}

function valueIn(headers: Received['headers'], name: string): string {
	return headers
		.filter(([candidate]) => candidate.toLowerCase() === name)
		.map(([, value]) => value)
		.join(', ');
}

/** RFC 6455 §4.2.2. */
function acceptFor(key: string): string {
	return createHash('sha1')
		.update(key + GUID)
		.digest('base64');
}

/** Answers pings and echoes the rest, whole frames only (RFC 6455 §5.2); what is left of a frame comes back. */
function answerFrames(socket: Socket, received: Buffer): Buffer<ArrayBuffer> {
	let bytes = Buffer.from(received);
	for (;;) {
		const [first, second] = bytes;
		if (first === undefined || second === undefined) return bytes;
		const short = second & 0x7f;
		const header = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
		if (bytes.length < header) return bytes;
		const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
		const isMasked = (second & 0x80) !== 0;
		const start = header + (isMasked ? 4 : 0);
		if (length > 1024 * 1024) {
			socket.destroy();
			return Buffer.alloc(0);
		}
		if (bytes.length < start + length) return bytes;
		const payload = Buffer.from(bytes.subarray(start, start + length));
		if (isMasked)
			for (let index = 0; index < length; index++) payload[index] = (payload[index] ?? 0) ^ (bytes[header + (index % 4)] ?? 0);
		bytes = bytes.subarray(start + length);
		const opcode = first & 0x0f;
		if (opcode === 0xa) continue;
		const size = length < 126 ? [length] : [126, length >> 8, length & 0xff];
		if (length < 65_536) socket.write(Buffer.concat([Buffer.from([opcode === 9 ? 0x8a : first, ...size]), payload]));
		if (opcode === 8) socket.end();
	}
}
