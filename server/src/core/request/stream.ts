import { listensOf } from '../config/listen.ts';
import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { fromBytes, lowerCase, toBytes } from './bytes.ts';
import { judgeHandshake, notProxied } from './conformance.ts';
import { Level } from './level.ts';
import type { ClientRequest, Prediction, UpstreamRequest } from './prediction.ts';
import { findAddress, splitListen } from './serverTable.ts';
import type { Model } from './state.ts';
import { upstreamBackends } from './target.ts';
import { parseTime } from './time.ts';

/** Predictions for `stream {}` proxying (semantics §9). */
export interface StreamPredictor {
	/** Undefined when no stream server listens where the request goes. */
	predict(request: ClientRequest, http: Model): Prediction | undefined;
	predictIn(server: Scope, request: ClientRequest): Prediction;
}

export function createStreamPredictor(configuration: Configuration, version: NginxVersion): StreamPredictor {
	const servers: Scope[] = [];
	const upstreams = new Map<string, Scope>();
	for (const stream of configuration.root.byName.get('stream') ?? [])
		for (const placed of stream.body?.directives ?? []) {
			if (placed.body?.context === 'stream server') servers.push(placed.body);
			if (placed.body?.context === 'stream upstream')
				upstreams.set(lowerCase(toBytes(placed.node.args[0]?.value ?? '')), placed.body);
		}
	const predictIn = (server: Scope, request: ClientRequest): Prediction => {
		const level = new Level(server, 'server', undefined, version);
		return predictServer(level, upstreams, request);
	};
	return {
		predictIn,
		predict(request, http) {
			if (servers.length === 0 || request.listen === undefined) return undefined;
			const split = splitListen(request.listen);
			if (split === undefined || findAddress(http.addresses, split.address, split.port) !== undefined) return undefined;
			const fits = (server: Scope, wildcard: boolean): boolean =>
				listensOf(server).some(
					({ address, port, at }) =>
						at !== undefined &&
						!at.node.args.some((word) => word.value === 'udp') &&
						port === split.port &&
						(wildcard
							? address === (split.address.startsWith('[') ? '[::]' : '*') || address === '0.0.0.0'
							: address === split.address || (address === 'localhost' && split.address === '127.0.0.1')),
				);
			const server = servers.find((one) => fits(one, false)) ?? servers.find((one) => fits(one, true));
			return server && predictIn(server, request);
		},
	};
}

function predictServer(level: Level, upstreams: ReadonlyMap<string, Scope>, request: ClientRequest): Prediction {
	const { scope } = level;
	const listen = scope.byName.get('listen')?.[0];
	const because = listen === undefined ? [] : [{ at: listen, text: 'takes the connection' }];
	const nothing: Omit<Prediction, 'outcome'> = {
		status: null,
		redirect: null,
		server: scope,
		location: null,
		upstream: null,
		upgrade: false,
		obstacles: [],
		idleTimeoutMs: null,
		idleTimeoutAt: undefined,
		because,
		unknown: null,
	};
	const pass = scope.byName.get('proxy_pass')?.at(-1);
	const answer = scope.byName.get('return')?.at(-1);
	if (pass === undefined) {
		if (answer === undefined)
			return { ...nothing, outcome: 'unknown', unknown: 'the stream server does not pass the connection on' };
		return { ...nothing, outcome: 'answered', obstacles: [notProxied('the stream server answers itself', [answer])] };
	}
	const target = toBytes(pass.node.args[0]?.value ?? '');
	const timeout = level.setting('proxy_timeout');
	const idle = timeout.value === undefined ? undefined : parseTime(timeout.value);
	const obstacles = judgeHandshake(request.method, request.httpVersion ?? '1.1', request.headers);
	const proxied: Omit<Prediction, 'outcome'> = {
		...nothing,
		because: [...because, { at: pass, text: 'passes the connection on' }],
		obstacles,
		idleTimeoutMs: idle ?? null,
		idleTimeoutAt: timeout.at,
	};
	const upstream = upstreamOf(target, upstreams, pass, request);
	if (upstream === undefined)
		return { ...proxied, outcome: 'unknown', unknown: `where ${fromBytes(target)} leads is known only while nginx runs` };
	return { ...proxied, outcome: 'proxied', upstream, upgrade: obstacles.length === 0 };
}

function upstreamOf(
	target: string,
	upstreams: ReadonlyMap<string, Scope>,
	_pass: PlacedDirective,
	request: ClientRequest,
): UpstreamRequest | undefined {
	if (target.includes('$')) return undefined;
	const named = upstreams.get(lowerCase(target));
	const backends = named === undefined ? undefined : upstreamBackends(named);
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
