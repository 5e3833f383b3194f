import type { Draft } from './draft.ts';

/** Puts the cookies that an answer sets into `cookies`, as a browser that sends them again does; their attributes are not looked at. */
export function takeCookies(draft: Draft, cookies: Map<string, string>): void {
	for (const [name, value] of draft.response?.headers ?? []) {
		if (name.toLowerCase() !== 'set-cookie') continue;
		const [pair = ''] = value.split(';');
		const equals = pair.indexOf('=');
		if (equals > 0) cookies.set(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim());
	}
}
