import { enclosing, sideOf } from '../core/config/enclosing.ts';
import type { Configuration, Place, PlacedDirective, Scope } from '../core/config/model.ts';
import { type VariableTable, variableTable } from '../core/config/variables.ts';
import type { Word } from '../core/syntax/nodes.ts';
import { innerSpan, spanInSource } from '../core/syntax/words.ts';
import { UpstreamNames } from './upstreamNames.ts';

export type NameKind = 'variable' | 'upstream' | 'named location' | 'zone' | 'cache' | 'log format';

/** One place where a name that a configuration defines itself is written. */
export interface NameUse {
	readonly kind: NameKind;
	/** Equal for uses of one thing: kind, side (http or stream), server where it matters, and name as nginx compares it. */
	readonly key: string;
	/** As written, without `$` or `@`. */
	readonly name: string;
	readonly role: 'definition' | 'use';
	/** The bare name: without `$`, braces, `@` or quotes. */
	readonly place: Place;
	readonly at: PlacedDirective;
}

/** Every use of a name that a configuration can define, in no order. A directive that is placed twice is told twice. */
export function namesIn(configuration: Configuration): readonly NameUse[] {
	const table = variableTable(configuration);
	const found: NameUse[] = [...variablesIn(table)];
	for (const { name, span, side, at } of new UpstreamNames(configuration, table).uses) {
		const place = { path: at.file.path, span };
		found.push({ kind: 'upstream', key: `upstream ${side} ${name.toLowerCase()}`, name, role: 'use', place, at });
	}
	const waiting: Scope[] = [configuration.root];
	for (let scope = waiting.pop(); scope !== undefined; scope = waiting.pop())
		for (const placed of scope.directives) {
			found.push(...namesAt(placed));
			if (placed.body !== undefined) waiting.push(placed.body);
		}
	return found;
}

function* variablesIn(table: VariableTable): Generator<NameUse> {
	for (const definitions of table.definitions.values())
		for (const { name, at, place } of definitions) {
			const bare = bareVariable(at, place, name);
			if (bare !== undefined)
				yield { kind: 'variable', key: `variable ${sideOf(at.scope)} ${name}`, name, role: 'definition', place: bare, at };
		}
	for (const { name, at, place } of table.uses) {
		const bare = bareVariable(at, place, name);
		if (bare === undefined) continue;
		// `set $x …` and `map … $x` write the variable: that is a definition already.
		const isDefinition = table.definitions
			.get(name)
			?.some(
				(definition) =>
					definition.at === at && definition.place.span.start <= bare.span.start && bare.span.end <= definition.place.span.end,
			);
		if (isDefinition !== true)
			yield { kind: 'variable', key: `variable ${sideOf(at.scope)} ${name}`, name, role: 'use', place: bare, at };
	}
}

/** The name alone in a stretch that holds `$name`, `${name}` or `(?<name>`. */
function bareVariable(at: PlacedDirective, { path, span }: Place, name: string): Place | undefined {
	const text = at.file.tree.source.slice(span).toLowerCase();
	const marks = [`$${name}`, `\${${name}`, `<${name}>`, `'${name}'`];
	for (const mark of marks) {
		const index = text.indexOf(mark);
		if (index === -1) continue;
		const start = span.start + index + mark.indexOf(name);
		return { path, span: { start, end: start + name.length } };
	}
	return undefined;
}

/** The names that one directive defines or uses, variables aside. */
function* namesAt(placed: PlacedDirective): Generator<NameUse> {
	const { node } = placed;
	const name = node.name.value;
	const side = sideOf(placed.scope);
	if (name === 'upstream' && node.block !== undefined) yield* whole(placed, node.args[0], 'upstream', side, 'definition');
	else if (name === 'location') yield* named(placed, node.args[0], 'definition');
	else if (name === 'error_page' || name === 'try_files' || name === 'post_action') yield* named(placed, node.args.at(-1), 'use');
	else yield* zoneNames(placed, name, side);
}

function* named(placed: PlacedDirective, word: Word | undefined, role: NameUse['role']): Generator<NameUse> {
	if (word === undefined || !word.value.startsWith('@') || word.value.includes('$')) return;
	const inner = innerSpan(word, placed.file.tree.source);
	const server = enclosing(placed.scope, 'server');
	yield {
		kind: 'named location',
		key: `location ${server?.opener?.file.path ?? ''}#${server?.opener?.node.span.start ?? ''} ${word.value}`,
		name: word.value.slice(1),
		role,
		place: { path: placed.file.path, span: { start: inner.start + 1, end: inner.end } },
		at: placed,
	};
}

/** Directives that define (`true`) or use a name: how the argument starts, behind which the name stands, and what kind it is. */
const ZONES: ReadonlyMap<
	string,
	{ readonly kind: NameKind; readonly defines: boolean; readonly prefix: string; readonly argument?: number }
> = new Map([
	['limit_req_zone', { kind: 'zone', defines: true, prefix: 'zone=' }],
	['limit_req', { kind: 'zone', defines: false, prefix: 'zone=' }],
	['limit_conn_zone', { kind: 'zone', defines: true, prefix: 'zone=' }],
	['limit_conn', { kind: 'zone', defines: false, prefix: '', argument: 0 }],
	['proxy_cache_path', { kind: 'cache', defines: true, prefix: 'keys_zone=' }],
	['proxy_cache', { kind: 'cache', defines: false, prefix: '', argument: 0 }],
	['log_format', { kind: 'log format', defines: true, prefix: '', argument: 0 }],
	['access_log', { kind: 'log format', defines: false, prefix: '', argument: 1 }],
]);

function* zoneNames(placed: PlacedDirective, directive: string, side: string): Generator<NameUse> {
	const rule = ZONES.get(directive);
	if (rule === undefined) return;
	const { args } = placed.node;
	const word = rule.argument === undefined ? args.find(({ value }) => value.startsWith(rule.prefix)) : args[rule.argument];
	if (word === undefined || word.value.includes('$') || (directive === 'access_log' && word.value.includes('='))) return;
	const name = word.value.slice(rule.prefix.length).split(':')[0] ?? '';
	if (name === '' || (directive === 'proxy_cache' && name === 'off')) return;
	const start = rule.prefix.length;
	yield {
		kind: rule.kind,
		key: `${rule.kind} ${side} ${name}`,
		name,
		role: rule.defines ? 'definition' : 'use',
		place: { path: placed.file.path, span: spanInSource(word, placed.file.tree.source, start, start + name.length) },
		at: placed,
	};
}

function* whole(
	placed: PlacedDirective,
	word: Word | undefined,
	kind: NameKind,
	side: string,
	role: NameUse['role'],
): Generator<NameUse> {
	if (word === undefined) return;
	const place = { path: placed.file.path, span: innerSpan(word, placed.file.tree.source) };
	yield { kind, key: `${kind} ${side} ${word.value.toLowerCase()}`, name: word.value, role, place, at: placed };
}
