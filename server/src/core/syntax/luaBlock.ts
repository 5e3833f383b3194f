import { BACKSLASH, CLOSE_BRACE, DOUBLE_QUOTE, LF, OPEN_BRACE, SINGLE_QUOTE } from './characters.ts';

const HYPHEN = 45;
const EQUALS = 61;
const OPEN_BRACKET = 91;

/** True for a directive whose block the Lua module reads by itself (semantics TK15; lua-nginx-module, ngx_http_lua_directive.c). */
export function holdsLua(name: string): boolean {
	return name.endsWith('_by_lua_block');
}

/**
 * Where the Lua code that starts behind a `{` ends: the offset of the `}` that closes it, or -1.
 * Braces in Lua strings, long strings and comments do not count (semantics TK15).
 */
export function luaBlockEnd(text: string, start: number): number {
	let depth = 1;
	let at = start;
	while (at < text.length) {
		const code = text.charCodeAt(at);
		if (code === OPEN_BRACE) depth++;
		else if (code === CLOSE_BRACE) {
			depth--;
			if (depth === 0) return at;
		} else if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) at = stringEnd(text, at, code);
		else if (code === OPEN_BRACKET) at = longBracketEnd(text, at) ?? at;
		else if (code === HYPHEN && text.charCodeAt(at + 1) === HYPHEN) {
			const long = text.charCodeAt(at + 2) === OPEN_BRACKET ? longBracketEnd(text, at + 2) : undefined;
			if (long !== undefined) at = long;
			else {
				const feed = text.indexOf('\n', at);
				if (feed === -1) return -1;
				at = feed;
			}
		}
		if (at === -1) return -1;
		at++;
	}
	return -1;
}

/** The closing quote of a Lua string, or the opening one when the line ends first: then it was no string. */
function stringEnd(text: string, start: number, quote: number): number {
	for (let at = start + 1; at < text.length; at++) {
		const code = text.charCodeAt(at);
		if (code === quote) return at;
		if (code === BACKSLASH) at++;
		else if (code === LF) return start;
	}
	return start;
}

/** The last character of `[==[ … ]==]`; undefined when no long bracket starts here, -1 when it is never closed. */
function longBracketEnd(text: string, start: number): number | undefined {
	let at = start + 1;
	while (text.charCodeAt(at) === EQUALS) at++;
	if (text.charCodeAt(at) !== OPEN_BRACKET) return undefined;
	const closing = `]${'='.repeat(at - start - 1)}]`;
	const end = text.indexOf(closing, at + 1);
	return end === -1 ? -1 : end + closing.length - 1;
}
