import { isExpression } from '../config/location.ts';
import { parseOffset } from '../reference/values.ts';
import { lowerCase, toBytes } from '../text/bytes.ts';
import type { LevelPlace } from './buildModel.ts';
import { type ClientHeader, readHeaders } from './clientHeaders.ts';
import { validHost } from './host.ts';
import type { Level } from './level.ts';
import { type Arrival, refuse, runLocation, runRequest } from './phases.ts';
import type { ClientRequest, OtherClients } from './prediction.ts';
import { unlessJumpedTo } from './references.ts';
import { runProgram } from './rewrite.ts';
import { type Address, findAddress, findServer, type Server, splitListen } from './serverTable.ts';
import { type Model, RequestState } from './state.ts';
import { fitsRequestLine, parseTarget } from './uri.ts';
import { CannotKnow, unknowable } from './value.ts';
import { matchPattern } from './values.ts';

/** One following of a request, not yet begun. */
export interface Journey {
	readonly state: RequestState;
	/** Undefined when nobody takes the connection. */
	readonly go: (() => Arrival) | undefined;
	readonly refusal: string;
}

/** Reads a request as nginx does before its phases: connection, request line, headers, server (semantics RT22, PR6, PR10). */
export function openRequest(model: Model, request: ClientRequest, answers: readonly boolean[], others?: OtherClients): Journey {
	const place = placeOf(model, request);
	if (place.address === undefined || place.address.http2Only) {
		const reason = place.address === undefined ? 'nobody listens there' : 'this listen speaks HTTP/2 only';
		const state = new RequestState(blankFields(model, request, place, unknownServer(model), others), answers);
		if (place.address !== undefined) state.cite(place.address.listens.get(place.address.fallback)?.at, 'speaks HTTP/2 only');
		return { state, go: undefined, refusal: reason };
	}
	return openAt(model, request, place, place.address, answers, others);
}

interface Placed {
	readonly address: Address | undefined;
	readonly localAddress: string | undefined;
	readonly localPort: number | undefined;
}

function placeOf(model: Model, request: ClientRequest): Placed {
	if (request.listen !== undefined) {
		const split = splitListen(request.listen);
		if (split === undefined) return { address: undefined, localAddress: undefined, localPort: undefined };
		return {
			address: findAddress(model.addresses, split.address, split.port),
			localAddress: split.address === '*' ? undefined : split.address.replace(/^\[(.*)\]$/, '$1'),
			localPort: split.port,
		};
	}
	const host = request.headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
	const written = /:(\d+)$/.exec(host.replace(/^\[[^\]]*\]/, ''))?.[1];
	const port = written === undefined ? (request.tls ? 443 : 80) : Number(written);
	const address =
		findAddress(model.addresses, '*', port) ??
		model.addresses.find((one) => one.port === port) ??
		model.addresses.find((one) => one.tls === request.tls);
	return { address, localAddress: undefined, localPort: address?.port };
}

function unknownServer(model: Model): Server | undefined {
	return model.servers[0];
}

function blankFields(
	model: Model,
	request: ClientRequest,
	place: Placed,
	server: Server | undefined,
	others: OtherClients | undefined,
) {
	if (server === undefined) throw new CannotKnow('there is no server');
	const httpVersion = request.httpVersion ?? '1.1';
	return {
		model,
		tls: request.tls,
		httpVersion,
		requestLine: `${toBytes(request.method)} ${toBytes(request.uri)} HTTP/${httpVersion}`,
		method: toBytes(request.method),
		lineRead: true,
		headers: [] as readonly ClientHeader[],
		unparsed: '',
		validUnparsed: true,
		localAddress: place.localAddress,
		localPort: place.localPort,
		remoteAddress: others === undefined ? (request.remoteAddress ?? loopbackPeer(place.localAddress)) : undefined,
		others,
		host: '',
		// A request whose line is refused has no URI.
		path: '',
		args: '',
		quoted: false,
		plus: false,
		server,
	};
}

/** The address that a connection to a loopback address comes from, unless its client chose another. */
export function loopbackPeer(localAddress: string | undefined): string | undefined {
	if (localAddress === undefined) return undefined;
	if (localAddress.startsWith('unix:')) return 'unix:';
	if (localAddress === '::1') return '::1';
	return localAddress.startsWith('127.') ? '127.0.0.1' : undefined;
}

function openAt(
	model: Model,
	request: ClientRequest,
	place: Placed,
	address: Address,
	answers: readonly boolean[],
	others: OtherClients | undefined,
): Journey {
	const first = (request.tls && address.tls ? byTlsName(address, request) : undefined) ?? address.fallback;
	const blank = blankFields(model, request, place, first, others);
	const refused = (status: number, fields = blank): Journey => {
		const state = new RequestState(fields, answers);
		citeListen(state, address, fields.server);
		return { state, go: () => refuse(state, status), refusal: '' };
	};

	// The timer that waits for the first byte is the default server's (src/http/ngx_http.c, ngx_http_add_listening: post_accept_timeout).
	if (address.fallback.level.duration('client_header_timeout') === 0) {
		const state = new RequestState(blank, answers);
		state.cite(address.fallback.level.setting('client_header_timeout').at, 'gives the client no time to send a request');
		return { state, go: undefined, refusal: 'a client_header_timeout of 0 resets every connection' };
	}
	if (request.tls && !address.tls) return refused(400);
	const large = parseOffset(
		first.level.setting('large_client_header_buffers').value === undefined ? '8k' : sizeOfBuffers(first.level),
	);
	const longest = Math.max(large ?? 8192, parseOffset(first.level.setting('client_header_buffer_size').value ?? '1k') ?? 1024);
	if (blank.requestLine.length + 2 > longest) return refused(414, { ...blank, lineRead: false });
	if (!/^[A-Z_-]+$/.test(request.method)) return refused(400, { ...blank, lineRead: false });
	// Since 1.29.3 (seen on 1.30.6) CONNECT takes host:port and nothing else.
	if (request.method === 'CONNECT' && model.ground.traits.strictHost)
		return refused(/^(?:[A-Za-z0-9.-]+|\[[^\]]+\]):\d+$/.test(request.uri) ? 405 : 400);
	const target = parseTarget(toBytes(request.uri), first.level.flag('merge_slashes'));
	if (target === undefined) return refused(400, { ...blank, lineRead: fitsRequestLine(toBytes(request.uri)) });
	const absoluteHost = target.authority === undefined ? undefined : validHost(target.authority, model.ground.traits);
	if (target.authority !== undefined && absoluteHost === undefined) return refused(400);

	const read = readHeaders(request.headers, {
		underscores: first.level.flag('underscores_in_headers'),
		ignoreInvalid: first.level.flag('ignore_invalid_headers'),
		longest,
	});
	const hostHeader = read.headers.find(({ lower }) => lower === 'host')?.value;
	const validHeader = hostHeader === undefined ? undefined : validHost(hostHeader, model.ground.traits);
	const host = absoluteHost ?? validHeader ?? '';
	const fields = {
		...blank,
		headers: read.headers,
		unparsed: target.unparsed,
		validUnparsed: !target.emptyPath,
		host,
		path: target.path,
		args: target.args,
		quoted: target.quoted,
		plus: target.plus,
	};
	if (hostHeader !== undefined && validHeader === undefined) {
		// nginx stops reading at the bad Host: what stands behind it is not known to it.
		const end = read.headers.findIndex(({ lower }) => lower === 'host') + 1;
		return refused(400, { ...fields, headers: read.headers.slice(0, end) });
	}

	const state = new RequestState(fields, answers);
	const named = findServer(address, host, (pattern, subject) =>
		matchPattern(state, pattern, subject, [], { forget: false, what: () => 'the expression of a server_name' }),
	);
	const server = named?.server ?? first;
	state.server = server;
	state.level = server.level;
	citeListen(state, address, server);
	if (server !== address.fallback) state.cite(named?.name.at, 'fits the host');
	if (named?.name.pattern !== undefined && named.name.at !== undefined) {
		state.capturedBy = [named.name.at];
		for (const { name } of named.name.pattern.names) {
			const held = state.held.get(name);
			if (held !== undefined) state.held.set(name, { ...held, sources: [named.name.at] });
		}
	}

	// Looked at only once the server is chosen, and that is the one without a name (ngx_http_process_request_header).
	const lacksHost = hostHeader === undefined && blank.httpVersion === '1.1' ? 400 : undefined;
	const status = read.refused ?? lacksHost ?? bodyFault(state) ?? (/^(?:TRACE|CONNECT)$/.test(request.method) ? 405 : undefined);
	if (status !== undefined) return { state, go: () => refuse(state, status), refusal: '' };
	if (address.tls && !request.tls) return { state, go: () => refuse(state, 497), refusal: '' };
	if (request.tls && server.level.flag('ssl_reject_handshake')) {
		state.cite(server.level.setting('ssl_reject_handshake').at, 'refuses the TLS handshake');
		return { state, go: undefined, refusal: 'the TLS handshake is refused' };
	}
	if (others === undefined && request.tls && server.level.setting('ssl_verify_client').value?.toLowerCase() === 'on') {
		state.cite(server.level.setting('ssl_verify_client').at, 'asks for a client certificate');
		return { state, go: () => refuse(state, 496), refusal: '' };
	}
	return { state, go: () => runRequest(state), refusal: '' };
}

/** The server that the name in the TLS greeting selects; a client sends there what it sends as Host. */
function byTlsName(address: Address, request: ClientRequest): Server | undefined {
	const sent = request.headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
	const name = lowerCase(toBytes(sent)).replace(/:\d*$/, '');
	return findServer(address, name, (pattern, subject) => (pattern.match(subject) ?? null) !== null)?.server;
}

function sizeOfBuffers(level: Level): string {
	return level.setting('large_client_header_buffers').at?.node.args[1]?.value ?? '8k';
}

/** Statuses for a body that is announced in a way nginx does not take. */
function bodyFault(state: RequestState): number | undefined {
	const value = (name: string): string | undefined => state.headers.find(({ lower }) => lower === name)?.value;
	const encoding = value('transfer-encoding');
	const length = value('content-length');
	if (length !== undefined && !/^\d+$/.test(length)) return 400;
	if (encoding === undefined) return undefined;
	if (state.httpVersion === '1.0') return 400;
	if (encoding.toLowerCase() !== 'chunked') return 501;
	return length === undefined ? undefined : 400;
}

/** Names the listen line, unless the server would take the connection without it. */
function citeListen(state: RequestState, address: Address, server: Server): void {
	const listen = address.listens.get(server);
	if (listen?.at === undefined) return;
	const others = server.scope.byName.get('listen')?.filter((at) => at !== listen.at) ?? [];
	if (others.length === 0 && address.address === '*' && address.port === 80) return;
	const wildcard = state.model.addresses.find((one) => one.address === '*' && one.port === address.port);
	if (address.address !== '*' && address.servers.length === 1 && wildcard !== undefined && wildcard.tls === address.tls) {
		const there = findServer(wildcard, state.host, (pattern, host) => (pattern.match(host) ?? null) !== null);
		if ((there?.server ?? wildcard.fallback) === server) return;
	}
	state.cite(listen.at, 'takes the connection');
}

/** Puts a request into a location as if it had just been chosen there. */
export function enterLocation(
	model: Model,
	place: LevelPlace,
	request: ClientRequest,
	answers: readonly boolean[],
	others?: OtherClients,
): Journey {
	const target = parseTarget(toBytes(request.uri), true);
	const placed = placeOf(model, request);
	const headers = readHeaders(request.headers, {
		underscores: true,
		ignoreInvalid: true,
		longest: 8192,
	}).headers;
	const state = new RequestState(
		{
			...blankFields(model, request, placed, place.server, others),
			headers,
			unparsed: target?.unparsed ?? '/',
			host: validHost(headers.find(({ lower }) => lower === 'host')?.value ?? '', model.ground.traits) ?? '',
			path: target?.path ?? '/',
			args: target?.args ?? '',
			quoted: target?.quoted ?? false,
			plus: target?.plus ?? false,
		},
		answers,
	);
	return { state, go: () => goFrom(state, place.level), refusal: '' };
}

function goFrom(state: RequestState, level: Level): Arrival {
	// The server's own `set` lines count; where else its rewrites lead does not.
	const { path, args } = state;
	runProgram(state, state.server.level.program, () => {});
	state.path = path;
	state.args = args;
	state.internal = level.isInternal || level.match?.kind === 'named';
	state.validUnparsed = true;
	state.validLocation = true;
	state.uriChanged = false;
	state.redirect = null;
	state.forgetReasons();

	state.location = level;
	state.level = level;
	state.handler = level.handler;
	const opener = level.scope.opener;
	state.cite(opener, 'takes the request');
	if (isExpression(level.match?.kind)) {
		const groups = level.pattern.match(state.path);
		const vague = unknowable('', 'the captures depend on the path');
		state.captures = groups ?? Array.from({ length: 10 }, () => vague);
		state.capturedBy = opener === undefined ? [] : [opener];
		for (const { name, group } of level.pattern.names)
			state.held.set(name, { value: groups?.[group] ?? unknowable(`$${name}`, vague.reason), sources: state.capturedBy });
	}
	unlessJumpedTo(state, level);
	return runLocation(state);
}
