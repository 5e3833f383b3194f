import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import { variableTable } from '../config/variables.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { fromBytes, lowerCase, toBytes } from '../text/bytes.ts';
import { isIn, parseIp, parseRange } from './addresses.ts';
import { judgeHandshake, notProxied } from './conformance.ts';
import { groundOf } from './ground.ts';
import { validHost } from './host.ts';
import { loopbackPeer } from './journey.ts';
import { Level } from './level.ts';
import type { ClientRequest, Prediction, UpstreamRequest } from './prediction.ts';
import { addressesOf, findAddress, readServer, type Server, splitListen } from './serverTable.ts';
import { type Model, RequestState } from './state.ts';
import { upstreamBackends } from './target.ts';
import { compileTemplate } from './template.ts';
import { CannotKnow, unknowable, type Value } from './value.ts';
import { evaluate, hold } from './values.ts';
import { variableSources } from './variableSources.ts';

/** Predictions for `stream {}` proxying (semantics §9). */
export interface StreamPredictor {
	/** Undefined when no stream server listens where the request goes. */
	predict(request: ClientRequest): Prediction | undefined;
	predictIn(server: Scope, request: ClientRequest): Prediction;
}

/** Compiles the stream side of a configuration. */
export function createStreamPredictor(configuration: Configuration, version: NginxVersion): StreamPredictor {
	const ground = groundOf(configuration, version);
	const servers: Server[] = [];
	const upstreams = new Map<string, Scope>();
	const search = (scope: Scope): void => {
		for (const { body, node } of scope.directives) {
			if (body?.context === 'stream server') servers.push(readServer(body, ground));
			else if (body?.context === 'stream upstream') upstreams.set(lowerCase(toBytes(node.args[0]?.value ?? '')), body);
			else if (body?.context === 'stream') search(body);
		}
	};
	search(configuration.root);
	const model: Model = {
		ground,
		variables: variableSources(configuration, variableTable(configuration), 'stream'),
		servers,
		serverByScope: new Map(servers.map((server) => [server.scope, server])),
		addresses: addressesOf(
			servers.map((server) => ({
				...server,
				listens: server.listens.filter(({ at }) => at !== undefined && !at.node.args.some((word) => word.value === 'udp')),
			})),
			ground,
		),
		upstreams,
		literalTargets: new Set(),
		resolved: new Map(),
	};
	return {
		predictIn(scope, request) {
			const server = model.serverByScope.get(scope) ?? readServer(scope, ground);
			return predictServer(model, server, request);
		},
		predict(request) {
			if (servers.length === 0 || request.listen === undefined) return undefined;
			const split = splitListen(request.listen);
			const address = split && findAddress(model.addresses, split.address, split.port);
			return address && predictServer(model, address.fallback, request);
		},
	};
}

function predictServer(model: Model, server: Server, request: ClientRequest): Prediction {
	const { scope } = server;
	const level = new Level(scope, 'server', undefined, model.ground);
	const state = openSession(model, server, request);
	state.cite(server.listens[0]?.at, 'takes the connection');
	const nothing = (): Omit<Prediction, 'outcome'> => ({
		status: null,
		redirect: null,
		server: scope,
		location: null,
		upstream: null,
		upgrade: false,
		obstacles: [],
		idleTimeoutMs: null,
		idleTimeoutAt: undefined,
		because: state.because,
		unknown: null,
	});
	const timeout = level.setting('proxy_timeout');
	const obstacles = judgeHandshake(request.method, request.httpVersion ?? '1.1', request.headers);
	try {
		const denied = deniedBy(state, level);
		if (denied !== undefined) {
			state.cite(denied, 'denies the client');
			return { ...nothing(), outcome: 'refused', obstacles: [notProxied('the stream server denies the client', [denied])] };
		}
		for (const at of scope.byName.get('set') ?? []) {
			const { result, sources } = state.tracking(() => evaluate(state, compileTemplate(at.node.args[1]?.value ?? '')));
			hold(state, (at.node.args[0]?.value ?? '').replace(/^\$/, '').toLowerCase(), { value: result, sources: [...sources, at] });
		}
		const answer = scope.byName.get('return')?.at(-1);
		if (answer !== undefined) {
			state.cite(answer, 'answers');
			return { ...nothing(), outcome: 'answered', obstacles: [notProxied('the stream server answers itself', [answer])] };
		}
		const pass = scope.byName.get('proxy_pass')?.at(-1);
		if (pass === undefined) throw new CannotKnow('the stream server does not pass the connection on');
		state.cite(pass, 'passes the connection on');
		const upstream = upstreamOf(state, model, level, pass, request);
		state.cite(upstream.upstream, 'names the servers');
		return {
			...nothing(),
			outcome: 'proxied',
			upstream,
			upgrade: obstacles.length === 0,
			obstacles,
			idleTimeoutMs: level.duration('proxy_timeout') ?? null,
			idleTimeoutAt: timeout.at,
		};
	} catch (error) {
		if (error instanceof CannotKnow) return { ...nothing(), outcome: 'unknown', obstacles, unknown: error.reason };
		throw error;
	}
}

/** A session as a request that holds only what stream variables need. */
function openSession(model: Model, server: Server, request: ClientRequest): RequestState {
	const split = request.listen === undefined ? undefined : splitListen(request.listen);
	const localAddress = split?.address.replace(/^\[(.*)\]$/, '$1');
	const state = new RequestState(
		{
			model,
			tls: request.tls,
			httpVersion: '1.1',
			requestLine: '',
			method: '',
			lineRead: true,
			headers: [],
			unparsed: '',
			validUnparsed: true,
			localAddress,
			localPort: split?.port,
			remoteAddress: request.remoteAddress ?? loopbackPeer(localAddress),
			host: '',
			path: '',
			args: '',
			quoted: false,
			plus: false,
			server,
		},
		[],
	);
	const known = (name: string, value: Value): void => hold(state, name, { value, sources: [] });
	const sent = request.headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
	const host = validHost(toBytes(sent), model.ground.traits) ?? '';
	const name = request.tls && parseIp(host) === undefined ? host : '';
	const preread = server.level.setting('ssl_preread').value?.toLowerCase() === 'on' && request.tls;
	known('ssl_preread_server_name', preread ? name : '');
	known('ssl_preread_protocol', preread ? unknowable('$ssl_preread_protocol', 'the client chooses its TLS version', true) : '');
	known('ssl_preread_alpn_protocols', preread ? 'http/1.1' : '');
	known('ssl_server_name', server.listens.some(({ tls }) => tls) ? name : '');
	known('protocol', 'TCP');
	return state;
}

/** The deny line that closes the session; what depends on an unknown client is not known. */
function deniedBy(state: RequestState, level: Level): PlacedDirective | undefined {
	const { lines, unknown } = level.lines('allow');
	if (unknown !== undefined) throw new CannotKnow(unknown);
	const ip = state.remoteAddress === undefined ? undefined : parseIp(state.remoteAddress);
	for (const at of lines) {
		const what = at.node.args[0]?.value ?? '';
		const range = parseRange(what);
		if (what !== 'all' && ip === undefined) throw new CannotKnow('allow and deny depend on the client’s address');
		if (what === 'all' || (range !== undefined && ip !== undefined && isIn(range, ip)))
			return at.node.name.value === 'deny' ? at : undefined;
	}
	return undefined;
}

function upstreamOf(
	state: RequestState,
	model: Model,
	level: Level,
	pass: PlacedDirective,
	request: ClientRequest,
): UpstreamRequest {
	const template = level.template(pass, 0);
	const { result: target, sources } = state.tracking(() => evaluate(state, template));
	for (const source of sources) state.cite(source, 'gives a part of the backend’s address');
	if (typeof target !== 'string') throw new CannotKnow(target.reason);
	if (target === '') throw new CannotKnow('the address of the backend is empty');
	const named = model.upstreams.get(lowerCase(target));
	const backends = named === undefined ? undefined : upstreamBackends(named);
	if (backends?.unknown !== undefined) throw new CannotKnow(backends.unknown);
	return {
		module: 'stream',
		scheme: 'tcp',
		addresses: (backends?.addresses ?? [target]).map(fromBytes),
		method: request.method,
		uri: request.uri,
		httpVersion: request.httpVersion ?? '1.1',
		headers: passedThrough(request),
		headerSources: new Map(),
		upstream: backends?.upstream,
		balancing: backends?.balancing ?? 'round robin',
	};
}

/** The client's own handshake headers: a stream server passes every byte on. */
function passedThrough(request: ClientRequest): ReadonlyMap<string, string> {
	const headers = new Map<string, string>();
	for (const [name, value] of request.headers) {
		const lower = name.toLowerCase();
		if (!['host', 'connection', 'upgrade'].includes(lower)) continue;
		const known = headers.get(lower);
		headers.set(lower, known === undefined ? value : `${known}, ${value}`);
	}
	return headers;
}
