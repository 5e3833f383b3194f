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
		if (!/^[A-Za-z]/.test(String.fromCharCode(bytes[0] ?? 0x41))) {
			const gateway = readGateway(bytes);
			if (gateway === 'incomplete' && bytes.length < LARGEST_HEADER) return;
			if (gateway === 'incomplete' || gateway === 'other') {
				record({ requestLine: '', headers: [], status: 0 });
				socket.destroy();
				return;
			}
			record(gateway.request);
			upgraded = answer(socket, gateway.request);
			bytes = upgraded ? answerFrames(socket, bytes.subarray(gateway.end)) : Buffer.alloc(0);
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
		upgraded = answer(socket, request);
		bytes = upgraded ? answerFrames(socket, bytes.subarray(end + 4)) : Buffer.alloc(0);
	});
}

/** True when the tunnel is open. */
function answer(socket: Socket, request: Omit<Received, 'backend'>): boolean {
	if (request.status !== 101) {
		socket.end(
			`HTTP/1.1 ${request.status} Refused\r\nContent-Type: text/plain\r\nContent-Length: 7\r\nConnection: close\r\n\r\nrefused`,
		);
		return false;
	}
	socket.write(
		`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(valueIn(request.headers, 'sec-websocket-key'))}\r\n\r\n`,
	);
	return true;
}

/** A request over uwsgi (a packet of name and value) or SCGI (a netstring of them); FastCGI has no tunnel and is `other`. */
function readGateway(
	bytes: Buffer,
): { readonly request: Omit<Received, 'backend'>; readonly end: number } | 'incomplete' | 'other' {
	if (bytes.length < 4) return 'incomplete';
	const names: string[] = [];
	let end: number;
	if (bytes[0] === 0) {
		end = 4 + bytes.readUInt16LE(1);
		if (bytes.length < end) return 'incomplete';
		for (let at = 4; at + 2 <= end; ) {
			const length = bytes.readUInt16LE(at);
			names.push(bytes.toString('latin1', at + 2, at + 2 + length));
			at += 2 + length;
		}
	} else {
		const size = /^(\d{1,6}):/.exec(bytes.toString('latin1', 0, 8));
		if (size?.[1] === undefined) return 'other';
		const start = size[0].length;
		end = start + Number(size[1]) + 1;
		if (bytes.length < end) return 'incomplete';
		names.push(...bytes.toString('latin1', start, end - 1).split('\0'));
	}
	const values = new Map<string, string>();
	for (let index = 0; index + 1 < names.length; index += 2) values.set(names[index] ?? '', names[index + 1] ?? '');
	const lines = [...values]
		.filter(([name]) => name.startsWith('HTTP_'))
		.map(([name, value]) => `${name.slice(5).toLowerCase().replaceAll('_', '-')}: ${value}`);
	const requestLine = `${values.get('REQUEST_METHOD') ?? 'GET'} ${values.get('REQUEST_URI') ?? '/'} HTTP/1.1`;
	return { request: readRequest([requestLine, ...lines].join('\r\n')), end };
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
