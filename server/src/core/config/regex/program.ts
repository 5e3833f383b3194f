import type { ByteSet } from './byteSet.ts';
import { RegexFault } from './fault.ts';
import { type Assertion, fixedLength, mayBeEmpty, type RegexNode } from './nodes.ts';
import { alternatives, type ReadRegex } from './read.ts';

/** One step of matching. Where no `next` is named, the step behind it in the program follows. */
export type Instruction =
	| { readonly do: 'byte'; readonly code: number }
	| { readonly do: 'set'; readonly set: ByteSet }
	/** Goes on at `first`, and at `second` when that fails. */
	| { readonly do: 'split'; first: number; second: number }
	| { readonly do: 'jump'; to: number }
	/** Writes the position into a register. */
	| { readonly do: 'save'; readonly register: number }
	/** A round of a loop that took nothing ends the loop. */
	| { readonly do: 'leave when empty'; readonly register: number; exit: number }
	| { readonly do: 'assert'; readonly where: Assertion }
	| { readonly do: 'reference'; readonly group: number; readonly caseless: boolean }
	/** Matches a program on its own, once; it goes on where that ended. */
	| { readonly do: 'atomic'; readonly body: readonly Instruction[] }
	/** The bodies are tried in turn, each `length` bytes back when it looks behind. */
	| {
			readonly do: 'look';
			readonly negative: boolean;
			readonly bodies: readonly { readonly length: number; readonly body: readonly Instruction[] }[];
	  }
	| { readonly do: 'match' };

export interface Program {
	readonly instructions: readonly Instruction[];
	/** Two for each group, the whole first; then one for each loop that may go round without taking a byte. */
	readonly registers: number;
	readonly groups: number;
	readonly names: readonly { readonly name: string; readonly group: number }[];
	/** What a step leads to depends on the place in the text alone: not on captures, nor on whether a round of a loop has taken a byte. */
	readonly memoryless: boolean;
	readonly utf: boolean;
}

/** Programs longer than this come from repeats with large numbers; nginx's own limits are near. */
const LONGEST = 20_000;

/** Makes the steps of an expression. @throws RegexFault when there would be too many */
export function compileProgram(regex: ReadRegex): Program {
	return new Compiler(regex).program();
}

class Compiler {
	readonly #regex: ReadRegex;
	#registers: number;
	#length = 0;
	#memoryless = true;

	constructor(regex: ReadRegex) {
		this.#regex = regex;
		this.#registers = 2 * (regex.groups + 1);
	}

	program(): Program {
		const { node, groups, names, utf } = this.#regex;
		const instructions = this.#whole(node);
		return { instructions, registers: this.#registers, groups, names, memoryless: this.#memoryless, utf };
	}

	#whole(node: RegexNode): readonly Instruction[] {
		const out: Instruction[] = [];
		this.#emit(node, out);
		this.#push(out, { do: 'match' });
		return out;
	}

	#push<T extends Instruction>(out: Instruction[], instruction: T): T {
		if (++this.#length > LONGEST) throw new RegexFault('its repeats are too large');
		out.push(instruction);
		return instruction;
	}

	#emit(node: RegexNode, out: Instruction[]): void {
		switch (node.kind) {
			case 'byte':
				this.#push(out, { do: 'byte', code: node.code });
				return;
			case 'set':
				this.#push(out, { do: 'set', set: node.set });
				return;
			case 'sequence':
				for (const part of node.parts) this.#emit(part, out);
				return;
			case 'choice':
				this.#emitChoice(node.branches, out);
				return;
			case 'repeat':
				this.#emitRepeat(node, out);
				return;
			case 'group':
				this.#push(out, { do: 'save', register: 2 * node.number });
				this.#emit(node.body, out);
				this.#push(out, { do: 'save', register: 2 * node.number + 1 });
				return;
			case 'atomic':
				this.#push(out, { do: 'atomic', body: this.#whole(node.body) });
				return;
			case 'look':
				this.#push(out, {
					do: 'look',
					negative: node.negative,
					bodies: (node.behind ? alternatives(node.body) : [node.body]).map((branch) => ({
						length: node.behind ? (fixedLength(branch) ?? 0) : 0,
						body: this.#whole(branch),
					})),
				});
				return;
			case 'assertion':
				this.#push(out, { do: 'assert', where: node.where });
				return;
			case 'reference':
				this.#memoryless = false;
				this.#push(out, { do: 'reference', group: node.group, caseless: node.caseless });
				return;
		}
	}

	#emitChoice(branches: readonly RegexNode[], out: Instruction[]): void {
		const ends: { to: number }[] = [];
		for (const [index, branch] of branches.entries()) {
			if (index === branches.length - 1) {
				this.#emit(branch, out);
				continue;
			}
			const split = this.#push(out, { do: 'split', first: out.length + 1, second: 0 });
			this.#emit(branch, out);
			ends.push(this.#push(out, { do: 'jump', to: 0 }));
			split.second = out.length;
		}
		for (const end of ends) end.to = out.length;
	}

	#emitRepeat({ body, min, max, lazy }: Extract<RegexNode, { kind: 'repeat' }>, out: Instruction[]): void {
		for (let round = 0; round < min; round++) this.#emit(body, out);
		if (max === Number.POSITIVE_INFINITY) {
			this.#emitLoop(body, lazy, out);
			return;
		}
		const splits: { first: number; second: number }[] = [];
		for (let round = min; round < max; round++) {
			splits.push(this.#push(out, { do: 'split', first: out.length + 1, second: out.length + 1 }));
			this.#emit(body, out);
		}
		for (const split of splits) split[lazy ? 'first' : 'second'] = out.length;
	}

	#emitLoop(body: RegexNode, lazy: boolean, out: Instruction[]): void {
		const start = out.length;
		const split = this.#push(out, { do: 'split', first: start + 1, second: start + 1 });
		const register = mayBeEmpty(body) ? this.#registers++ : undefined;
		if (register !== undefined) {
			this.#memoryless = false;
			this.#push(out, { do: 'save', register });
		}
		this.#emit(body, out);
		const leave = register === undefined ? undefined : this.#push(out, { do: 'leave when empty', register, exit: 0 });
		this.#push(out, { do: 'jump', to: start });
		split[lazy ? 'first' : 'second'] = out.length;
		if (leave !== undefined) leave.exit = out.length;
	}
}
