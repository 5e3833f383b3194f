import { createHash } from 'node:crypto';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { allRight, checkResponse } from '../../core/handshake/checks.ts';
import { printable, printableLine } from '../../core/handshake/printable.ts';
import type { HeaderLines } from '../../core/handshake/trace.ts';
import { type Bounds, Failure, failureOf, whileBounded } from './bounds.ts';
import type { Draft } from './draft.ts';
import { Tunnel } from './tunnel.ts';

/** The request of a handshake, as far as the person decides it. */
export interface UpgradeRequest {
	readonly url: URL;
	/** Names as they are to be sent; one that is there already is replaced, save those of the handshake itself. */
	readonly headers: HeaderLines;
	readonly subprotocols: readonly string[];
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const BODY_BYTES = 4096;
/** How long a refusal's body is waited for: its header has said what matters. */
const BODY_MS = 2000;
/** The header of a response that is read: more than any browser's own server sends, less than hurts. */
const HEADER_BYTES = 64 * 1024;
const GARBAGE_BYTES = 256;
const MESSAGE_BYTES = 1024 * 1024;
const SHOWN_HEADERS = 200;
const SHOWN_VALUE = 2048;

/**
 * The handshake itself, over an open connection. Gives the open tunnel, or undefined when an HTTP response came that a browser would not
 * take for one; the draft then has the response. Throws Failure or Ended, and the connection is gone.
 */
export async function upgrade(
	socket: Socket,
	request: UpgradeRequest,
	draft: Draft,
	bounds: Bounds,
): Promise<Tunnel | undefined> {
	const answer = await whileBounded<Answer>(
		bounds.signal,
		(done, fail) => startHandshake(socket, request, draft, done, fail),
		() => socket.destroy(),
	);
	if (answer.kind === 'open') return answer.tunnel;
	if (answer.body !== undefined) await readBody(answer.body, draft, bounds);
	socket.destroy();
	return undefined;
}

/** A GET over an open connection, as a page sends it before it upgrades. The answer is in the draft. Throws Failure or Ended. */
export async function plainRequest(
	socket: Socket,
	{ url, headers }: Pick<UpgradeRequest, 'url' | 'headers'>,
	draft: Draft,
	bounds: Bounds,
): Promise<void> {
	let received = 0;
	const count = (chunk: Buffer): void => {
		received += chunk.length;
	};
	socket.on('data', count);
	const response = await whileBounded<IncomingMessage>(
		bounds.signal,
		(done, fail) => {
			const request = httpRequest({
				path: `${url.pathname}${url.search}`,
				headers: { Host: url.host },
				createConnection: () => socket,
				maxHeaderSize: HEADER_BYTES,
			});
			request.on('response', done);
			request.on('upgrade', () => fail(new Failure('response', 'UNASKED_UPGRADE', 'the server upgraded a plain request')));
			request.on('error', (error) => fail(responseFailure(error, received, draft)));
			setHeaders(request, headers);
			draft.request = { headers: sentHeaders(request) };
			request.end();
			return () => socket.off('data', count);
		},
		() => socket.destroy(),
	);
	draft.response = responseOf(response);
	await readBody(response, draft, bounds);
	socket.destroy();
}

type Answer =
	| { readonly kind: 'open'; readonly tunnel: Tunnel }
	| { readonly kind: 'refused'; readonly body: IncomingMessage | undefined };

function startHandshake(
	socket: Socket,
	{ url, headers, subprotocols }: UpgradeRequest,
	draft: Draft,
	done: (answer: Answer) => void,
	fail: (error: unknown) => void,
): () => void {
	let sentAt = performance.now();
	let key = '';
	let extensions: readonly string[] = [];
	let received = 0;
	let opened = false;
	const failed = (error: unknown): void => {
		socket.destroy();
		fail(error);
	};
	const onData = (chunk: Buffer): void => {
		received += chunk.length;
		if (received > 4 * HEADER_BYTES) failed(new Failure('response', 'HEADERS_TOO_BIG', 'the answer has no end of its header'));
	};
	const answered = (response: IncomingMessage): void => {
		socket.off('data', onData);
		draft.timing.upgradeMs = performance.now() - sentAt;
		draft.response = responseOf(response);
		if (response.statusCode === 101)
			draft.checks = checkResponse(draft.response.headers, { accept: acceptFor(key), subprotocols, extensions });
	};

	let websocket: WebSocket;
	try {
		websocket = new WebSocket(url, [...subprotocols], {
			createConnection: (() => socket) as never,
			followRedirects: false,
			maxPayload: MESSAGE_BYTES,
			maxHeaderSize: HEADER_BYTES,
			finishRequest: (request, self) => {
				// The constructor throws what this throws; the errors that follow then have no other listener.
				self.on('error', () => undefined);
				setHeaders(request, headers);
				key = String(request.getHeader('sec-websocket-key') ?? '');
				extensions = String(request.getHeader('sec-websocket-extensions') ?? '')
					.split(',')
					.map((text) => (text.split(';')[0] ?? '').trim().toLowerCase());
				draft.request = { headers: sentHeaders(request) };
				request.once('socket', () => socket.on('data', onData));
				sentAt = performance.now();
				request.end();
			},
		});
	} catch (error) {
		failed(new Failure('request', 'BAD_REQUEST', error instanceof Error ? error.message : String(error)));
		return () => undefined;
	}
	const tunnel = new Tunnel(websocket);
	websocket.on('upgrade', answered);
	websocket.on('unexpected-response', (_request, response) => {
		answered(response);
		done({ kind: 'refused', body: response.statusCode === 101 ? undefined : response });
	});
	websocket.on('open', () => {
		if (draft.checks === undefined || allRight(draft.checks)) {
			opened = true;
			tunnel.watch(socket);
			done({ kind: 'open', tunnel });
			return;
		}
		tunnel.terminate();
		done({ kind: 'refused', body: undefined });
	});
	websocket.on('error', (error) => {
		if (opened) return;
		if (draft.checks !== undefined) {
			// The parameters of an extension are ws's to judge: nothing else is left when our own checks found nothing.
			if (allRight(draft.checks)) draft.checks = { ...draft.checks, extensions: 'wrong' };
			done({ kind: 'refused', body: undefined });
		} else failed(responseFailure(error, received, draft));
	});
	return () => {
		socket.off('data', onData);
	};
}

/** Sets the person's headers; of one name several lines. The handshake's own Sec-WebSocket- headers stay. */
function setHeaders(request: ClientRequest, headers: HeaderLines): void {
	const byName = new Map<string, { readonly name: string; readonly values: string[] }>();
	for (const [name, value] of headers) {
		const lower = name.toLowerCase();
		if (lower.startsWith('sec-websocket-')) continue;
		const known = byName.get(lower) ?? { name, values: [] };
		known.values.push(value);
		byName.set(lower, known);
	}
	for (const [lower, { name, values }] of byName) {
		const [first = '', ...more] = values;
		request.setHeader(name, more.length === 0 ? first : lower === 'cookie' ? values.join('; ') : values);
	}
}

function sentHeaders(request: ClientRequest): HeaderLines {
	return request.getRawHeaderNames().flatMap((name) => {
		const value = request.getHeader(name);
		const values = Array.isArray(value) ? value : [String(value ?? '')];
		return values.map((text) => [name, text] as const);
	});
}

function headerLines(raw: readonly string[]): HeaderLines {
	const lines: [string, string][] = [];
	for (let index = 0; index + 1 < raw.length && lines.length < SHOWN_HEADERS; index += 2) {
		const value = printableLine(raw[index + 1] ?? '');
		lines.push([raw[index] ?? '', value.length > SHOWN_VALUE ? `${value.slice(0, SHOWN_VALUE)}…` : value]);
	}
	return lines;
}

/** A response whose body is not read yet. */
function responseOf(response: IncomingMessage): NonNullable<Draft['response']> {
	return {
		status: response.statusCode ?? 0,
		reason: printableLine(response.statusMessage ?? '').slice(0, 200),
		headers: headerLines(response.rawHeaders),
		body: '',
		bodyTruncated: false,
	};
}

/** RFC 6455 §4.2.2. */
function acceptFor(key: string): string {
	return createHash('sha1')
		.update(key + GUID)
		.digest('base64');
}

/** What went wrong before there was a response. Bytes that are no HTTP go into the draft. */
function responseFailure(error: Error, received: number, draft: Draft): Failure {
	const code = 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
	if (code === 'HPE_HEADER_OVERFLOW')
		return new Failure('response', 'HEADERS_TOO_BIG', `the header of the answer is larger than ${HEADER_BYTES / 1024} KiB`);
	if (code.startsWith('HPE_')) {
		const bytes = 'rawPacket' in error && Buffer.isBuffer(error.rawPacket) ? error.rawPacket : undefined;
		draft.garbage = bytes === undefined ? undefined : printable(bytes.subarray(0, GARBAGE_BYTES).toString('latin1'));
		return new Failure('response', 'NOT_HTTP', error.message);
	}
	if (code === 'ECONNRESET' || code === 'EPIPE')
		return received === 0
			? new Failure('response', 'CLOSED_WITHOUT_ANSWER', 'the connection was closed without an answer')
			: new Failure('response', 'CLOSED_IN_HEADER', `the connection was closed after ${received} bytes of an answer`);
	return failureOf('response', error);
}

/** Reads the first bytes of a refusal's body. Never fails: what is there when time is over, is there. */
async function readBody(response: IncomingMessage, draft: Draft, bounds: Bounds): Promise<void> {
	const chunks: Buffer[] = [];
	let length = 0;
	let complete = false;
	await whileBounded<undefined>(
		bounds.signal,
		(done) => {
			const onData = (chunk: Buffer): void => {
				chunks.push(chunk.subarray(0, BODY_BYTES + 1 - length));
				length += chunk.length;
				if (length > BODY_BYTES) done(undefined);
			};
			const onEnd = (): void => {
				complete = response.complete;
				done(undefined);
			};
			const timer = setTimeout(() => done(undefined), Math.min(BODY_MS, bounds.left()));
			response.on('data', onData);
			response.once('end', onEnd);
			response.once('close', onEnd);
			response.on('error', () => done(undefined));
			return () => {
				clearTimeout(timer);
				response.off('data', onData);
			};
		},
		() => response.destroy(),
	).catch(() => undefined);
	response.destroy();
	if (draft.response === undefined) return;
	const bytes = Buffer.concat(chunks).subarray(0, BODY_BYTES);
	draft.response = {
		...draft.response,
		body: printable(bytes.toString('utf8')),
		bodyTruncated: !complete || length > BODY_BYTES,
	};
}
