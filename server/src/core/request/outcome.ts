import { fromBytes } from '../text/bytes.ts';
import { judge, notProxied } from './conformance.ts';
import { hasErrorPage } from './errorPage.ts';
import type { Journey } from './journey.ts';
import { refuse } from './phases.ts';
import type { Prediction } from './prediction.ts';
import type { RequestState } from './state.ts';
import { type Passed, passOn } from './upstreamRequest.ts';
import { CannotKnow } from './value.ts';
import { evaluate } from './values.ts';

/** Follows a request to its end and says what came of it. Lets `Undecided` through. */
export function followRequest(journey: Journey): Prediction {
	const { state } = journey;
	if (journey.go === undefined) return refusedPrediction(state, journey.refusal);
	try {
		let arrival = journey.go();
		for (let round = 0; round < 20; round++) {
			if (arrival.kind === 'answered') return answeredPrediction(state, arrival.status);
			const passed = passOn(state, arrival.at);
			if (typeof passed !== 'number') return unlessTakenOver(state, passed, proxiedPrediction(state, passed));
			arrival = refuse(state, passed);
		}
		throw new CannotKnow('the request does not come to an end');
	} catch (error) {
		if (error instanceof CannotKnow) return unknownPrediction(state, error.reason);
		throw error;
	}
}

function common(state: RequestState) {
	return {
		status: null,
		redirect: null,
		server: state.server.scope,
		location: state.location?.scope ?? null,
		upstream: null,
		upgrade: false,
		obstacles: [],
		idleTimeoutMs: null,
		idleTimeoutAt: undefined,
		...(state.missing === undefined ? {} : { missing: state.missing }),
		because: state.because,
		unknown: null,
	} satisfies Omit<Prediction, 'outcome'>;
}

function refusedPrediction(state: RequestState, reason: string): Prediction {
	return { ...common(state), outcome: 'refused', server: null, obstacles: [notProxied(reason, [])] };
}

/** The outcome hangs on something that cannot be known. */
export function unknownPrediction(state: RequestState, reason: string): Prediction {
	return { ...common(state), outcome: 'unknown', unknown: reason };
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function answeredPrediction(state: RequestState, status: number | null): Prediction {
	const redirect = status !== null && REDIRECTS.has(status) && state.redirect !== null ? absoluteRedirect(state) : null;
	const { because } = state;
	const at = because.map((reason) => reason.at).filter(({ body }) => body?.context !== 'location');
	const text = status === null ? 'nginx answers from files on disk' : `nginx answers ${status} itself`;
	return { ...common(state), because, outcome: 'answered', status, redirect, obstacles: [notProxied(text, at.slice(-1))] };
}

/** The Location header as sent (src/http/ngx_http_header_filter_module.c). */
function absoluteRedirect(state: RequestState): string {
	const value = state.redirect ?? '';
	if (!value.startsWith('/')) return fromBytes(value);
	const { level } = state;
	const absolute = level.setting('absolute_redirect');
	if (absolute.unknown !== undefined) throw new CannotKnow(absolute.unknown);
	if (absolute.value?.toLowerCase() === 'off') {
		state.cite(absolute.at, 'keeps the address relative');
		return fromBytes(value);
	}
	const byName = level.flag('server_name_in_redirect');
	if (byName) state.cite(level.setting('server_name_in_redirect').at, 'puts the server’s name into the address');
	const host = byName ? state.server.name : state.host !== '' ? state.host : state.localAddress;
	if (host === undefined) throw new CannotKnow('the address of the listen is not known');
	const withPort = level.flag('port_in_redirect');
	if (!withPort) state.cite(level.setting('port_in_redirect').at, 'leaves the port out of the address');
	if (state.localPort === undefined && withPort) throw new CannotKnow('the port of the listen is not known');
	const port = withPort && state.localPort !== (state.tls ? 443 : 80) && state.localPort !== 0 ? `:${state.localPort}` : '';
	return fromBytes(`${state.tls ? 'https' : 'http'}://${host}${port}${value}`);
}

/** Statuses with which backends refuse what is no handshake (nginx-semantics-backend-matrix). */
const REFUSALS: readonly number[] = [400, 403, 404, 405, 426, 500, 501, 505];

/**
 * What a backend refuses, `proxy_intercept_errors` may hand to an error_page that leads to another backend: whether the handshake is
 * upgraded there hangs on the status of the refusal.
 */
function unlessTakenOver(state: RequestState, passed: Passed, prediction: Prediction): Prediction {
	const { module } = passed.upstream;
	if (prediction.obstacles.length === 0 || !state.headers.some(({ lower }) => lower === 'upgrade')) return prediction;
	if (!passed.level.flag(`${module}_intercept_errors`)) return prediction;
	const taken = REFUSALS.find((status) => hasErrorPage(state, status));
	if (taken === undefined) return prediction;
	const arrival = refuse(state, taken);
	const again = arrival.kind === 'pass' ? passOn(state, arrival.at) : undefined;
	if (again === undefined || typeof again === 'number' || judge(state, again).obstacles.length > 0) return prediction;
	return { ...prediction, outcome: 'unknown', obstacles: [], unknown: 'an error_page takes over what the backend refuses' };
}

/** Modules that can tunnel. */
const TUNNELS: ReadonlySet<string> = new Set(['proxy', 'uwsgi', 'scgi']);

function proxiedPrediction(state: RequestState, passed: Passed): Prediction {
	const { obstacles, unknown } = judge(state, passed);
	citeHeaders(state, passed);
	const tunnels = TUNNELS.has(passed.upstream.module) && passed.upstream.httpVersion !== '2';
	const timeout = tunnels ? passed.level.setting(`${passed.upstream.module}_read_timeout`) : undefined;
	const idle = timeout && passed.level.duration(`${passed.upstream.module}_read_timeout`);
	if (idle !== undefined && idle !== DEFAULT_READ_TIMEOUT) state.cite(timeout?.at, 'sets how long the tunnel may be silent');
	const cacheKey = passed.level.mayAny(CACHES) ? cacheKeyOf(state, passed) : undefined;
	// Written out: most predictions are made here, and a spread costs more than all else in this function.
	return {
		outcome: unknown === undefined ? 'proxied' : 'unknown',
		status: null,
		redirect: null,
		server: state.server.scope,
		location: state.location?.scope ?? null,
		upstream: passed.upstream,
		upgrade: unknown === undefined && obstacles.length === 0,
		obstacles,
		idleTimeoutMs: idle ?? null,
		idleTimeoutAt: timeout?.at,
		...(cacheKey === undefined ? {} : { cacheKey }),
		because: state.because,
		unknown: unknown ?? null,
	};
}

const CACHES: readonly string[] = ['proxy_cache', 'uwsgi_cache', 'scgi_cache'];

/**
 * Where nginx looks for a stored answer (src/http/ngx_http_upstream.c, ngx_http_upstream_cache). Without buffering none is ever stored
 * (ngx_http_upstream_send_response); a bypass that is neither empty nor "0" does not look (ngx_http_test_predicates).
 */
function cacheKeyOf(state: RequestState, { level, upstream: { module, scheme, addresses, uri } }: Passed): string | undefined {
	const cache = level.setting(`${module}_cache`);
	if (cache.at === undefined || cache.value === 'off') return undefined;
	const buffering = level.setting(`${module}_buffering`);
	if (buffering.unknown !== undefined || buffering.value?.toLowerCase() === 'off') return undefined;
	const bypass = level.lines(`${module}_cache_bypass`);
	if (bypass.unknown !== undefined) return undefined;
	for (const at of bypass.lines)
		for (const index of at.node.args.keys()) {
			const value = evaluate(state, level.template(at, index));
			if (value !== '' && value !== '0') return undefined;
		}
	const { at, unknown } = level.setting(`${module}_cache_key`);
	if (unknown !== undefined) return undefined;
	if (at === undefined) return `${scheme}://${addresses.join()}${uri}`;
	const key = evaluate(state, level.template(at, 0));
	return typeof key === 'string' ? fromBytes(key) : undefined;
}

const DEFAULT_READ_TIMEOUT = 60_000;

/** Names the lines that make the upstream request what it is: those whose loss would change it. */
function citeHeaders(state: RequestState, passed: Passed): void {
	const { level, headers, upstream } = passed;
	const version = upstream.module === 'proxy' ? level.setting('proxy_http_version') : undefined;
	if (version?.at !== undefined && version.value !== level.valueWithout(version.at))
		state.cite(version.at, `makes it HTTP/${version.value}`);
	for (const { lower, value, at, sources } of headers.sent) {
		if (at === undefined || value === '') continue;
		if (headers.sent.some((other) => other.at === undefined && other.lower === lower)) continue;
		if (lower === 'host' && value === state.proxyHost) continue;
		if (lower === 'connection' && value === level.defaultConnection) continue;
		state.cite(at, `sets ${at.node.args[0]?.value ?? 'a header'}`);
		for (const source of sources) state.cite(source, 'gives a value');
	}
}
