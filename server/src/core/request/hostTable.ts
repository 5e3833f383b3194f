/**
 * Host names as nginx's combined hash has them: exact ones, `*.example.com` and `mail.*`; `.example.com` is the first two in one
 * (src/core/ngx_hash.c). Of equal names the first stays.
 */
export class HostTable<T> {
	readonly #exact = new Map<string, T>();
	/** By the text behind `*`: `.example.com`. */
	readonly #leading = new Map<string, T>();
	/** By the text before `*`: `mail.`. */
	readonly #trailing = new Map<string, T>();

	/** Adds a name in lower case. */
	add(name: string, value: T): void {
		if (name.startsWith('.')) {
			// It is dropped whole when the exact one is taken.
			if (this.#exact.has(name.slice(1))) return;
			this.#exact.set(name.slice(1), value);
			if (!this.#leading.has(name)) this.#leading.set(name, value);
		} else if (name.startsWith('*.')) {
			if (!this.#leading.has(name.slice(1))) this.#leading.set(name.slice(1), value);
		} else if (name.endsWith('.*')) {
			if (!this.#trailing.has(name.slice(0, -1))) this.#trailing.set(name.slice(0, -1), value);
		} else if (!this.#exact.has(name)) this.#exact.set(name, value);
	}

	/** The exact name, else the longest leading wildcard, else the longest trailing one. `host` is in lower case. */
	find(host: string): T | undefined {
		const exact = this.#exact.get(host);
		if (exact !== undefined) return exact;
		if (this.#leading.size > 0)
			for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
				const found = this.#leading.get(host.slice(dot));
				if (found !== undefined) return found;
			}
		if (this.#trailing.size > 0)
			for (let dot = host.lastIndexOf('.'); dot > 0; dot = host.lastIndexOf('.', dot - 1)) {
				const found = dot + 1 < host.length ? this.#trailing.get(host.slice(0, dot + 1)) : undefined;
				if (found !== undefined) return found;
			}
		return undefined;
	}
}
