import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';

export interface Chat {
	readonly port: number;
	stop(): Promise<void>;
}

const PAGE = fileURLToPath(new URL('page.html', import.meta.url));

/**
 * The sample's backend, on loopback: the chat's page at /, its WebSocket at /ws, where every message goes to everybody. It is a
 * conforming server (RFC 6455 §4.2.1): a plain request to /ws gets 426, a handshake over HTTP/1.0 gets 400.
 */
export async function startChat(port: number): Promise<Chat> {
	const page = await readFile(PAGE);
	const server = createServer((request, response) => {
		const { pathname } = new URL(request.url ?? '/', 'http://localhost');
		if (pathname === '/') {
			response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
		} else if (pathname === '/ws') {
			response
				.writeHead(426, { 'content-type': 'text/plain; charset=utf-8', connection: 'Upgrade', upgrade: 'websocket' })
				.end('This is the chat. It wants a WebSocket handshake, and this request is none.\n');
		} else {
			response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Nothing here.\n');
		}
	});
	const sockets = new WebSocketServer({ noServer: true });
	server.on('upgrade', (request, socket, head) => {
		const { pathname } = new URL(request.url ?? '/', 'http://localhost');
		if (request.httpVersionMinor === 0 || pathname !== '/ws') {
			socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
			return;
		}
		sockets.handleUpgrade(request, socket, head, (client) => {
			client.on('message', (message) => {
				for (const other of sockets.clients) other.send(message.toString());
			});
		});
	});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, '127.0.0.1', resolve);
	});
	const address = server.address();
	return {
		port: typeof address === 'object' && address !== null ? address.port : port,
		stop: () =>
			new Promise((resolve) => {
				for (const client of sockets.clients) client.terminate();
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}
