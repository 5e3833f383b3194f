import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as netConnect, type Socket } from 'node:net';
import type { HandshakeFailure } from '../../core/handshake/trace.ts';
import { addressesOf, type Endpoint, isLoopbackAddress, type Lookup } from './addresses.ts';
import { Failure, failureOf, whileBounded } from './bounds.ts';
import type { Draft } from './draft.ts';
import { type Credentials, openTls } from './tls.ts';

export interface Proxy {
	/** `http://host:port` or `https://host:port`; user and password in it are sent as Basic. */
	readonly url: string;
}

export interface ConnectionPlan {
	/** The host of the URL: SNI, and the name on the certificate. */
	readonly name: string;
	/** Where to connect: the URL's own endpoint, or the override. */
	readonly endpoint: Endpoint;
	readonly tls: Credentials | undefined;
	readonly proxy: Proxy | undefined;
	readonly reach: 'loopback' | 'any';
	readonly lookup: Lookup | undefined;
}

export type ConnectionStage = 'dns' | 'tcp' | 'tls';

/**
 * Makes the connection that the handshake goes over: lookup, TCP, the proxy's CONNECT, TLS with HTTP/1.1 alone in ALPN. Writes timing, the
 * peer's address and TLS facts into the draft. Throws Failure or Ended; no socket is left open then.
 */
export async function openConnection(
	plan: ConnectionPlan,
	draft: Draft,
	signal: AbortSignal,
	onStage: (stage: ConnectionStage) => void,
): Promise<Socket> {
	const viaProxy = plan.proxy !== undefined && plan.endpoint.kind === 'tcp' && plan.reach === 'any' ? plan.proxy : undefined;
	let socket: Socket;
	if (viaProxy !== undefined && plan.endpoint.kind === 'tcp')
		socket = await openThroughProxy(viaProxy, plan.endpoint, plan, draft, signal, onStage);
	else socket = await openTcp(plan.endpoint, plan, draft, signal, onStage, 'tcp');
	if (plan.tls === undefined) return socket;
	onStage('tls');
	const started = performance.now();
	const secured = await openTls(socket, plan.name, plan.tls, signal);
	draft.timing.tlsMs = performance.now() - started;
	draft.tls = secured.trace;
	if (secured.failure !== undefined) {
		secured.socket.destroy();
		throw secured.failure;
	}
	return secured.socket;
}

async function openTcp(
	endpoint: Endpoint,
	plan: Pick<ConnectionPlan, 'reach' | 'lookup'>,
	draft: Draft,
	signal: AbortSignal,
	onStage: (stage: ConnectionStage) => void,
	stage: HandshakeFailure['stage'],
): Promise<Socket> {
	if (endpoint.kind === 'unix') {
		onStage('tcp');
		const started = performance.now();
		const socket = await connected(netConnect({ path: endpoint.path }), signal, stage);
		draft.timing.tcpMs = performance.now() - started;
		draft.connectedTo = `unix:${endpoint.path}`;
		return socket;
	}
	onStage('dns');
	const beforeLookup = performance.now();
	const { addresses, looked } = await addressesOf(endpoint.host, signal, plan.lookup);
	if (looked) draft.timing.dnsMs = performance.now() - beforeLookup;
	if (plan.reach === 'loopback') {
		const outside = addresses.find(({ address }) => !isLoopbackAddress(address));
		if (outside !== undefined)
			throw new Failure(
				'tcp',
				'NOT_LOOPBACK',
				`${looked ? `${endpoint.host} (${outside.address})` : endpoint.host} is not this machine`,
			);
	}
	onStage('tcp');
	const started = performance.now();
	// The addresses that were judged are the ones that are tried: no second lookup can give others.
	const socket = await connected(
		netConnect({
			host: endpoint.host,
			port: endpoint.port,
			autoSelectFamily: true,
			lookup: (_host, options, callback) => {
				const [first] = addresses;
				if (options.all === true) callback(null, [...addresses]);
				else callback(null, first?.address ?? '', first?.family);
			},
		}),
		signal,
		stage,
	);
	draft.timing.tcpMs = performance.now() - started;
	draft.connectedTo = `${bracketed(socket.remoteAddress ?? endpoint.host)}:${socket.remotePort ?? endpoint.port}`;
	return socket;
}

function connected(socket: Socket, signal: AbortSignal, stage: HandshakeFailure['stage']): Promise<Socket> {
	socket.setNoDelay(true);
	return whileBounded<Socket>(
		signal,
		(done, fail) => {
			const onConnect = (): void => done(socket);
			const onError = (error: Error): void => fail(failureOf(stage, error));
			socket.once('connect', onConnect);
			socket.once('error', onError);
			return () => {
				socket.off('connect', onConnect);
				socket.off('error', onError);
				socket.on('error', ignore);
			};
		},
		() => socket.destroy(),
	);
}

/** An HTTP CONNECT (RFC 9110 §9.3.6). The proxy looks the name up. */
async function openThroughProxy(
	proxy: Proxy,
	target: Extract<Endpoint, { kind: 'tcp' }>,
	plan: ConnectionPlan,
	draft: Draft,
	signal: AbortSignal,
	onStage: (stage: ConnectionStage) => void,
): Promise<Socket> {
	const url = URL.canParse(proxy.url) ? new URL(proxy.url) : undefined;
	if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '')
		throw new Failure('proxy', 'PROXY_URL', 'the proxy must be written as http://host:port or https://host:port');
	const secure = url.protocol === 'https:';
	const host = url.hostname.replace(/^\[|\]$/g, '');
	const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
	draft.proxy = `${bracketed(host)}:${port}`;
	let socket = await openTcp({ kind: 'tcp', host, port }, plan, draft, signal, onStage, 'proxy');
	if (secure) {
		const secured = await openTls(socket, host, { ca: plan.tls?.ca }, signal);
		if (secured.failure !== undefined) {
			secured.socket.destroy();
			throw new Failure('proxy', secured.failure.failure.code, secured.failure.message);
		}
		socket = secured.socket;
	}
	const started = performance.now();
	const opened = await sendConnect(socket, `${bracketed(target.host)}:${target.port}`, credentialsOf(url), signal);
	draft.timing.proxyMs = performance.now() - started;
	return opened;
}

function credentialsOf(url: URL): string | undefined {
	if (url.username === '' && url.password === '') return undefined;
	return `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`;
}

function sendConnect(socket: Socket, target: string, authorization: string | undefined, signal: AbortSignal): Promise<Socket> {
	return whileBounded<Socket>(
		signal,
		(done, fail) => {
			const request = httpRequest({
				method: 'CONNECT',
				path: target,
				headers: { Host: target, ...(authorization === undefined ? {} : { 'Proxy-Authorization': authorization }) },
				createConnection: () => socket,
			});
			const refused = (status: number | undefined, reason: string | undefined): void => {
				socket.destroy();
				fail(new Failure('proxy', `PROXY_${status ?? 0}`, `the proxy answered ${status ?? 0} ${reason ?? ''}`.trim()));
			};
			request.on('connect', (response: IncomingMessage, opened: Socket, head: Buffer) => {
				if (response.statusCode === undefined || response.statusCode < 200 || response.statusCode > 299) {
					refused(response.statusCode, response.statusMessage);
					return;
				}
				if (head.length > 0) opened.unshift(head);
				done(opened);
			});
			request.on('response', (response: IncomingMessage) => refused(response.statusCode, response.statusMessage));
			request.on('error', (error) => {
				socket.destroy();
				fail(failureOf('proxy', error));
			});
			request.end();
			return () => undefined;
		},
		() => socket.destroy(),
	);
}

function bracketed(host: string): string {
	return host.includes(':') ? `[${host}]` : host;
}

/** A socket that is passed on keeps no error listener of ours that matters, but must not end the process in between. */
function ignore(): void {
	// The next owner of the socket listens for itself.
}
