import type { Level } from './level.ts';
import type { Condition, Instruction, Program } from './program.ts';
import type { RequestState } from './state.ts';
import { unescapeRedirect } from './uri.ts';
import { CannotKnow, textOf, type Value } from './value.ts';
import { decisive, evaluate, hold, isTrue, matchPattern, noting, same } from './values.ts';

/** How a rewrite phase ended: it went through, or it fixed the answer. */
export type Ending =
	| { readonly kind: 'through' }
	/** The response itself, already settled: `return 200 text`. */
	| { readonly kind: 'response'; readonly status: number }
	/** A status that goes through error_page: `return 404`, redirects. */
	| { readonly kind: 'finalize'; readonly status: number };

const THROUGH: Ending = { kind: 'through' };
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

interface Registers {
	/** Captures are escaped in `set` until the first rewrite has run (e->quote in src/http/ngx_http_script.c). */
	quote: boolean;
}

/** Runs the rewrite directives of a block (src/http/modules/ngx_http_rewrite_module.c, src/http/ngx_http_script.c). `enter` puts an `if`'s configuration in force. */
export function runProgram(state: RequestState, program: Program, enter: (level: Level) => void): Ending {
	const conditions = state.conditions.length;
	const ending = run(state, program, enter, { quote: true });
	state.conditions.length = conditions;
	return ending ?? THROUGH;
}

/** Undefined: go on behind the block. */
function run(state: RequestState, program: Program, enter: (level: Level) => void, registers: Registers): Ending | undefined {
	for (const instruction of program) {
		const ending = step(state, instruction, enter, registers);
		if (ending !== undefined) return ending;
	}
	return undefined;
}

function step(
	state: RequestState,
	instruction: Instruction,
	enter: (level: Level) => void,
	registers: Registers,
): Ending | undefined {
	switch (instruction.kind) {
		case 'set': {
			const { result, sources } = state.tracking(() => noting(state, () => evaluate(state, instruction.value, registers.quote)));
			const { value, chosen } = result;
			hold(state, instruction.variable, { value, sources: [...state.conditions, ...sources, instruction.at], chosen });
			return undefined;
		}
		case 'break':
			if (state.uriChanged) {
				state.validLocation = false;
				state.uriChanged = false;
			}
			return THROUGH;
		case 'return':
			return runReturn(state, instruction);
		case 'rewrite':
			return runRewrite(state, instruction, registers);
		case 'if': {
			const { result, sources } = state.tracking(() => holds(state, instruction.condition, instruction.at));
			if (!result) return undefined;
			const depth = state.conditions.length;
			state.conditions.push(...sources, instruction.at);
			if (instruction.level !== undefined) enter(instruction.level);
			const ending = run(state, instruction.body, enter, registers);
			state.conditions.length = depth;
			return ending;
		}
		case 'opaque':
			throw new CannotKnow(`${instruction.at.node.name.value} can do anything here`);
		case 'refused':
			throw new CannotKnow(`nginx refuses this ${instruction.at.node.name.value}`);
	}
}

function holds(state: RequestState, condition: Condition, at: Instruction['at']): boolean {
	switch (condition.kind) {
		case 'filled': {
			const value = decisive(state, condition.value);
			return isTrue(value) ?? state.suppose(reasonOf(value));
		}
		case 'equal': {
			const value = decisive(state, condition.value);
			const to = decisive(state, condition.to);
			const equal = same(value, to);
			if (equal === undefined) return state.suppose(typeof value === 'string' ? reasonOf(to) : value.reason);
			return equal !== condition.negated;
		}
		case 'matches': {
			const value = decisive(state, condition.value);
			const found = matchPattern(state, condition.pattern, value, [at], { forget: true, what: () => 'the expression of an if' });
			return found !== condition.negated;
		}
		case 'file':
			if (state.others !== undefined) return state.suppose('files on disk are not looked at');
			if (condition.negated) state.cite(at, 'files are taken as absent');
			return condition.negated;
		case 'invalid':
			throw new CannotKnow('nginx refuses this condition');
	}
}

function reasonOf(value: Value): string {
	return typeof value === 'string' ? 'it is not known' : value.reason;
}

function runReturn(state: RequestState, instruction: Extract<Instruction, { kind: 'return' }>): Ending {
	const { at, status, text } = instruction;
	const hasText = text !== undefined && text.constant !== '';
	state.citeRunning(at, `returns ${status}`);
	if (status >= 400 && !hasText) return { kind: 'finalize', status };
	if (!REDIRECTS.has(status)) return { kind: 'response', status };
	const { result, sources } = state.tracking(() => (text === undefined ? '' : evaluate(state, text)));
	if (typeof result !== 'string') throw new CannotKnow(result.reason);
	for (const source of sources) state.cite(source, 'gives a part of the address');
	state.redirect = result;
	return { kind: 'finalize', status };
}

function runRewrite(
	state: RequestState,
	instruction: Extract<Instruction, { kind: 'rewrite' }>,
	registers: Registers,
): Ending | undefined {
	const { at, redirect } = instruction;
	if (!matchPattern(state, instruction.pattern, state.path, [at], { forget: true, what: () => 'the expression of a rewrite' }))
		return undefined;
	state.citeRunning(at, redirect === undefined ? 'rewrites the URI' : `redirects with ${redirect}`);
	state.internal = true;
	state.validUnparsed = false;
	state.uriChanged = !instruction.breaks;
	if (instruction.breaks) state.validLocation = false;
	registers.quote = false;

	if (redirect !== undefined) {
		const { result, sources } = state.tracking(() => known(evaluate(state, instruction.path, true)));
		for (const source of sources) state.cite(source, 'gives a part of the address');
		const target = unescapeRedirect(result);
		const args = instruction.addArgs && state.citedArgs() !== '' ? `${instruction.hasQuestion ? '&' : '?'}${state.args}` : '';
		state.redirect = target + args;
		return { kind: 'finalize', status: redirect };
	}
	const { result: path, sources } = state.tracking(() => known(evaluate(state, instruction.path)));
	for (const source of sources) state.cite(source, 'gives a part of the rewritten URI');
	if (instruction.args !== undefined) {
		const args = known(evaluate(state, instruction.args, true));
		state.args = instruction.addArgs && state.args !== '' ? `${args}&${state.args}` : args;
	} else if (!instruction.addArgs) state.args = '';
	if (!instruction.addArgs) state.argsBy = [];
	state.path = path;
	if (path === '') return { kind: 'finalize', status: 500 };
	return instruction.last ? THROUGH : undefined;
}

function known(value: Value): string {
	if (typeof value !== 'string') throw new CannotKnow(value.reason);
	return textOf(value);
}
