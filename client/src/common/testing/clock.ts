declare function setTimeout(callback: () => void, ms: number): unknown;
declare function clearTimeout(timer: unknown): void;

/** Runs a callback once nothing has asked for it for a while. */
export class Debounce {
	readonly #ms: number;
	readonly #callback: () => void;
	#timer: unknown;

	constructor(ms: number, callback: () => void) {
		this.#ms = ms;
		this.#callback = callback;
	}

	ask(): void {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(this.#callback, this.#ms);
	}

	dispose(): void {
		clearTimeout(this.#timer);
	}
}

/** Resolves after some milliseconds. */
export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => {
		setTimeout(resolve, ms);
	});
}
