/** What nginx makes of a request target (src/http/ngx_http_parse.c; semantics RT6, RT15, RT21). All strings are bytes. */
export interface RequestUri {
	/** The decoded, normalised path: `$uri`. */
	readonly path: string;
	/** What stands behind the `?`, raw. */
	readonly args: string;
	/** The target as sent, from its path on: `$request_uri`. */
	readonly unparsed: string;
	/** The path held a %-escape: nginx escapes the URI again when it writes one of its own. */
	readonly quoted: boolean;
	readonly plus: boolean;
	/** Host of an absolute-form target (`http://host/…`), with its port. */
	readonly authority: string | undefined;
	/** An absolute-form target without a path. */
	readonly emptyPath: boolean;
}

const ABSOLUTE = /^([A-Za-z][A-Za-z0-9+\-.]*):\/\/(\[[0-9A-Za-z:._~!$&'()*+,;=-]*\]|[A-Za-z0-9.-]*)(:\d*)?(?=[/?]|$)/;

/** True for a target that nginx reads to the end of the request line, whatever it thinks of the path then (ngx_http_parse_request_line). */
export function fitsRequestLine(target: string): boolean {
	for (let at = 0; at < target.length; at++) {
		const code = target.charCodeAt(at);
		if (code <= 0x20 || code === 0x7f) return false;
	}
	if (target.startsWith('/')) return true;
	const absolute = ABSOLUTE.exec(target);
	return absolute !== null && absolute[2] !== '';
}

/** Reads a raw request target; undefined when nginx answers 400 to it. */
export function parseTarget(target: string, mergeSlashes: boolean): RequestUri | undefined {
	if (!fitsRequestLine(target)) return undefined;
	if (target.startsWith('/')) return parsePath(target, mergeSlashes, undefined, false);
	const absolute = ABSOLUTE.exec(target);
	if (absolute === null || absolute[2] === '') return undefined;
	const rest = target.slice(absolute[0].length);
	const authority = `${absolute[2]}${absolute[3] ?? ''}`;
	if (rest === '') return { ...EMPTY, authority };
	return parsePath(rest, mergeSlashes, authority, rest.startsWith('?'));
}

const EMPTY = { path: '/', args: '', unparsed: '/', quoted: false, plus: false, emptyPath: false };

function parsePath(
	raw: string,
	mergeSlashes: boolean,
	authority: string | undefined,
	emptyPath: boolean,
): RequestUri | undefined {
	const end = raw.search(/[?#]/);
	const encoded = end === -1 ? raw : raw.slice(0, end);
	let args = '';
	if (end !== -1 && raw[end] === '?') {
		const hash = raw.indexOf('#', end);
		args = raw.slice(end + 1, hash === -1 ? undefined : hash);
	}
	const path = normalised(emptyPath ? '/' : encoded, mergeSlashes);
	if (path === undefined) return undefined;
	return {
		path,
		args,
		unparsed: raw,
		quoted: encoded.includes('%'),
		plus: encoded.includes('+') || /%2b/i.test(encoded),
		authority,
		emptyPath,
	};
}

/** Decodes and normalises a path as ngx_http_parse_complex_uri does; undefined when it is refused. */
function normalised(encoded: string, mergeSlashes: boolean): string | undefined {
	if (!/%|\/[./]/.test(encoded)) return encoded;
	let path = '';
	/** What the last characters were: `/`, `/.`, `/..`, or anything else. */
	let state: 'usual' | 'slash' | 'dot' | 'dot-dot' = 'usual';
	const up = (): boolean => {
		const cut = path.lastIndexOf('/', path.length - 4);
		if (path.length < 4 || cut === -1) return false;
		path = path.slice(0, cut + 1);
		return true;
	};
	for (let at = 0; at < encoded.length; at++) {
		let character = encoded.charAt(at);
		if (character === '%') {
			const digits = encoded.slice(at + 1, at + 3);
			if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return undefined;
			at += 2;
			character = String.fromCharCode(Number.parseInt(digits, 16));
			if (character === '\0') return undefined;
			if (character === '%' || character === '#' || character === '?') {
				state = 'usual';
				path += character;
				continue;
			}
		}
		if (character === '/') {
			if (state === 'slash') {
				if (!mergeSlashes) path += '/';
			} else if (state === 'dot') path = path.slice(0, -1);
			else if (state === 'dot-dot') {
				if (!up()) return undefined;
			} else path += '/';
			state = 'slash';
		} else if (character === '.' && state === 'slash') {
			path += '.';
			state = 'dot';
		} else if (character === '.' && state === 'dot') {
			path += '.';
			state = 'dot-dot';
		} else {
			path += character;
			state = 'usual';
		}
	}
	if (state === 'dot') return path.slice(0, -1);
	if (state === 'dot-dot' && !up()) return undefined;
	return path;
}

const URI_UNSAFE = /[\0-\x20"#%<>?\\^`{|}\x7f-\xff]/g;
const ARGS_UNSAFE = /[\0-\x20"#%&+;<>?\\^`{|}\x7f-\xff]/g;

function escaped(character: string): string {
	return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Escapes a path as nginx does when it writes a URI of its own (ngx_escape_uri, NGX_ESCAPE_URI). */
export function escapeUri(path: string): string {
	return path.replace(URI_UNSAFE, escaped);
}

/** Escapes a capture that goes into arguments or a redirect (NGX_ESCAPE_ARGS). */
export function escapeArgs(value: string): string {
	return value.replace(ARGS_UNSAFE, escaped);
}

/** Decodes a rewritten redirect up to its `?` (NGX_UNESCAPE_REDIRECT): only printable characters above `%`. */
export function unescapeRedirect(value: string): string {
	let out = '';
	for (let at = 0; at < value.length; at++) {
		const character = value.charAt(at);
		if (character === '?') return out + value.slice(at);
		if (character !== '%') {
			out += character;
			continue;
		}
		const first = value.charAt(at + 1);
		if (!/^[0-9A-Fa-f]$/.test(first)) {
			out += first;
			at += 1;
			continue;
		}
		const second = value.charAt(at + 2);
		at += 2;
		if (!/^[0-9A-Fa-f]$/.test(second)) continue;
		const code = Number.parseInt(first + second, 16);
		if (code === 0x3f) return `${out}?${value.slice(at + 1)}`;
		out += code > 0x25 && code < 0x7f ? String.fromCharCode(code) : `%${first}${second}`;
	}
	return out;
}

/** Splits `path?args` of an internal redirect (ngx_http_split_args). */
export function splitArgs(uri: string): { readonly path: string; readonly args: string } {
	const question = uri.indexOf('?');
	return question === -1 ? { path: uri, args: '' } : { path: uri.slice(0, question), args: uri.slice(question + 1) };
}
