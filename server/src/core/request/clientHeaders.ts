import { lowerCase, toBytes } from '../text/bytes.ts';
import type { Traits } from './ground.ts';

export interface ClientHeader {
	readonly name: string;
	readonly lower: string;
	readonly value: string;
}

export interface HeaderRules {
	readonly underscores: boolean;
	readonly ignoreInvalid: boolean;
	/** Bytes that one header line may have. */
	readonly longest: number;
}

/** The headers that nginx keeps, or the status with which it refuses the request. */
export type ReadHeaders =
	| { readonly headers: readonly ClientHeader[]; readonly refused: undefined }
	| { readonly headers: readonly ClientHeader[]; readonly refused: number };

/** Headers that may be sent once only (src/http/ngx_http_request.c, ngx_http_headers_in). */
const UNIQUE: ReadonlySet<string> = new Set([
	'host',
	'if-modified-since',
	'if-unmodified-since',
	'if-match',
	'if-none-match',
	'content-length',
	'content-range',
	'if-range',
	'transfer-encoding',
	'expect',
	'authorization',
]);

const ASCII = /^[!-~]*$/;

/** Reads the client's header lines as ngx_http_process_request_headers does. */
export function readHeaders(written: readonly (readonly [string, string])[], rules: HeaderRules): ReadHeaders {
	const headers: ClientHeader[] = [];
	const seen = new Set<string>();
	for (const [rawName, rawValue] of written) {
		const name = toBytes(rawName);
		const value = withoutBlanks(toBytes(rawValue));
		if (name === '' || hasControl(name) || /[\0\r\n]/.test(value)) return { headers, refused: 400 };
		if (name.length + value.length + 4 > rules.longest) return { headers, refused: 494 };
		if (isInvalid(name, rules)) continue;
		// Beyond ASCII toLowerCase folds more than nginx does.
		const lower = ASCII.test(name) ? name.toLowerCase() : lowerCase(name);
		if (UNIQUE.has(lower)) {
			if (seen.has(lower)) return { headers, refused: 400 };
			seen.add(lower);
		}
		headers.push({ name, lower, value });
	}
	return { headers, refused: undefined };
}

/** A value without the spaces around it. */
function withoutBlanks(value: string): string {
	return value.startsWith(' ') || value.endsWith(' ') ? value.replace(/^[ ]+|[ ]+$/g, '') : value;
}

/** Spaces and control characters end a request with 400 (1.21.1); other odd characters only lose the header. */
function hasControl(name: string): boolean {
	for (let at = 0; at < name.length; at++) {
		const code = name.charCodeAt(at);
		if (code <= 0x20 || code === 0x7f || code === 0x3a) return true;
	}
	return false;
}

function isInvalid(name: string, rules: HeaderRules): boolean {
	if (!rules.ignoreInvalid) return false;
	return rules.underscores ? /[^A-Za-z0-9_-]/.test(name) : /[^A-Za-z0-9-]/.test(name);
}

/** `$http_name`: before 1.23.0 only the first line of most headers (docs CHANGES 1.23.0), since then all of them joined. */
export function headerVariable(headers: readonly ClientHeader[], name: string, traits: Traits): string {
	const found = headers.filter(({ lower }) => lower.length === name.length && lower.replaceAll('-', '_') === name);
	const [first] = found;
	if (first === undefined) return '';
	if (name === 'cookie') return found.map(({ value }) => value).join('; ');
	if (name === 'x_forwarded_for' || traits.joinsHeaders) return found.map(({ value }) => value).join(', ');
	return first.value;
}

/** `$cookie_name`: the first cookie of that name, without regard to case (ngx_http_parse_multi_header_lines). */
export function cookieVariable(headers: readonly ClientHeader[], name: string): string {
	for (const { lower, value } of headers) {
		if (lower !== 'cookie') continue;
		for (const pair of value.split(/[;,]/)) {
			const found = /^ *([^=]*?) *= *(.*)$/.exec(pair);
			if (found !== null && lowerCase(found[1] ?? '') === name) return found[2] ?? '';
		}
	}
	return '';
}

/** `$arg_name`: the first argument of that name, raw, without regard to case (ngx_http_arg). */
export function argVariable(args: string, name: string): string {
	for (const pair of args.split('&')) {
		const equals = pair.indexOf('=');
		if (equals !== -1 && lowerCase(pair.slice(0, equals)) === name) return pair.slice(equals + 1);
	}
	return '';
}

/** True when one of the comma-separated tokens of a header value is `token`, without regard to case (RFC 9110 §5.6.1). */
export function hasToken(value: string, token: string): boolean {
	return value.split(',').some((part) => lowerCase(part.trim()) === token);
}
