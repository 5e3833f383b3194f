import type { CompiledMap } from '../config/maps.ts';
import { fromBytes, lowerCase, toBytes } from '../text/bytes.ts';
import { BUILT_INS, GREETING_VARIABLES } from './builtIns.ts';
import { argVariable, cookieVariable, headerVariable } from './clientHeaders.ts';
import { choiceOf, NEVER_A_WORD } from './otherClients.ts';
import type { Pattern } from './pattern.ts';
import type { Held, RequestState } from './state.ts';
import { compileTemplate, type Template } from './template.ts';
import { escapeArgs } from './uri.ts';
import { CannotKnow, textOf, type Unknowable, unknowable, type Value } from './value.ts';
import type { Computed } from './variableSources.ts';

/** The value of a text with variables, at this point of the request. `escapeCaptures`: as nginx does in `set` and in redirects. */
export function evaluate(state: RequestState, template: Template, escapeCaptures = false): Value {
	if (template.constant !== undefined) return template.constant;
	let text = '';
	let sample: string | undefined = '';
	let unknown: Unknowable | undefined;
	for (const piece of template.pieces) {
		const value =
			piece.kind === 'literal'
				? piece.bytes
				: piece.kind === 'capture'
					? capture(state, piece.number, escapeCaptures)
					: piece.kind === 'variable'
						? variable(state, piece.name)
						: unknowable(piece.bytes, `${fromBytes(piece.bytes)} is replaced before nginx reads the file`);
		if (typeof value === 'string') {
			text += value;
			if (sample !== undefined) sample += value;
		} else {
			text += value.text;
			sample = sample === undefined || value.sample === undefined ? undefined : sample + value.sample;
			unknown = { text: '', reason: unknown?.reason ?? value.reason, filled: unknown?.filled || value.filled };
		}
	}
	if (unknown === undefined) return text;
	const literal = template.pieces.some((piece) => piece.kind === 'literal' && piece.bytes !== '');
	return unknowable(text, unknown.reason, unknown.filled || literal, sample);
}

/**
 * The value of a text by which nginx decides something. Where other clients are thought of, one that a client chooses is not known: what
 * is only passed on needs no such care.
 */
export function decisive(state: RequestState, template: Template): Value {
	if (state.others === undefined || template.constant !== undefined) return evaluate(state, template);
	const { value, chosen } = noting(state, () => evaluate(state, template));
	if (chosen === undefined || typeof value !== 'string') return value;
	return unknowable(value, chosen, false, isNeverWord(state, template) ? value : undefined);
}

/** Whether a text holds only variables that a client chooses, but never so that they are the one word of a handshake's header. */
function isNeverWord({ model: { variables } }: RequestState, { pieces }: Template): boolean {
	return pieces.every(
		(piece) =>
			piece.kind === 'literal' ||
			(piece.kind === 'variable' && NEVER_A_WORD.has(piece.name) && !variables.computed.has(piece.name)),
	);
}

/** Runs `read` and says beside the value why another client may get another one. */
export function noting(state: RequestState, read: () => Value): { readonly value: Value; readonly chosen: string | undefined } {
	const before = state.chosen;
	state.chosen = undefined;
	const value = read();
	const { chosen } = state;
	state.chosen = before ?? chosen;
	return { value, chosen };
}

function capture(state: RequestState, number: number, escaped: boolean): Value {
	state.touch(state.capturedBy);
	const value = state.captures[number] ?? '';
	if (typeof value !== 'string') return value;
	return escaped && (state.quoted || state.plus) ? escapeArgs(value) : value;
}

/** The value of one variable; `name` in lower case. Values that nginx keeps for the request are kept. */
export function variable(state: RequestState, name: string): Value {
	const held = state.held.get(name);
	if (held !== undefined) {
		state.touch(held.sources);
		state.chosen ??= held.chosen;
		return held.value;
	}
	if (state.others !== undefined) state.chosen ??= choiceOf(state, name, state.others);
	const { computed, assigned, incomplete } = state.model.variables;
	const source = computed.get(name);
	if (source !== undefined) return compute(state, name, source);
	const builtIn = BUILT_INS.get(name);
	if (builtIn !== undefined) return KEPT.has(name) ? keep(state, name, builtIn) : builtIn(state);
	if (name.startsWith('http_')) {
		state.headersRead.add(name.slice(5));
		return headerVariable(state.headers, name.slice(5), state.model.ground.traits);
	}
	if (name.startsWith('arg_')) {
		state.touch(state.argsBy);
		return argVariable(state.args, name.slice(4));
	}
	if (name.startsWith('cookie_')) return cookieVariable(state.headers, name.slice(7));
	if (/^(?:sent_http|sent_trailer|upstream_http|upstream_trailer|upstream_cookie)_/.test(name)) return '';
	if (assigned.has(name)) return '';
	return unknowable(`$${name}`, incomplete ? `$${name} is defined outside these files` : `nothing defines $${name}`);
}

/** Built-in variables that nginx keeps as first read, though what they stand for may change (flags in ngx_http_variables.c). */
const KEPT: ReadonlySet<string> = new Set([
	'invalid_referer',
	'request_method',
	'remote_addr',
	'proxy_add_x_forwarded_for',
	...GREETING_VARIABLES,
]);

function keep(state: RequestState, name: string, read: (state: RequestState) => Value): Value {
	const { result, sources } = state.tracking(() => read(state));
	state.held.set(name, { value: result, sources, chosen: state.chosen });
	return result;
}

/** How many variables may ask for one another (ngx_http_variable_depth). */
const DEEPEST = 100;

function compute(state: RequestState, name: string, source: Computed): Value {
	if (source.kind === 'other')
		return unknowable(`$${name}`, `$${name} is given by ${source.at.node.name.value}, which is not modelled`);
	// What asks for itself gets nothing in the end (src/http/ngx_http_variables.c: "cycle while evaluating variable").
	if (state.depth >= DEEPEST) return '';
	state.depth++;
	const { result, sources } = state.tracking((): { value: Value; keep: boolean } => {
		state.touch([source.at]);
		const key = decisive(state, source.source);
		if (source.kind === 'map') return { value: mapped(state, name, key, source), keep: !source.map.volatile };
		if (source.table.only !== undefined) return { value: source.table.only, keep: true };
		if (typeof key !== 'string')
			return { value: unknowable(`$${name}`, key.reason, false, noWordOf(source.table.values)), keep: true };
		const value = source.table.lookUp(key);
		return { value: value ?? unknowable(`$${name}`, `geo cannot place ${fromBytes(key)}`), keep: true };
	});
	state.depth--;
	if (result.keep)
		state.held.set(name, { value: result.value, sources, chosen: typeof result.value === 'string' ? state.chosen : undefined });
	return result.value;
}

function mapped(state: RequestState, name: string, key: Value, source: Extract<Computed, { kind: 'map' }>): Value {
	if (typeof key !== 'string') return unsure(name, key, source.map);
	const entry = source.map.lookUp(key);
	if (entry === undefined) return unknowable(`$${name}`, `the map for $${name} cannot be read for certain`);
	if (entry.captures !== undefined) {
		setCaptures(
			state,
			entry.captures.groups.map((group) => group ?? ''),
			[source.at],
		);
		for (const [group, value] of Object.entries(entry.captures.named))
			hold(state, group.toLowerCase(), { value: value ?? '', sources: [source.at] });
	}
	let template = source.values.get(entry.template);
	if (template === undefined) {
		template = compileTemplate(entry.template);
		source.values.set(entry.template, template);
	}
	return evaluate(state, template);
}

/** The value of a map for a key that is not known: the one that every such key gets, or what is known of it. */
function unsure(name: string, key: Unknowable, map: CompiledMap): Value {
	const values = map.valuesFor(key.sample);
	const [only] = values ?? [];
	if (only !== undefined && values?.length === 1 && !only.includes('$')) return toBytes(only);
	return unknowable(`$${name}`, key.reason, false, noWordOf(values?.map(toBytes)));
}

/** One of the values that a table can give, where none of them is, or is a part of, what a handshake's header says. */
function noWordOf(values: readonly string[] | undefined): string | undefined {
	return values?.some((value) => value.includes('$') || WORDS.some((word) => isPartOf(lowerCase(value), word)))
		? undefined
		: values?.[0];
}

const WORDS: readonly string[] = ['websocket', 'upgrade', '13'];

function isPartOf(value: string, word: string): boolean {
	return word.includes(value) || value.includes(word);
}

/** Gives a variable a value, as `set` and named captures do; `$args` and `$limit_rate` have setters of their own. */
export function hold(state: RequestState, name: string, held: Held): void {
	if (name === 'args') {
		if (typeof held.value !== 'string') throw new CannotKnow(held.value.reason);
		if (held.value !== state.args) state.argsBy = held.sources;
		state.args = held.value;
		state.validUnparsed = false;
	} else state.held.set(name, held);
}

function setCaptures(state: RequestState, groups: readonly Value[], by: RequestState['capturedBy']): void {
	state.captures = groups;
	state.capturedBy = by;
}

/**
 * Tries an expression on a value and keeps its captures (ngx_http_regex_exec). A miss forgets the earlier captures when `forget`.
 * Where it cannot be said, both answers are followed.
 */
export function matchPattern(
	state: RequestState,
	pattern: Pattern,
	value: Value,
	by: RequestState['capturedBy'],
	options: { readonly forget: boolean; readonly what: () => string },
): boolean {
	const groups = typeof value === 'string' ? pattern.match(value) : undefined;
	if (groups === undefined) {
		const reason = typeof value === 'string' ? `${options.what()} cannot be tried safely` : value.reason;
		if (!state.suppose(reason)) return false;
		const unknown = unknowable('', reason);
		setCaptures(
			state,
			Array.from({ length: 10 }, () => unknown),
			by,
		);
		for (const { name } of pattern.names) hold(state, name, { value: unknowable(`$${name}`, reason), sources: by });
		return true;
	}
	if (groups === null) {
		if (options.forget) setCaptures(state, [], []);
		return false;
	}
	setCaptures(state, groups, by);
	for (const { name, group } of pattern.names) hold(state, name, { value: groups[group] ?? '', sources: by });
	return true;
}

/** Whether two values are the same; undefined when that is not known. */
export function same(a: Value, b: Value): boolean | undefined {
	if (typeof a === 'string' && typeof b === 'string') return a === b;
	if (textOf(a) === '' && typeof a === 'string' && typeof b !== 'string' && b.filled) return false;
	if (textOf(b) === '' && typeof b === 'string' && typeof a !== 'string' && a.filled) return false;
	return undefined;
}

/** Whether nginx takes a value for true: not empty and not `0`; undefined when that is not known. */
export function isTrue(value: Value): boolean | undefined {
	return typeof value === 'string' ? value !== '' && value !== '0' : undefined;
}
