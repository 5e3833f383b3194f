import type { PlacedDirective } from '../config/model.ts';
import { lowerCase, toBytes } from '../text/bytes.ts';
import type { Level } from './level.ts';
import { compilePattern } from './pattern.ts';
import type { RequestState } from './state.ts';
import { unknowable, type Value } from './value.ts';

/** `$invalid_referer` (src/http/modules/ngx_http_referer_module.c; semantics RT23): '' when the Referer is valid, else `1`. */
export function refererIsInvalid(state: RequestState): Value {
	const lines = referersOf(state.level);
	if (lines === undefined) return '';
	state.touch(lines);
	const words = lines.flatMap((at) => at.node.args.map((word) => word.value));
	const sent = state.headers.find(({ lower }) => lower === 'referer')?.value;
	if (sent === undefined) return words.includes('none') ? '' : '1';
	const found = /^https?:\/\/([^/?]*)(.*)$/i.exec(sent);
	if (found === null || sent.length < 'http://i.ru'.length) return words.includes('blocked') ? '' : '1';
	const host = lowerCase(found[1] ?? '').replace(/:\d*$/, '');
	const rest = found[2] ?? '';
	for (const word of words) {
		if (word === 'none' || word === 'blocked') continue;
		if (word === 'server_names') {
			if (state.server.names.some(({ text, pattern }) => pattern === undefined && hostFits(host, text))) return '';
			if (state.server.names.some(({ pattern }) => pattern !== undefined && pattern.match(host) !== null))
				return unknowable('$invalid_referer', 'server_names with an expression are not modelled in valid_referers');
		} else if (word.startsWith('~')) {
			const match = compilePattern(word.slice(1), true).match(sent.replace(/^https?:\/\//i, ''));
			if (match === undefined) return unknowable('$invalid_referer', `${word} cannot be tried safely`);
			if (match !== null) return '';
		} else {
			const [, name = '', path = ''] = /^([^/]*)(.*)$/.exec(toBytes(word)) ?? [];
			if (hostFits(host, lowerCase(name)) && rest.startsWith(path)) return '';
		}
	}
	return '1';
}

function referersOf(level: Level): readonly PlacedDirective[] | undefined {
	for (let outer: Level | undefined = level; outer !== undefined; outer = outer.outer) {
		const own = outer.scope.byName.get('valid_referers');
		if (own !== undefined) return own;
	}
	return undefined;
}

function hostFits(host: string, name: string): boolean {
	if (name.startsWith('*.')) return host.endsWith(name.slice(1)) && host.length > name.length - 1;
	if (name.startsWith('.')) return host === name.slice(1) || host.endsWith(name);
	if (name.endsWith('.*')) return host.startsWith(name.slice(0, -1)) && host.length > name.length - 1;
	return host === name;
}
