import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { printable } from '../../core/handshake/printable.ts';
import type { HandshakeTrace } from '../../core/handshake/trace.ts';
import { Failure, failureOf, whileBounded } from './bounds.ts';

export type CloseTrace = NonNullable<HandshakeTrace['close']>;
export type PingTrace = NonNullable<HandshakeTrace['ping']>;
export type MessageTrace = NonNullable<HandshakeTrace['message']>;

/** More bytes than this from a server that nobody asked are a flood: the tunnel is cut. */
const FLOOD_BYTES = 16 * 1024 * 1024;
/** How many messages that came early are kept for somebody who asks later. */
const KEPT_MESSAGES = 32;
const KEPT_CHARACTERS = 64 * 1024;
const REPLY_CHARACTERS = 1024;

/**
 * One WebSocket, from its creation on: no message, close or error is missed between its events and whoever waits for them. Memory is
 * bounded whatever the server sends.
 */
export class Tunnel {
	readonly #websocket: WebSocket;
	readonly #early: string[] = [];
	#reader: ((text: string) => void) | undefined;
	#closed: CloseTrace | undefined;
	#failure: Failure | undefined;
	#closing = false;
	#received = 0;
	#messages = 0;
	#pings = 0;
	#lastHeard = performance.now();

	constructor(websocket: WebSocket) {
		this.#websocket = websocket;
		websocket.on('message', (data: RawData) => this.#take(data));
		websocket.on('ping', () => {
			this.#pings++;
		});
		websocket.on('close', (code, reason) => {
			this.#closed ??= {
				code,
				reason: printable(reason.toString('utf8')),
				by: this.#closing || this.#failure !== undefined ? 'us' : 'peer',
			};
		});
		websocket.on('error', (error) => {
			this.#failure ??= failureOf('websocket', error);
		});
	}

	/** Counts what comes over the open tunnel's socket, frames of any kind. */
	watch(socket: Socket): void {
		this.#lastHeard = performance.now();
		socket.on('data', (chunk: Buffer) => {
			this.#received += chunk.length;
			this.#lastHeard = performance.now();
			if (this.#received <= FLOOD_BYTES) return;
			this.#failure ??= new Failure(
				'websocket',
				'FLOOD',
				`the server sent more than ${FLOOD_BYTES / 1024 / 1024} MiB that nobody asked for`,
			);
			this.#websocket.terminate();
		});
	}

	get closed(): CloseTrace | undefined {
		return this.#closed;
	}

	/** What broke the open tunnel: a frame that is none, a flood. */
	get failure(): Failure | undefined {
		return this.#failure;
	}

	/** How many messages came. */
	get messages(): number {
		return this.#messages;
	}

	/** How many pings the other side sent. Each is answered at once, so both directions carry bytes. */
	get pings(): number {
		return this.#pings;
	}

	/** When the last byte came, on the clock of `performance.now()`; when the tunnel was made, if none has. */
	get lastHeard(): number {
		return this.#lastHeard;
	}

	/** Waits until the tunnel is closed, by whomever. Throws Ended. */
	whenClosed(signal: AbortSignal): Promise<CloseTrace> {
		if (this.#closed !== undefined) return Promise.resolve(this.#closed);
		return whileBounded<CloseTrace>(signal, (done) => {
			const onClose = (): void => done(this.#closed ?? { code: 1006, reason: '', by: 'peer' });
			this.#websocket.once('close', onClose);
			return () => this.#websocket.off('close', onClose);
		});
	}

	/** One ping, and the pong with the same payload (RFC 6455 §5.5.3). Throws Ended. */
	ping(withinMs: number, signal: AbortSignal): Promise<PingTrace> {
		if (this.#closed !== undefined) return Promise.resolve({ problem: this.#endedFirst() });
		const payload = randomBytes(8);
		return whileBounded<PingTrace>(signal, (done) => {
			const started = performance.now();
			const onPong = (data: Buffer): void => {
				if (data.equals(payload)) done({ roundTripMs: performance.now() - started });
			};
			const onClose = (): void => done({ problem: this.#endedFirst() });
			const timer = setTimeout(() => done({ problem: `no pong in ${Math.round(withinMs)} ms` }), withinMs);
			this.#websocket.on('pong', onPong);
			this.#websocket.once('close', onClose);
			this.#websocket.ping(payload, undefined, () => undefined);
			return () => {
				clearTimeout(timer);
				this.#websocket.off('pong', onPong);
				this.#websocket.off('close', onClose);
			};
		});
	}

	/**
	 * Sends a text and waits for a message that holds `expected`; for any message when nothing is expected. When time is over, or `signal`
	 * says so, gives the last message that came.
	 */
	exchange(text: string, expected: string | undefined, withinMs: number, signal: AbortSignal): Promise<MessageTrace> {
		const trace: MessageTrace = { sent: text, expected, reply: undefined, matched: false, roundTripMs: undefined };
		if (this.#closed !== undefined || signal.aborted) return Promise.resolve(trace);
		return new Promise((resolve) => {
			const started = performance.now();
			let last: string | undefined;
			const finish = (result: MessageTrace): void => {
				clearTimeout(timer);
				this.#websocket.off('close', giveUp);
				signal.removeEventListener('abort', giveUp);
				this.#reader = undefined;
				resolve(result);
			};
			const read = (reply: string): void => {
				last = printable(reply.slice(0, REPLY_CHARACTERS));
				if (expected === undefined || reply.includes(expected))
					finish({ ...trace, reply: last, matched: true, roundTripMs: performance.now() - started });
			};
			const giveUp = (): void => finish({ ...trace, reply: last });
			const timer = setTimeout(giveUp, withinMs);
			this.#websocket.once('close', giveUp);
			signal.addEventListener('abort', giveUp, { once: true });
			// A greeting that came before the message is no reply to it; but it may be what is expected.
			const early = this.#early.splice(0);
			this.#reader = read;
			this.#websocket.send(text, () => undefined);
			if (expected !== undefined) for (const message of early) read(message);
		});
	}

	/** Sends a close frame with 1000 and waits for the answer; cuts the connection when none comes in time. */
	async close(withinMs: number): Promise<CloseTrace> {
		if (this.#closed !== undefined) return this.#closed;
		this.#closing = true;
		const timer = setTimeout(() => this.#websocket.terminate(), withinMs);
		this.#websocket.close(1000);
		try {
			return await this.whenClosed(new AbortController().signal);
		} finally {
			clearTimeout(timer);
		}
	}

	/** Cuts the connection at once. */
	terminate(): void {
		this.#closing = true;
		this.#websocket.terminate();
	}

	#endedFirst(): string {
		return this.#failure === undefined
			? 'the other side ended the WebSocket first'
			: `the WebSocket broke: ${this.#failure.message}`;
	}

	#take(data: RawData): void {
		this.#messages++;
		const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
		const text = bytes.subarray(0, KEPT_CHARACTERS).toString('utf8');
		if (this.#reader !== undefined) this.#reader(text);
		else if (this.#early.length < KEPT_MESSAGES) this.#early.push(text);
	}
}
