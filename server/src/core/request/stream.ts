import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import { variableTable } from '../config/variables.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { fromBytes, lowerCase, toBytes } from '../text/bytes.ts';
import { isIn, parseIp, parseRange } from './addresses.ts';
import type { GREETING_VARIABLES } from './builtIns.ts';
import { judgeHandshake, notProxied } from './conformance.ts';
import { groundOf } from './ground.ts';
import { validHost } from './host.ts';
import { loopbackPeer } from './journey.ts';
import type { Level } from './level.ts';
import type { ClientRequest, Prediction, UpstreamRequest } from './prediction.ts';
import { type Address, addressesOf, findAddress, findServer, readServer, type Server, splitListen } from './serverTable.ts';
import { type Model, RequestState } from './state.ts';
import { upstreamBackends } from './target.ts';
import { compileTemplate } from './template.ts';
import { CannotKnow, unknowable, type Value } from './value.ts';
import { evaluate, hold, matchPattern } from './values.ts';
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
			return predictServer({ model, first: server, address: undefined, request });
		},
		predict(request) {
			if (servers.length === 0 || request.listen === undefined) return undefined;
			const split = splitListen(request.listen);
			const address = split && findAddress(model.addresses, split.address, split.port);
			return address && predictServer({ model, first: address.fallback, address, request });
		},
	};
}

/** A connection that a stream server takes. */
interface Session {
	readonly model: Model;
	/** The server that has it before a name is known. */
	readonly first: Server;
	/** Undefined when the server is asked for itself. */
	readonly address: Address | undefined;
	readonly request: ClientRequest;
}

function predictServer({ model, first, address, request }: Session): Prediction {
	const state = openSession(model, first, request);
	const citeListen = (): void => {
		const listen = address === undefined ? state.server.listens[0] : address.listens.get(state.server);
		state.cite(listen?.at, 'takes the connection');
	};
	const nothing = (): Omit<Prediction, 'outcome'> => ({
		status: null,
		redirect: null,
		server: state.server.scope,
		location: null,
		upstream: null,
		upgrade: false,
		obstacles: [],
		idleTimeoutMs: null,
		idleTimeoutAt: undefined,
		because: state.because,
		unknown: null,
	});
	const obstacles = judgeHandshake(request.method, request.httpVersion ?? '1.1', request.headers);
	try {
		// What the first server sets and allows comes before the greeting is read, so before a name can choose another server
		// (src/stream/ngx_stream.h, the phases; ngx_stream_set_module.c).
		for (const at of first.scope.byName.get('set') ?? []) {
			const { result, sources } = state.tracking(() => evaluate(state, compileTemplate(at.node.args[1]?.value ?? '')));
			hold(state, (at.node.args[0]?.value ?? '').replace(/^\$/, '').toLowerCase(), { value: result, sources: [...sources, at] });
		}
		const denied = deniedBy(state, first.level);
		if (denied !== undefined) {
			citeListen();
			state.cite(denied, 'denies the client');
			return { ...nothing(), outcome: 'refused', obstacles: [notProxied('the stream server denies the client', [denied])] };
		}
		if (address?.tls === true && !request.tls) {
			citeListen();
			return {
				...nothing(),
				outcome: 'refused',
				obstacles: [notProxied('the stream server speaks TLS, the client does not', [])],
			};
		}
		readGreeting(state, first, request);
		if (address !== undefined) chooseByName(state, model, address);
		citeListen();
		const { scope, level } = state.server;
		const answer = scope.byName.get('return')?.at(-1);
		if (answer !== undefined) {
			state.cite(answer, 'answers');
			return { ...nothing(), outcome: 'answered', obstacles: [notProxied('the stream server answers itself', [answer])] };
		}
		const pass = scope.byName.get('proxy_pass')?.at(-1);
		if (pass === undefined) throw new CannotKnow('the stream server does not pass the connection on');
		state.cite(pass, 'passes the connection on');
		const upstream = upstreamOf(state, model, level, pass, request);
		if (upstream === undefined)
			return { ...nothing(), outcome: 'refused', obstacles: [notProxied('the backend’s address is empty', [pass])] };
		state.cite(upstream.upstream, 'names the servers');
		return {
			...nothing(),
			outcome: 'proxied',
			upstream,
			upgrade: obstacles.length === 0,
			obstacles,
			idleTimeoutMs: level.duration('proxy_timeout') ?? null,
			idleTimeoutAt: level.setting('proxy_timeout').at,
		};
	} catch (error) {
		if (error instanceof CannotKnow) return { ...nothing(), outcome: 'unknown', obstacles, unknown: error.reason };
		throw error;
	}
}

/** Where several servers share the address, the name in the greeting chooses (CHANGES 1.25.5; ngx_stream_ssl_preread_module.c). */
function chooseByName(state: RequestState, model: Model, address: Address): void {
	const name = state.held.get(address.tls ? 'ssl_server_name' : 'ssl_preread_server_name')?.value;
	if (!model.ground.traits.namesStreamServers || typeof name !== 'string' || name === '') return;
	const named = findServer(address, name, (pattern, subject) =>
		matchPattern(state, pattern, subject, [], { forget: false, what: () => 'the expression of a server_name' }),
	);
	if (named === undefined || named.server === address.fallback) return;
	state.server = named.server;
	state.level = named.server.level;
	state.cite(named.name.at, 'fits the name in the TLS greeting');
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
			others: undefined,
			server,
		},
		[],
	);
	hold(state, 'protocol', { value: 'TCP', sources: [] });
	return state;
}

/** What the TLS greeting tells: a client names there the host it asks for. */
function readGreeting(state: RequestState, server: Server, request: ClientRequest): void {
	// Read before, as by `set`, they stay empty: nginx keeps them.
	const known = (name: (typeof GREETING_VARIABLES)[number], value: Value): void => {
		if (!state.held.has(name)) hold(state, name, { value, sources: [] });
	};
	const sent = request.headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
	const host = validHost(toBytes(sent), state.model.ground.traits) ?? '';
	const name = request.tls && parseIp(host) === undefined ? host : '';
	const preread = server.level.setting('ssl_preread').value?.toLowerCase() === 'on' && request.tls;
	known('ssl_preread_server_name', preread ? name : '');
	known('ssl_preread_protocol', preread ? unknowable('$ssl_preread_protocol', 'the client chooses its TLS version', true) : '');
	known('ssl_preread_alpn_protocols', preread ? 'http/1.1' : '');
	known('ssl_server_name', server.listens.some(({ tls }) => tls) ? name : '');
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

/** What is sent to whom; undefined when the address is empty: nginx closes the connection. */
function upstreamOf(
	state: RequestState,
	model: Model,
	level: Level,
	pass: PlacedDirective,
	request: ClientRequest,
): UpstreamRequest | undefined {
	const template = level.template(pass, 0);
	const { result: target, sources } = state.tracking(() => evaluate(state, template));
	for (const source of sources) state.cite(source, 'gives a part of the backend’s address');
	if (typeof target !== 'string') throw new CannotKnow(target.reason);
	if (target === '') return undefined;
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
		lines: [],
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
		const trimmed = value.replace(/^[ \t]+|[ \t]+$/g, '');
		headers.set(lower, known === undefined ? trimmed : `${known}, ${trimmed}`);
	}
	return headers;
}
