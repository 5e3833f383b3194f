import { createHash } from 'node:crypto';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

/** A server that does what the test says with each connection, and is gone after it. */
export interface OddServer {
	readonly port: number;
	/** Every byte that clients sent, as text. */
	readonly received: () => string;
	readonly connections: () => number;
	stop(): Promise<void>;
}

/** Listens on a loopback port. `serve` gets the socket and, once it is complete, the request's header as text. */
export async function oddServer(
	serve: (socket: Socket, header: string) => void,
	options: { readonly tls?: TlsOptions; readonly onConnect?: (socket: Socket) => void } = {},
): Promise<OddServer> {
	const sockets = new Set<Socket>();
	let received = '';
	let connections = 0;
	const onSocket = (socket: Socket): void => {
		connections++;
		sockets.add(socket);
		socket.on('error', () => socket.destroy());
		socket.on('close', () => sockets.delete(socket));
		options.onConnect?.(socket);
		let header = '';
		let served = false;
		socket.on('data', (chunk: Buffer) => {
			received += chunk.toString('latin1');
			if (served) return;
			header += chunk.toString('latin1');
			if (!header.includes('\r\n\r\n')) return;
			served = true;
			serve(socket, header);
		});
	};
	const server: Server = options.tls === undefined ? createTcpServer(onSocket) : createTlsServer(options.tls, onSocket);
	server.on('tlsClientError', () => undefined);
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(0, '127.0.0.1', resolve);
	});
	const address = server.address();
	return {
		port: address !== null && typeof address === 'object' ? address.port : 0,
		received: () => received,
		connections: () => connections,
		stop: async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** A right 101 for a request's header; `more` are further header lines, each with its CRLF. */
export function rightAnswer(header: string, more = ''): string {
	const key = /^sec-websocket-key: *(\S+)/im.exec(header)?.[1] ?? '';
	const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
	return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;
}

/** Writes a chunk again and again, as fast as the other side takes it, until the socket is gone. */
export function flood(socket: Socket, chunk: string | Buffer): void {
	const go = (): void => {
		while (!socket.destroyed && socket.write(chunk));
	};
	socket.on('drain', go);
	go();
}
