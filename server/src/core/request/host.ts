import { lowerCase } from '../text/bytes.ts';
import type { Traits } from './ground.ts';

/** RFC 3986 reg-name with `%` free, or an address in brackets, and a port of at most 65535. */
const STRICT = /^(?:\[[0-9A-Za-z._~!$&'()*+,;=:-]*\]|[0-9A-Za-z._~!$&'()*+,;=%-]*)(?::(\d*))?$/;

/**
 * A host as nginx keeps it: without port and last dot, in lower case; undefined when nginx answers 400 to it
 * (src/http/ngx_http_request.c, ngx_http_validate_host). Newer versions take only what RFC 3986 allows.
 */
export function validHost(host: string, traits: Traits): string | undefined {
	if (traits.strictHost) {
		const found = STRICT.exec(host);
		if (found === null || Number(found[1] ?? 0) > 65535) return undefined;
	}
	let end = host.length;
	let dot = host.length;
	let state: 'usual' | 'literal' | 'rest' = 'usual';
	for (let at = 0; at < host.length; at++) {
		const character = host.charAt(at);
		if (character === '.') {
			if (dot === at - 1) return undefined;
			dot = at;
		} else if (character === ':' && state === 'usual') {
			end = at;
			state = 'rest';
		} else if (character === '[' && at === 0) state = 'literal';
		else if (character === ']' && state === 'literal') {
			end = at + 1;
			state = 'rest';
		} else if (character === '/' || character <= ' ' || character === '\x7f') return undefined;
	}
	if (dot === end - 1) end--;
	if (end === 0) return undefined;
	return lowerCase(host.slice(0, end));
}
