import type { PlacedDirective } from '../config/model.ts';
import { lowerCase, toBytes } from '../text/bytes.ts';
import { HostTable } from './hostTable.ts';
import type { Level } from './level.ts';
import { compilePattern } from './pattern.ts';
import type { RequestState } from './state.ts';
import { unknowable, type Value } from './value.ts';

/** `$invalid_referer` (src/http/modules/ngx_http_referer_module.c; semantics RT23): '' when the Referer is valid, else `1`. */
export function refererIsInvalid(state: RequestState): Value {
	const lines = referersOf(state.level);
	if (lines === undefined) return '';
	state.touch(lines);
	const words = wordsOf(lines);
	const sent = state.headers.find(({ lower }) => lower === 'referer')?.value;
	if (sent === undefined) return words.includes('none') ? '' : '1';
	const found = /^https?:\/\/([^/:]*)([^/]*)(.*)$/is.exec(sent);
	if (found === null || sent.length < 'http://i.ru'.length) return words.includes('blocked') ? '' : '1';
	const host = lowerCase(found[1] ?? '');
	const path = hostsOf(words, state).find(host);
	if (path !== undefined) return (found[3] ?? '').startsWith(path) ? '' : '1';
	return (
		fitsExpression(state, lines, host, sent) ??
		unknowable('$invalid_referer', 'an expression of valid_referers cannot be tried safely')
	);
}

/** The hosts of valid_referers with the path that the Referer must start with; `server_names` stands for those of the server. */
function hostsOf(words: readonly string[], state: RequestState): HostTable<string> {
	const hosts = new HostTable<string>();
	for (const word of words) {
		if (word === 'none' || word === 'blocked' || word.startsWith('~')) continue;
		if (word === 'server_names') {
			for (const { text, pattern } of state.server.names) if (pattern === undefined && text !== '') hosts.add(text, '');
		} else {
			const slash = word.indexOf('/');
			hosts.add(lowerCase(toBytes(slash === -1 ? word : word.slice(0, slash))), slash === -1 ? '' : toBytes(word.slice(slash)));
		}
	}
	return hosts;
}

/** '' when an expression fits, `1` when none does; undefined when that cannot be said. Names of the server come first. */
function fitsExpression(state: RequestState, own: readonly PlacedDirective[], host: string, sent: string): '' | '1' | undefined {
	const rest = sent.replace(/^https?:\/\//i, '');
	const patterns = state.server.names.flatMap(({ pattern }) => pattern ?? []);
	const namesAt = patterns.length > 0 ? inForce(state, own, (word) => word === 'server_names') : [];
	const expressionsAt = inForce(state, own, (word) => word.startsWith('~'));
	const tried = [
		...(namesAt.length > 0 ? patterns.map((pattern) => [pattern.match(host), namesAt] as const) : []),
		...wordsOf(expressionsAt)
			.filter((word) => word.startsWith('~'))
			.map((word) => [compilePattern(word.slice(1), true).match(rest), expressionsAt] as const),
	];
	for (const [match, lines] of tried) {
		if (match === undefined) return undefined;
		if (match === null) continue;
		if (lines !== own) state.touch(lines);
		return '';
	}
	return '1';
}

/** The lines whose expressions hold: a level that has none of that kind takes those of the level above, whatever else it sets. */
function inForce(
	state: RequestState,
	own: readonly PlacedDirective[],
	isKind: (word: string) => boolean,
): readonly PlacedDirective[] {
	if (wordsOf(own).some(isKind)) return own;
	for (let outer: Level | undefined = state.level; outer !== undefined; outer = outer.outer) {
		const lines = outer.scope.byName.get('valid_referers');
		if (lines !== undefined && wordsOf(lines).some(isKind)) return lines;
	}
	return [];
}

function wordsOf(lines: readonly PlacedDirective[]): readonly string[] {
	return lines.flatMap((at) => at.node.args.map((word) => word.value));
}

function referersOf(level: Level): readonly PlacedDirective[] | undefined {
	for (let outer: Level | undefined = level; outer !== undefined; outer = outer.outer) {
		const own = outer.scope.byName.get('valid_referers');
		if (own !== undefined) return own;
	}
	return undefined;
}
