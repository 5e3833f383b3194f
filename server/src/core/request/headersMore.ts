import type { PlacedDirective, Scope } from '../config/model.ts';
import { fromBytes, lowerCase, toBytes } from '../text/bytes.ts';
import type { ClientHeader } from './clientHeaders.ts';
import type { Level } from './level.ts';
import type { RequestState } from './state.ts';
import { compileTemplate } from './template.ts';
import { CannotKnow } from './value.ts';
import { evaluate } from './values.ts';

/*
 * The headers-more module, which most builds offer beside nginx's own: what it does to the client's headers and to those of the answer.
 * Each fact here was run on 1.22.1, 1.26.3 and 1.30.6 with Debian's build of the module (test/nginx/headersMore.test.ts).
 */

const ON_REQUEST: readonly string[] = ['more_clear_input_headers', 'more_set_input_headers'];
const ON_ANSWER: readonly string[] = ['more_clear_headers', 'more_set_headers'];

/** One header that a line clears or sets. */
interface Change {
	readonly at: PlacedDirective;
	/** Lower case; a `*` at its end stands for any. */
	readonly name: string;
	/** As written. */
	readonly shown: string;
	/** Undefined: cleared. */
	readonly value: string | undefined;
	/** Only where the header is there already (`-r`). */
	readonly replaces: boolean;
}

/** Headers of the request on which a handshake, or the choice of its backend, depends. */
const DECISIVE: ReadonlySet<string> = new Set(['upgrade', 'connection', 'sec-websocket-key', 'sec-websocket-version']);

/**
 * Changes the client's headers as the module does at the end of a location's rewrite phase: the lines of all levels, the outermost first.
 * @throws CannotKnow when a handshake hangs on a change that cannot be followed: of Host, by another's value, or of a header that was read before.
 */
export function changeClientHeaders(state: RequestState): void {
	if (!state.level.mayAny(ON_REQUEST)) return;
	for (const change of changesOf(state, state.level, ON_REQUEST)) {
		if (namesHeader(change.name, 'host'))
			throw new CannotKnow(`${change.at.node.name.value} changes Host, which is not modelled`);
		const before = state.headers;
		const after = changed(before, change);
		const touched = [...DECISIVE].filter(
			(name) => namesHeader(change.name, name) && joinedOf(before, name) !== joinedOf(after, name),
		);
		for (const name of touched) {
			if (state.headersRead.has(name.replaceAll('-', '_')))
				throw new CannotKnow(`${change.at.node.name.value} changes ${name} after it was read`);
			state.headersChanged.set(name, change.at);
		}
		state.headers = after;
	}
}

function changed(headers: readonly ClientHeader[], change: Change): readonly ClientHeader[] {
	const { value } = change;
	const others = headers.filter(({ lower }) => !namesHeader(change.name, lower));
	if (value === undefined) return others;
	if (change.replaces && others.length === headers.length) return headers;
	return [...others, { name: change.shown, lower: change.name, value }];
}

function joinedOf(headers: readonly ClientHeader[], name: string): string {
	return headers
		.filter(({ lower }) => lower === name)
		.map(({ value }) => value)
		.join();
}

/** What becomes of a header of the 101 when the module is done with it. */
export interface AnswerHeader {
	readonly at: PlacedDirective;
	/** Undefined: it is taken out. */
	readonly value: string | undefined;
}

/** The headers that the module clears or sets in an answer with status 101, by lower-case name; the last line counts. */
export function changedAnswer(state: RequestState, level: Level, names: readonly string[]): ReadonlyMap<string, AnswerHeader> {
	const answer = new Map<string, AnswerHeader>();
	if (!level.mayAny(ON_ANSWER)) return answer;
	for (const change of changesOf(state, level, ON_ANSWER))
		for (const name of names) if (namesHeader(change.name, name)) answer.set(name, { at: change.at, value: change.value });
	return answer;
}

/** Whether a name as the module takes it, in lower case (`upgrade`, `sec-*`), stands for a header, in lower case. */
export function namesHeader(name: string, header: string): boolean {
	return name.endsWith('*') ? header.startsWith(name.slice(0, -1)) : name === header;
}

/** The changes in force on a level, in the order in which the module makes them. */
function* changesOf(state: RequestState, level: Level, names: readonly string[]): Iterable<Change> {
	const scopes: Scope[] = [];
	for (let scope: Scope | undefined = level.scope; scope !== undefined; scope = scope.parent) scopes.unshift(scope);
	for (const scope of scopes) {
		if (!names.some((name) => scope.byName.has(name))) continue;
		for (const at of scope.directives) if (names.includes(at.node.name.value)) yield* changesOfLine(state, at);
	}
}

function* changesOfLine(state: RequestState, at: PlacedDirective): Iterable<Change> {
	const { name, args } = at.node;
	const clears = name.value.startsWith('more_clear');
	let replaces = false;
	for (let index = 0; index < args.length; index++) {
		const word = args[index]?.value ?? '';
		// A handshake and its answer have no Content-Type, so what is for some types alone is not for them.
		if (word === '-t') return;
		if (word === '-s') {
			const statuses = args[++index]?.value.split(/\s+/) ?? [];
			if (!statuses.includes('101')) return;
		} else if (word === '-r') replaces = true;
		else if (word.startsWith('-')) throw new CannotKnow(`${name.value} has ${word}, which is not modelled`);
		else {
			const colon = word.indexOf(':');
			const shown = (colon === -1 ? word : word.slice(0, colon)).trim();
			const written = clears || colon === -1 ? '' : word.slice(colon + 1).trim();
			const value = evaluate(state, compileTemplate(written));
			if (typeof value !== 'string') {
				if (isDecisive(shown)) throw new CannotKnow(`${name.value} sets ${shown}, and ${value.reason}`);
				continue;
			}
			yield { at, name: lowerCase(toBytes(shown)), shown, value: value === '' ? undefined : value, replaces };
		}
	}
}

function isDecisive(shown: string): boolean {
	const lower = fromBytes(lowerCase(toBytes(shown)));
	return DECISIVE.has(lower) || lower === 'host' || lower === 'sec-websocket-accept';
}
