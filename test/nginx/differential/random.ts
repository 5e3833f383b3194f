/** A reproducible source of choices: the same seed makes the same choices on every machine (sfc32). */
export class Random {
	#a: number;
	#b: number;
	#c: number;
	#d: number;

	constructor(seed: number) {
		this.#a = 0x9e3779b9;
		this.#b = 0x243f6a88;
		this.#c = 0xb7e15162;
		this.#d = seed ^ 0xdeadbeef;
		for (let round = 0; round < 15; round++) this.#next();
	}

	#next(): number {
		const sum = (this.#a + this.#b + this.#d) | 0;
		this.#d = (this.#d + 1) | 0;
		this.#a = this.#b ^ (this.#b >>> 9);
		this.#b = (this.#c + (this.#c << 3)) | 0;
		this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
		this.#c |= 0;
		return sum >>> 0;
	}

	/** A whole number from 0 up to, not including, `below`. */
	below(below: number): number {
		return Math.floor((this.#next() / 0x1_0000_0000) * below);
	}

	/** A whole number from `from` to `to`, both included. */
	between(from: number, to: number): number {
		return from + this.below(to - from + 1);
	}

	/** True `percent` times in a hundred. */
	chance(percent: number): boolean {
		return this.#next() / 0x1_0000_0000 < percent / 100;
	}

	/** One of them. The list is not empty. */
	pick<T>(choices: readonly [T, ...T[]] | readonly T[]): T {
		const chosen = choices[this.below(choices.length)];
		if (chosen === undefined) throw new Error('nothing to pick from');
		return chosen;
	}

	/** One of them, by weight. */
	weighted<T>(choices: readonly (readonly [number, T])[]): T {
		let left = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
		for (const [weight, choice] of choices) {
			left -= weight;
			if (left < 0) return choice;
		}
		throw new Error('nothing to pick from');
	}

	/** Up to `count` different ones, in random order. */
	some<T>(choices: readonly T[], count: number): T[] {
		const left = [...choices];
		const taken: T[] = [];
		while (taken.length < count && left.length > 0) taken.push(...left.splice(this.below(left.length), 1));
		return taken;
	}
}
