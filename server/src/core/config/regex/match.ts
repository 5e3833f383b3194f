import { isWordByte, lowerCode } from './byteSet.ts';
import type { Assertion } from './nodes.ts';
import type { Instruction, Program } from './program.ts';

/** How many steps one match may take. Only references, lookarounds and repeats of what may be empty come near; PCRE gives up too, later. */
const MOST_STEPS = 3_000_000;
/** How many bits the memory of failed steps may have. */
const MOST_MARKS = 1 << 26;

/**
 * Finds the first match as PCRE does: at the leftmost place, the earlier branch first. Each step is tried at most once at a place of the
 * text, which makes the work linear in the text; where that cannot be, the steps are counted.
 * @param text one byte in each character
 * @returns the registers, two for each group, -1 where a group took no part; null when there is no match; undefined when it took too long
 */
export function runProgram(program: Program, text: string): Int32Array | null | undefined {
	const registers = new Int32Array(program.registers).fill(-1);
	const run = new Run(program, text, registers);
	const found = run.search();
	return found === undefined ? undefined : found ? registers : null;
}

class Run {
	readonly #text: string;
	readonly #program: Program;
	readonly #registers: Int32Array;
	#steps = 0;

	constructor(program: Program, text: string, registers: Int32Array) {
		this.#program = program;
		this.#text = text;
		this.#registers = registers;
	}

	/** Whether it matches somewhere; undefined when that took too long. */
	search(): boolean | undefined {
		const { instructions } = this.#program;
		const marks = this.#marksFor(instructions);
		if (marks === null) return undefined;
		const [first] = instructions;
		const last = first?.do === 'assert' && first.where === 'start' ? 0 : this.#text.length;
		for (let from = 0; from <= last; from++) {
			const end = this.#match(instructions, from, marks);
			if (end === undefined) return undefined;
			if (end === -1) continue;
			this.#registers[0] = from;
			this.#registers[1] = end;
			return true;
		}
		return false;
	}

	/** One bit for each step at each place; undefined where failures cannot be remembered; null when there would be too many. */
	#marksFor(instructions: readonly Instruction[]): Uint32Array | undefined | null {
		if (!this.#program.memoryless) return undefined;
		const bits = instructions.length * (this.#text.length + 1);
		this.#steps += bits >> 8;
		return bits > MOST_MARKS ? null : new Uint32Array((bits >> 5) + 1);
	}

	/** The end of the match that starts at `from`; -1 when there is none, with the registers as before; undefined when it took too long. */
	#match(instructions: readonly Instruction[], from: number, marks: Uint32Array | undefined): number | undefined {
		const text = this.#text;
		const registers = this.#registers;
		const width = text.length + 1;
		/** What is left to try: pairs of a step and a place; for a step below zero, a register (its complement) and its former value. */
		const pending: number[] = [];
		let step = 0;
		let at = from;
		for (;;) {
			if (++this.#steps > MOST_STEPS) return undefined;
			let failed = false;
			const instruction = instructions[step];
			if (marks !== undefined) {
				const mark = step * width + at;
				const word = marks[mark >> 5] ?? 0;
				if ((word & (1 << (mark & 31))) !== 0) failed = true;
				else marks[mark >> 5] = word | (1 << (mark & 31));
			}
			if (!failed)
				switch (instruction?.do) {
					case 'match':
						return at;
					case 'byte':
						if (text.charCodeAt(at) === instruction.code) {
							at++;
							step++;
						} else failed = true;
						break;
					case 'set':
						if (at < text.length && instruction.set[text.charCodeAt(at)] === 1) {
							at++;
							step++;
						} else failed = true;
						break;
					case 'split':
						pending.push(instruction.second, at);
						step = instruction.first;
						break;
					case 'jump':
						step = instruction.to;
						break;
					case 'save':
						pending.push(~instruction.register, registers[instruction.register] ?? -1);
						registers[instruction.register] = at;
						step++;
						break;
					case 'leave when empty':
						step = registers[instruction.register] === at ? instruction.exit : step + 1;
						break;
					case 'assert':
						if (this.#holds(instruction.where, at)) step++;
						else failed = true;
						break;
					case 'reference': {
						const end = this.#referenced(instruction.group, instruction.caseless, at);
						if (end === -1) failed = true;
						else {
							at = end;
							step++;
						}
						break;
					}
					case 'atomic': {
						const before = registers.slice();
						const end = this.#match(instruction.body, at, this.#marksFor(instruction.body) ?? undefined);
						if (end === undefined) return undefined;
						if (end === -1) failed = true;
						else {
							this.#remember(before, pending);
							at = end;
							step++;
						}
						break;
					}
					case 'look': {
						const before = registers.slice();
						let found = false;
						for (const { length, body } of instruction.bodies) {
							if (found || length > at) continue;
							const end = this.#match(body, at - length, this.#marksFor(body) ?? undefined);
							if (end === undefined) return undefined;
							found = end !== -1;
						}
						if (instruction.negative) registers.set(before);
						else this.#remember(before, pending);
						if (found === instruction.negative) failed = true;
						else step++;
						break;
					}
					default:
						failed = true;
				}
			if (!failed) continue;
			for (;;) {
				const place = pending.pop();
				const next = pending.pop();
				if (place === undefined || next === undefined) return -1;
				if (next >= 0) {
					step = next;
					at = place;
					break;
				}
				registers[~next] = place;
			}
		}
	}

	/** Puts what a part on its own has captured on the list of what to take back. */
	#remember(before: Int32Array, pending: number[]): void {
		for (const [register, value] of before.entries()) if (this.#registers[register] !== value) pending.push(~register, value);
	}

	#holds(where: Assertion, at: number): boolean {
		const text = this.#text;
		switch (where) {
			case 'start':
				return at === 0;
			case 'very end':
				return at === text.length;
			case 'end':
				return at === text.length || (at === text.length - 1 && text.charCodeAt(at) === 10);
			case 'line start':
				// Not behind a newline that ends the text.
				return at === 0 || (text.charCodeAt(at - 1) === 10 && at < text.length);
			case 'line end':
				return at === text.length || text.charCodeAt(at) === 10;
			case 'word edge':
			case 'no word edge': {
				const before = at > 0 && isWordByte(text.charCodeAt(at - 1));
				const behind = at < text.length && isWordByte(text.charCodeAt(at));
				return (before !== behind) === (where === 'word edge');
			}
		}
	}

	/** The end of the text that a group matched, found again at `at`; -1 when it is not there, or the group took no part. */
	#referenced(group: number, caseless: boolean, at: number): number {
		const start = this.#registers[2 * group] ?? -1;
		const end = this.#registers[2 * group + 1] ?? -1;
		if (start === -1 || end === -1) return -1;
		for (let offset = 0; offset < end - start; offset++) {
			const wanted = this.#text.charCodeAt(start + offset);
			const found = this.#text.charCodeAt(at + offset);
			if (caseless ? lowerCode(wanted) !== lowerCode(found) : wanted !== found) return -1;
		}
		return at + end - start;
	}
}
