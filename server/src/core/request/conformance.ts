import type { PlacedDirective, Scope } from '../config/model.ts';
import { fromBytes, lowerCase, toBytes } from '../text/bytes.ts';
import { type ClientHeader, hasToken } from './clientHeaders.ts';
import { joined } from './headerSet.ts';
import { changedAnswer } from './headersMore.ts';
import type { Level } from './level.ts';
import type { Obstacle } from './prediction.ts';
import type { RequestState } from './state.ts';
import type { Passed } from './upstreamRequest.ts';
import { textOf, type Value } from './value.ts';
import { evaluate } from './values.ts';

/** What stands between the client and its WebSocket, as far as it is certain; and why more could. */
export interface Judgement {
	readonly obstacles: readonly Obstacle[];
	readonly unknown: string | undefined;
}

interface Collector {
	readonly obstacles: Obstacle[];
	unknown: string | undefined;
}

/** Judges a passed request by what a conforming backend and client need (semantics §0 item 2, §0.1 items 2–4, HD*, RT8). */
export function judge(state: RequestState, passed: Passed): Judgement {
	const found: Collector = { obstacles: [], unknown: passed.unknown };
	const { module } = passed.upstream;
	if (module === 'fastcgi' || module === 'grpc' || module === 'memcached') {
		found.obstacles.push({ code: 'module', at: [], text: `${module}_pass makes no tunnel` });
		return found;
	}
	judgeClient(state.headers, found);
	judgeRequestLine(passed, found);
	if (passed.headers.unknown === undefined) {
		judgeUpgrade(passed, found);
		judgeConnection(passed, found);
		judgeKey(state, passed, found);
	}
	judgeChanged(state, found);
	judgeResponse(state, passed, found);
	return found;
}

/** Of the obstacles so far, those that headers-more made: it took the header from the client's request before anything read it. */
function judgeChanged(state: RequestState, found: Collector): void {
	const [changed] = [...state.headersChanged].filter(([name]) =>
		found.obstacles.some(({ code }) => code === 'client-request' || code === 'key-missing' || code.startsWith(`${name}-`)),
	);
	if (changed === undefined) return;
	const [name, at] = changed;
	const is = state.headers.find(({ lower }) => lower === name)?.value;
	const header = HANDSHAKE_NAMES.get(name) ?? name;
	found.obstacles.unshift({
		code: 'request-header-changed',
		at: [at],
		text: `${at.node.name.value} ${is === undefined ? `takes ${header} out of the client’s request` : `makes “${header}: ${fromBytes(is)}” of the client’s header`}`,
	});
}

const HANDSHAKE_NAMES: ReadonlyMap<string, string> = new Map([
	['upgrade', 'Upgrade'],
	['connection', 'Connection'],
	['sec-websocket-key', 'Sec-WebSocket-Key'],
	['sec-websocket-version', 'Sec-WebSocket-Version'],
]);

/** A request that nginx answers itself is no tunnel. */
export function notProxied(text: string, at: readonly PlacedDirective[]): Obstacle {
	return { code: 'not-proxied', at, text };
}

/** nginx tunnels only for a client that sent an Upgrade header itself. */
function judgeClient(headers: readonly ClientHeader[], found: Collector): void {
	if (!headers.some(({ lower }) => lower === 'upgrade'))
		found.obstacles.push({ code: 'client-request', at: [], text: 'the client sends no Upgrade header' });
}

function judgeRequestLine(passed: Passed, found: Collector): void {
	const { upstream, level } = passed;
	if (upstream.module === 'proxy') {
		const { value, at, unknown } = level.setting('proxy_http_version');
		if (unknown === undefined && value === '1.0')
			found.obstacles.push({
				code: 'http-1.0',
				at: at === undefined ? [] : [at],
				text: 'the backend gets an HTTP/1.0 request, which 4 of 21 tested backends refuse',
			});
		if (unknown === undefined && value === '2')
			found.obstacles.push({
				code: 'http-2',
				at: at === undefined ? [] : [at],
				text: 'a request over HTTP/2 cannot be upgraded',
			});
	}
	if (upstream.module !== 'proxy' && !tellsMethod(level, upstream.module)) {
		found.obstacles.push({ code: 'method', at: [], text: 'no parameter REQUEST_METHOD tells the backend that it is a GET' });
		return;
	}
	if (holdsControl(upstream.uri))
		found.obstacles.push({
			code: 'request-target',
			at: [],
			text: 'the URI that the backend gets holds a space or a control character',
		});
	else if (upstream.uri !== '' && !/^[/*]/.test(upstream.uri))
		found.obstacles.push({ code: 'request-target', at: [], text: 'the URI that the backend gets does not begin with /' });
	const method = level.setting('proxy_method');
	if (upstream.method !== 'GET' && method.unknown === undefined && !upstream.method.includes('$'))
		found.obstacles.push({
			code: 'method',
			at: method.at === undefined || upstream.module !== 'proxy' ? [] : [method.at],
			text: `the backend gets ${upstream.method} and not GET`,
		});
}

function holdsControl(uri: string): boolean {
	for (let at = 0; at < uri.length; at++) if (uri.charCodeAt(at) <= 0x20) return true;
	return false;
}

/** Whether a uwsgi or scgi backend is told the method; the stock parameter files do that. */
function tellsMethod(level: Level, module: string): boolean {
	const { lines, unknown } = level.lines(`${module}_param`);
	if (unknown !== undefined || lines.some((at) => at.node.args[0]?.value === 'REQUEST_METHOD')) return true;
	for (let scope: Scope | undefined = level.scope; scope !== undefined; scope = scope.parent) {
		const children = scope.opener?.node.block?.children ?? [];
		if (children.some(({ name, args }) => name.value === 'include' && /(?:uwsgi|scgi)_params/.test(args[0]?.value ?? '')))
			return true;
		if (scope.byName.has(`${module}_param`)) return false;
	}
	return false;
}

/** What of a header is sent; `unsure` when the value is not known. */
function sentValue(passed: Passed, lower: string, found: Collector): string | undefined | 'unsure' {
	const value = joined(passed.headers.sent, lower);
	if (value === undefined || typeof value === 'string') return value;
	if (value.sample !== undefined) return value.sample;
	found.unknown ??= value.reason;
	return 'unsure';
}

function linesFor(passed: Passed, lower: string): readonly PlacedDirective[] {
	return passed.headers.sent.map((header) => (header.lower === lower ? header.at : undefined)).filter((at) => at !== undefined);
}

function judgeUpgrade(passed: Passed, found: Collector): void {
	const value = sentValue(passed, 'upgrade', found);
	if (value === 'unsure') return;
	const at = linesFor(passed, 'upgrade');
	if (value === undefined) found.obstacles.push({ code: 'upgrade-missing', at, text: 'the backend gets no Upgrade header' });
	else if (lowerCase(value) !== 'websocket')
		found.obstacles.push({ code: 'upgrade-value', at, text: `the backend gets “Upgrade: ${fromBytes(value)}”` });
}

function judgeConnection(passed: Passed, found: Collector): void {
	const value = sentValue(passed, 'connection', found);
	if (value === 'unsure') return;
	const at = linesFor(passed, 'connection');
	if (value === undefined)
		found.obstacles.push({ code: 'connection-missing', at, text: 'the backend gets no Connection header' });
	else if (!hasToken(value, 'upgrade'))
		found.obstacles.push({
			code: at.length === 0 ? 'connection-missing' : 'connection-value',
			at,
			text: `the backend gets “Connection: ${fromBytes(value)}”, without “upgrade” in it`,
		});
}

/** Key and version must reach the backend as the client sent them (HD27, HD28). */
function judgeKey(state: RequestState, passed: Passed, found: Collector): void {
	const { module } = passed.upstream;
	const passing = passed.level.setting(`${module}_pass_request_headers`);
	for (const [lower, name] of [
		['sec-websocket-key', 'Sec-WebSocket-Key'],
		['sec-websocket-version', 'Sec-WebSocket-Version'],
	] as const) {
		const own = state.headers.filter((header) => header.lower === lower).map(({ value }) => value);
		const good = own.length === 1 && (lower === 'sec-websocket-key' ? isKey(own[0] ?? '') : own[0] === '13');
		// Whoever names the version: the backend looks at what it gets. A key has to be the client's, for the client checks the answer to it.
		if (lower === 'sec-websocket-version' && sentValue(passed, lower, found) === '13') continue;
		if (!good) found.obstacles.push({ code: 'client-request', at: [], text: `the client sends no good ${name}` });
		else if (passed.headers.sent.some((header) => header.lower === lower)) {
			const value = sentValue(passed, lower, found);
			if (value !== 'unsure' && value !== own[0])
				found.obstacles.push({ code: 'key-missing', at: linesFor(passed, lower), text: `${name} does not reach the backend` });
		} else if (passing.unknown !== undefined) found.unknown ??= passing.unknown;
		else if (passing.value?.toLowerCase() === 'off')
			found.obstacles.push({
				code: 'key-missing',
				at: passing.at === undefined ? [] : [passing.at],
				text: `${name} does not reach the backend`,
			});
	}
}

/** 16 bytes in base64 (RFC 6455 §4.1). */
function isKey(value: string): boolean {
	return /^[A-Za-z0-9+/]{22}==$/.test(value);
}

/** What nginx does to the 101 on its way back (HD31–HD35, RT8, TO10). */
function judgeResponse(state: RequestState, passed: Passed, found: Collector): void {
	const { level } = passed;
	const { module } = passed.upstream;
	judgeStatus(state, passed, found);
	judgeChangedAnswer(state, level, found);
	if (!level.mayAny([`${module}_hide_header`, 'add_header'])) return;
	const asksProtocol = state.headers.some(({ lower }) => lower === 'sec-websocket-protocol');
	const needed = new Map([
		['upgrade', 'Upgrade'],
		['sec-websocket-accept', 'Sec-WebSocket-Accept'],
	]);
	const hidden = level.lines(`${module}_hide_header`);
	const passedBack = level.lines(`${module}_pass_header`);
	found.unknown ??= hidden.unknown ?? passedBack.unknown;
	const kept = new Set(passedBack.lines.map(({ node }) => (node.args[0]?.value ?? '').toLowerCase()));
	const isHidden = (name: string): boolean =>
		!kept.has(name) && hidden.lines.some(({ node }) => (node.args[0]?.value ?? '').toLowerCase() === name);
	const added = level.lines('add_header');
	found.unknown ??= added.unknown;
	// One that is hidden and written anew is there once, as it should be.
	const upgrades = added.lines.filter(
		({ node }) => (node.args[0]?.value ?? '').toLowerCase() === 'upgrade' && node.args[2]?.value === 'always',
	);
	const [rewritten] = upgrades;
	if (rewritten !== undefined && upgrades.length === 1 && isHidden('upgrade')) {
		const value = evaluate(state, level.template(rewritten, 1));
		if (typeof value === 'string' && lowerCase(value) === 'websocket') needed.delete('upgrade');
	}
	for (const at of hidden.lines) {
		const lower = (at.node.args[0]?.value ?? '').toLowerCase();
		const name = needed.get(lower) ?? (asksProtocol && lower === 'sec-websocket-protocol' ? 'Sec-WebSocket-Protocol' : undefined);
		if (name !== undefined && !kept.has(lower))
			found.obstacles.push({ code: 'response-header-hidden', at: [at], text: `the answer reaches the client without ${name}` });
	}

	for (const at of added.lines) {
		const name = at.node.args[0]?.value ?? '';
		const lower = name.toLowerCase();
		const extra = lower === 'sec-websocket-extensions' || (lower === 'sec-websocket-protocol' && !asksProtocol);
		if (at.node.args[2]?.value !== 'always' || !(needed.has(lower) || extra)) continue;
		const value: Value = evaluate(state, level.template(at, 1));
		if (textOf(value) !== '')
			found.obstacles.push({
				code: 'response-header-added',
				at: [at],
				text: `nginx adds ${name} to the answer, which the client refuses`,
			});
	}
}

/** What headers-more makes of the headers that the client needs. */
function judgeChangedAnswer(state: RequestState, level: Level, found: Collector): void {
	for (const [lower, { at, value }] of changedAnswer(state, level, ['upgrade', 'sec-websocket-accept'])) {
		if (lower === 'upgrade' && value !== undefined && lowerCase(value) === 'websocket') continue;
		const header = lower === 'upgrade' ? 'Upgrade' : 'Sec-WebSocket-Accept';
		found.obstacles.push({
			code: 'response-header-changed',
			at: [at],
			text: `${at.node.name.value} ${value === undefined ? `takes ${header} out of the answer` : `puts “${header}: ${fromBytes(value)}” in the answer`}`,
		});
	}
}

/** The status that reaches the client. */
function judgeStatus(state: RequestState, { level, upstream }: Passed, found: Collector): void {
	const { module } = upstream;
	if (state.errorStatus !== 0 && state.errorStatus !== 101)
		found.obstacles.push({
			code: 'response-status',
			at: state.errorStatusAt === undefined ? [] : [state.errorStatusAt],
			text: `error_page makes the status ${state.errorStatus} of the backend’s 101`,
		});
	const timeout = level.setting(`${module}_read_timeout`);
	if (level.duration(`${module}_read_timeout`) === 0)
		found.obstacles.push({
			code: 'response-status',
			at: timeout.at === undefined ? [] : [timeout.at],
			text: 'a read timeout of 0 ends the handshake with 504',
		});
	// A unix socket is connected at once, before any timer is set (src/http/ngx_http_upstream.c, ngx_http_upstream_connect).
	const connect = level.setting(`${module}_connect_timeout`);
	if (level.duration(`${module}_connect_timeout`) === 0 && !upstream.addresses.some((address) => /^unix:/i.test(address)))
		found.obstacles.push({
			code: 'response-status',
			at: connect.at === undefined ? [] : [connect.at],
			text: 'a connect timeout of 0 ends the handshake with 504',
		});
}

/** A client's own handshake, where nothing on the way changes it: stream proxying. */
export function judgeHandshake(
	method: string,
	httpVersion: string,
	headers: readonly (readonly [string, string])[],
): readonly Obstacle[] {
	const values = (name: string): readonly string[] =>
		headers.filter(([own]) => own.toLowerCase() === name).map(([, value]) => toBytes(value.trim()));
	const good =
		method === 'GET' &&
		httpVersion === '1.1' &&
		lowerCase(values('upgrade').join(', ')) === 'websocket' &&
		hasToken(values('connection').join(', '), 'upgrade') &&
		isKey(values('sec-websocket-key').join(', ')) &&
		values('sec-websocket-version').join(', ') === '13';
	return good ? [] : [{ code: 'client-request', at: [], text: 'the client’s own request is no WebSocket handshake' }];
}
