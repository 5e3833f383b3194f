import type { PlacedDirective } from '../config/model.ts';
import { fromBytes, lowerCase } from '../text/bytes.ts';
import { type HeaderSet, joined, proxyHeaders, type SentHeader } from './headerSet.ts';
import { type Level, PASSES } from './level.ts';
import type { HeaderLine, UpstreamRequest } from './prediction.ts';
import type { LiteralTarget, RequestState } from './state.ts';
import { type Backends, backendsOf, parseTarget, proxyHostOf, proxyPortOf, type Target } from './target.ts';
import type { Template } from './template.ts';
import { escapeUri } from './uri.ts';
import { CannotKnow, textOf, type Unknowable, unknowable, type Value } from './value.ts';
import { evaluate, noting, variable } from './values.ts';

/** The request that nginx sends, with what its evaluation could not settle. */
export interface Passed {
	readonly upstream: UpstreamRequest;
	readonly headers: HeaderSet;
	/** Why a part of the request line is not known. */
	readonly unknown: string | undefined;
	readonly level: Level;
}

/** Builds the upstream request of the `…_pass` that took the request; a number is the status nginx answers instead. */
export function passOn(state: RequestState, handlerAt: PlacedDirective): Passed | number {
	const name = handlerAt.node.name.value;
	const module = PASSES.get(name) ?? 'proxy';
	const { level } = state;
	const at = level.passOf(name);
	if (at === undefined) throw new CannotKnow(`the block in force holds no ${name}`);
	const { level: settled } = state;
	if (module === 'memcached') {
		// It takes GET and HEAD only, and needs a key (src/http/modules/ngx_http_memcached_module.c).
		if (state.method !== 'GET' && state.method !== 'HEAD') return 405;
		if (variable(state, 'memcached_key') === '') return 500;
	}
	const address = resolve(state, at, module);
	if (typeof address === 'number') return address;
	const { target, backends } = address;
	state.citeRunning(at, 'passes the request on');
	if (level.isNameless && at.scope === level.scope) state.cite(level.scope.opener, 'its block is the one in force');
	for (const source of address.sources) state.cite(source, 'gives a part of the backend’s address');
	state.cite(backends.upstream, 'names the servers');
	if (backends.upstream !== undefined && backends.addresses.length === 0 && backends.unknown === undefined) return 502;

	const version = httpVersionOf(state, level, module);
	const method = methodOf(state, level, module);
	const headers = module === 'proxy' ? proxyHeaders(state, level, version.value) : passedHeaders(state, level, module);
	const upstream = new BuiltRequest(headers.sent, {
		module,
		scheme: target.scheme,
		addresses: backends.addresses.map(fromBytes),
		method: fromBytes(textOf(method)),
		uri: fromBytes(module === 'proxy' ? proxyUri(state, settled, target, address.dynamic) : requestUri(state, module)),
		httpVersion: version.value,
		upstream: backends.upstream,
		balancing: backends.balancing,
	});
	const unknown =
		backends.unknown ?? version.unknown ?? (typeof method === 'string' ? undefined : method.reason) ?? headers.unknown;
	return { upstream, headers, unknown, level };
}

/** An upstream request whose headers are sorted when somebody looks: most are only judged. */
class BuiltRequest implements UpstreamRequest {
	readonly module: UpstreamRequest['module'];
	readonly scheme: string;
	readonly addresses: readonly string[];
	readonly method: string;
	readonly uri: string;
	readonly httpVersion: string;
	readonly upstream: PlacedDirective | undefined;
	readonly balancing: string;
	readonly #sent: readonly SentHeader[];
	#headers: UpstreamRequest['headers'] | undefined;
	#sources: UpstreamRequest['headerSources'] | undefined;
	#lines: UpstreamRequest['lines'] | undefined;

	constructor(sent: readonly SentHeader[], parts: Omit<UpstreamRequest, 'headers' | 'headerSources' | 'lines'>) {
		this.module = parts.module;
		this.scheme = parts.scheme;
		this.addresses = parts.addresses;
		this.method = parts.method;
		this.uri = parts.uri;
		this.httpVersion = parts.httpVersion;
		this.upstream = parts.upstream;
		this.balancing = parts.balancing;
		this.#sent = sent;
	}

	get headers(): UpstreamRequest['headers'] {
		this.#headers ??= reported(this.#sent);
		return this.#headers;
	}

	get headerSources(): UpstreamRequest['headerSources'] {
		this.#sources ??= sourcesOf(this.#sent);
		return this.#sources;
	}

	get lines(): UpstreamRequest['lines'] {
		this.#lines ??= linesOf(this.#sent);
		return this.#lines;
	}
}

interface Resolved {
	readonly target: Target;
	readonly backends: Backends;
	/** The address held variables. */
	readonly dynamic: boolean;
	readonly sources: readonly PlacedDirective[];
	readonly unknown: string | undefined;
}

function resolve(state: RequestState, at: PlacedDirective, module: string): Resolved | number {
	const template = state.level.template(at, 0);
	if (template.constant !== undefined) {
		const literal = literalTarget(state, at, module, template.constant);
		state.proxyHost = literal.proxyHost;
		state.proxyPort = literal.proxyPort;
		return { target: literal.target, backends: literal.backends, dynamic: false, sources: [], unknown: undefined };
	}
	if (template.marked) return markedTarget(state, module, template);
	const { result, sources } = state.tracking(() => noting(state, () => evaluate(state, template)));
	const { value: text, chosen } = result;
	if (typeof text !== 'string') return unknownTarget(state, module, text, sources);
	const target = parseTarget(module, text);
	if (target === undefined) {
		if (chosen !== undefined) throw new CannotKnow(chosen);
		state.citeValue(at, `comes to “${fromBytes(text)}”, which is no address`, fromBytes(text));
		for (const source of sources) state.cite(source, 'gives a part of the backend’s address');
		return 500;
	}
	state.proxyHost = proxyHostOf(target);
	state.proxyPort = proxyPortOf(target);
	const backends = backendsOf(target, state.model.upstreams);
	let unknown: string | undefined;
	if (backends.needsResolver && !state.model.literalTargets.has(targetKey(target))) {
		const resolver = state.level.setting('resolver');
		unknown = resolver.unknown;
		if (resolver.at === undefined && unknown === undefined) {
			if (chosen !== undefined) throw new CannotKnow(chosen);
			state.citeValue(at, 'its host needs a resolver, and there is none', fromBytes(text));
			for (const source of sources) state.cite(source, 'gives a part of the backend’s address');
			return 502;
		}
		if (target.portText === undefined && target.defaultPort === undefined) return 500;
	}
	const slashed = target.uri.startsWith('?') ? { ...target, uri: `/${target.uri}` } : target;
	return { target: slashed, backends, dynamic: true, sources, unknown };
}

function literalTarget(state: RequestState, at: PlacedDirective, module: string, text: string): LiteralTarget {
	const known = state.model.resolved.get(at);
	if (known !== undefined) return known;
	const target = parseTarget(module, text);
	if (target === undefined) throw new CannotKnow(`nginx refuses this ${at.node.name.value}`);
	const made = {
		target,
		backends: backendsOf(target, state.model.upstreams),
		proxyHost: proxyHostOf(target),
		proxyPort: proxyPortOf(target),
	};
	state.model.resolved.set(at, made);
	return made;
}

/** A backend whose address is not known: what is known of it, so that the headers can still be judged. */
function unknownTarget(state: RequestState, module: string, text: Unknowable, sources: readonly PlacedDirective[]): Resolved {
	const scheme = /^https:/i.test(text.text) ? 'https' : module === 'proxy' ? 'http' : module;
	const target = parseTarget(module, text.text) ?? {
		scheme,
		host: text.text,
		portText: undefined,
		defaultPort: undefined,
		uri: '',
		isSocket: false,
	};
	state.proxyHost = unknowable(proxyHostOf(target), text.reason, true);
	state.proxyPort = unknowable('$proxy_port', text.reason);
	const backends = { addresses: [], upstream: undefined, balancing: 'round robin', unknown: text.reason, needsResolver: false };
	return { target, backends, dynamic: true, sources, unknown: text.reason };
}

/** An address that nginx reads as it stands once the marks in it are replaced: as much of it as is known, so that all else can be judged. */
function markedTarget(state: RequestState, module: string, template: Template): Resolved {
	const text = template.pieces
		.map((piece, at) => {
			if (piece.kind === 'literal') return template.pieces[at + 1]?.kind === 'mark' ? piece.bytes.replace(/:$/, '') : piece.bytes;
			const before = template.pieces[at - 1];
			return piece.kind === 'mark' && !(before?.kind === 'literal' && before.bytes.endsWith(':')) ? piece.bytes : '';
		})
		.join('');
	const unknown = evaluate(state, template);
	const reason = typeof unknown === 'string' ? '' : unknown.reason;
	return { ...unknownTarget(state, module, unknowable(text, reason), []), dynamic: false };
}

/** `host:port` in lower case, to find a target among the literal ones. */
export function targetKey(target: Target): string {
	return `${lowerCase(target.host)}:${target.portText ?? target.defaultPort ?? ''}`;
}

/** The request target that proxy_pass sends (ngx_http_proxy_create_request; semantics RT15–RT18). */
function proxyUri(state: RequestState, level: Level, target: Target, dynamic: boolean): string {
	if (dynamic && target.uri !== '') return target.uri;
	if (target.uri === '' && state.validUnparsed) return state.unparsed;
	const cut = state.validLocation && target.uri !== '' ? Math.min(locationLength(level), state.path.length) : 0;
	const rest = state.path.slice(cut);
	const path = state.quoted || state.internal ? escapeUri(rest) : rest;
	const args = state.citedArgs() === '' ? '' : `?${state.args}`;
	return (state.validLocation ? target.uri : '') + path + args;
}

/** Bytes of the location's name that a URI part replaces. */
function locationLength(level: Level): number {
	const owner = level.isNameless ? level.outer : level;
	const kind = owner?.match?.kind;
	return kind === 'prefix' || kind === 'prefix-first' || kind === 'exact' ? level.name.length : 0;
}

/** What the other protocols are told as the request's URI. */
function requestUri(state: RequestState, module: string): string {
	if (module !== 'grpc' || state.validUnparsed) return state.unparsed;
	const path = state.quoted || state.internal ? escapeUri(state.path) : state.path;
	return state.citedArgs() === '' ? path : `${path}?${state.args}`;
}

function httpVersionOf(
	state: RequestState,
	level: Level,
	module: string,
): { readonly value: string; readonly unknown: string | undefined } {
	if (module === 'grpc') return { value: '2', unknown: undefined };
	if (module !== 'proxy') return { value: state.httpVersion, unknown: undefined };
	const { value, unknown } = level.setting('proxy_http_version');
	return { value: value ?? '1.0', unknown };
}

function methodOf(state: RequestState, level: Level, module: string): Value {
	if (module === 'memcached') return 'get';
	if (module !== 'proxy') return state.methodName;
	const { at, unknown } = level.setting('proxy_method');
	if (unknown !== undefined) return { text: state.methodName, reason: unknown, filled: true };
	if (at !== undefined) {
		const method = evaluate(state, level.template(at, 0));
		if (method !== state.methodName) state.cite(at, 'sets the method');
		return method;
	}
	const cached = level.setting('proxy_cache');
	const converts = level.setting('proxy_cache_convert_head').value?.toLowerCase() !== 'off';
	return state.method === 'HEAD' && cached.at !== undefined && cached.value !== 'off' && converts ? 'GET' : state.methodName;
}

/** uwsgi, scgi and fastcgi hand over the client's headers as `HTTP_*`, unless a parameter of that name is set (semantics BK7). */
function passedHeaders(state: RequestState, level: Level, module: string): HeaderSet {
	if (module === 'grpc' || module === 'memcached') return { sent: [], unknown: undefined };
	const { value, unknown } = level.setting(`${module}_pass_request_headers`);
	const lines = level.lines(`${module}_param`);
	const sent: SentHeader[] = [];
	const set = new Set<string>();
	for (const at of lines.lines) {
		const header = /^HTTP_(.+)$/.exec(at.node.args[0]?.value ?? '')?.[1];
		if (header === undefined) continue;
		const lower = lowerCase(header).replaceAll('_', '-');
		const { result, sources } = state.tracking(() => evaluate(state, level.template(at, 1)));
		set.add(lower);
		sent.push({ lower, value: result, at, sources });
	}
	if (value?.toLowerCase() !== 'off')
		for (const { lower, value: own } of state.headers)
			if (!set.has(lower) && DECISIVE.has(lower)) sent.push({ lower, value: own, at: undefined, sources: [] });
	return { sent, unknown: unknown ?? lines.unknown };
}

const DECISIVE: ReadonlySet<string> = new Set(['host', 'connection', 'upgrade']);

function reported(sent: readonly SentHeader[]): ReadonlyMap<string, string> {
	const headers = new Map<string, string>();
	for (const { lower } of sent) {
		const value = headers.has(lower) ? undefined : joined(sent, lower);
		if (value !== undefined) headers.set(fromBytes(lower), fromBytes(textOf(value)));
	}
	return headers;
}

function sourcesOf(sent: readonly SentHeader[]): ReadonlyMap<string, readonly PlacedDirective[]> {
	const sources = new Map<string, PlacedDirective[]>();
	for (const { lower, at } of sent) {
		if (at === undefined) continue;
		const known = sources.get(lower);
		if (known === undefined) sources.set(lower, [at]);
		else known.push(at);
	}
	return sources;
}

function linesOf(sent: readonly SentHeader[]): readonly HeaderLine[] {
	return sent.flatMap(({ lower, value, at, sources }) =>
		at === undefined ? [] : [{ name: fromBytes(lower), value: fromBytes(textOf(value)), at, sources }],
	);
}
