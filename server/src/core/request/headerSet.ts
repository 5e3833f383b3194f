import type { PlacedDirective } from '../config/model.ts';
import type { HeaderLines, Level } from './level.ts';
import type { RequestState } from './state.ts';
import { textOf, unknowable, type Value } from './value.ts';
import { decisive, evaluate } from './values.ts';

/** One header line that the configuration sends or blanks. */
export interface SentHeader {
	readonly lower: string;
	/** '' when it is not sent. */
	readonly value: Value;
	/** The proxy_set_header line; undefined for one of nginx's own defaults. */
	readonly at: PlacedDirective | undefined;
	/** What the value was read from: maps, set lines. */
	readonly sources: readonly PlacedDirective[];
}

export interface HeaderSet {
	/** User lines in order, then defaults; the order sent. */
	readonly sent: readonly SentHeader[];
	/** Why the lines in force are not known; then only defaults would be guesses, and `sent` is empty. */
	readonly unknown: string | undefined;
}

/** What a handshake hangs on. */
const DECISIVE: ReadonlySet<string> = new Set(['upgrade', 'connection', 'sec-websocket-key', 'sec-websocket-version']);

const NO_SOURCES: readonly PlacedDirective[] = Object.freeze([]);

/** Client headers that are never passed on unless a line says so (src/http/modules/ngx_http_proxy_module.c, ngx_http_proxy_headers). */
const STRIPPED: readonly SentHeader[] = ['te', 'keep-alive', 'expect', 'upgrade'].map((lower) => ownHeader(lower, ''));
const NO_CONNECTION = ownHeader('connection', '');
const CONNECTION_CLOSE = ownHeader('connection', 'close');

/** One of nginx's own. */
function ownHeader(lower: string, value: Value): SentHeader {
	return { lower, value, at: undefined, sources: NO_SOURCES };
}

/** The headers of a proxied request (semantics §0 item 1, §0.2, HD21–HD28, IN1–IN3, IN13). */
export function proxyHeaders(state: RequestState, level: Level, httpVersion: string): HeaderSet {
	const { lines, unknown } = level.headerLines;
	if (unknown !== undefined) return { sent: [], unknown };
	const { traits } = level.ground;
	const { captures } = state;
	let user = lines.map((line) => userHeader(state, line));
	if (state.captures !== captures && lines.some((line, at) => readsOtherwise(state, line, user[at])))
		return { sent: [], unknown: 'a map changes $1 while the headers are written' };
	if (traits.oneHost) user = lastHostFirst(user);
	const names = user.map(({ lower }) => lower);
	const defaults: SentHeader[] = [];
	const addDefault = (header: SentHeader): void => {
		if (!names.includes(header.lower)) defaults.push(header);
	};
	addDefault(ownHeader('host', state.proxyHost ?? ''));
	addDefault(traits.dropsConnection || httpVersion === '2' ? NO_CONNECTION : CONNECTION_CLOSE);
	for (const header of STRIPPED) addDefault(header);
	if (traits.oneHost)
		user = user.map((header) =>
			header.lower === 'host' && header.value === '' ? { ...header, value: state.proxyHost ?? '' } : header,
		);
	return { sent: [...user, ...defaults].map(asReceived), unknown: undefined };
}

/** nginx measures all lines before it writes them: where a capture has changed in between, what it writes is not defined. */
function readsOtherwise(state: RequestState, line: HeaderLines['lines'][number], header: SentHeader | undefined): boolean {
	if (!line.value.pieces.some(({ kind }) => kind === 'capture') || header === undefined) return false;
	return textOf(userHeader(state, line).value) !== textOf(header.value);
}

function userHeader(state: RequestState, { at, lower, value }: HeaderLines['lines'][number]): SentHeader {
	if (value.constant !== undefined) return { lower, value: value.constant, at, sources: NO_SOURCES };
	const { result, sources } = state.tracking(() => (DECISIVE.has(lower) ? decisive : evaluate)(state, value));
	return { lower, value: result, at, sources };
}

/** A name with a colon in it ends at that colon for who receives the line (HD23); blanks around a value are no part of it. */
function asReceived(header: SentHeader): SentHeader {
	const colon = header.lower.indexOf(':');
	if (header.value === '' || (colon === -1 && typeof header.value !== 'string')) return header;
	const text = textOf(header.value);
	if (colon === -1) {
		const trimmed = text.replace(/^[ \t]+|[ \t]+$/g, '');
		return trimmed === text || trimmed === '' ? header : { ...header, value: trimmed };
	}
	const value = `${header.lower.slice(colon + 1)}: ${text}`;
	return {
		...header,
		lower: header.lower.slice(0, colon),
		value: typeof header.value === 'string' ? value : unknowable(value, header.value.reason, true),
	};
}

/** Since 1.31.4 only the last Host line counts, and it is sent first (IN13). */
function lastHostFirst(user: readonly SentHeader[]): SentHeader[] {
	const host = user.findLast(({ lower }) => lower === 'host');
	if (host === undefined) return [...user];
	return [host, ...user.filter(({ lower }) => lower !== 'host')];
}

/** The value under which a header reaches the backend: lines joined by `, `; undefined when it is not sent. */
export function joined(headers: readonly SentHeader[], lower: string): Value | undefined {
	const values = headers
		.filter((header) => header.lower === lower && header.value !== '')
		.map(({ value }) => (typeof value === 'string' ? value.replace(/^[ \t]+|[ \t]+$/g, '') : value));
	const [first] = values;
	if (first === undefined) return undefined;
	if (values.every((value) => typeof value === 'string')) return values.join(', ');
	const vague = values.find((value) => typeof value !== 'string');
	const samples = values.map((value) => (typeof value === 'string' ? value : value.sample));
	return unknowable(
		values.map(textOf).join(', '),
		typeof vague === 'object' ? vague.reason : '',
		true,
		samples.includes(undefined) ? undefined : samples.join(', '),
	);
}
