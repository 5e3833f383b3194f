import { WebSocket } from 'ws';

/** The status that a WebSocket handshake gets: 101 when it succeeds. Any certificate will do. Rejects when no response comes. */
export function handshakeStatus(url: string): Promise<number> {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(url, { rejectUnauthorized: false });
		socket.once('open', () => {
			socket.terminate();
			resolve(101);
		});
		socket.once('unexpected-response', (request, response) => {
			request.destroy();
			resolve(response.statusCode ?? 0);
		});
		socket.once('error', reject);
	});
}
