import { readFileSync } from 'node:fs';

const SYMBOL_TABLE = 11;
const RELOCATIONS_WITH_ADDENDS = 4;
/** Relocations that add where the program lies in memory (x86-64, aarch64), and those that ask for a symbol's address. */
const RELATIVE = new Set([8, 1027]);
const SYMBOLIC = new Set([1, 6, 257, 1025]);

/** The data of a 64-bit little-endian ELF program or library as it looks when loaded at address 0, its pointers resolved. */
export class ElfImage {
	readonly #bytes: Buffer;
	readonly #segments: { readonly at: number; readonly offset: number; readonly size: number }[] = [];
	readonly #pointers = new Map<number, number>();
	readonly #imported = new Map<number, string>();
	readonly #exported = new Map<number, string>();

	constructor(path: string) {
		const bytes = readFileSync(path);
		if (bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1)
			throw new Error(`${path} is no 64-bit little-endian ELF file.`);
		this.#bytes = bytes;
		const programs = this.#number(32);
		for (let index = 0; index < bytes.readUInt16LE(56); index++) {
			const header = programs + index * bytes.readUInt16LE(54);
			if (bytes.readUInt32LE(header) !== 1) continue;
			this.#segments.push({ offset: this.#number(header + 8), at: this.#number(header + 16), size: this.#number(header + 32) });
		}
		const sections = this.#sections();
		for (const { type, offset, size, link } of sections) {
			const strings = sections[link]?.offset ?? 0;
			if (type === SYMBOL_TABLE) this.#readSymbols(offset, size, strings);
		}
		for (const { type, offset, size, link } of sections)
			if (type === RELOCATIONS_WITH_ADDENDS) this.#readRelocations(offset, size, sections[link]?.offset ?? 0, sections);
	}

	/** Addresses of all pointer-sized words in the data, ascending. */
	*words(): Generator<number> {
		for (const { at, size } of this.#segments)
			for (let address = at + ((8 - (at % 8)) % 8); address + 8 <= at + size; address += 8) yield address;
	}

	/** The number at an address; undefined outside of the data and above 2^53. */
	number(address: number): number | undefined {
		const offset = this.#offset(address, 8);
		if (offset === undefined) return undefined;
		const value = this.#bytes.readBigUInt64LE(offset);
		return value > 0x1fffffffffffffn ? undefined : Number(value);
	}

	/** Where the pointer at an address points; 0 for none. */
	pointer(address: number): number {
		return this.#pointers.get(address) ?? this.number(address) ?? 0;
	}

	/** The name of the function or variable to which the pointer at an address leads; undefined when it has none outside its file. */
	symbol(address: number): string | undefined {
		return this.#imported.get(address) ?? this.#exported.get(this.pointer(address));
	}

	/** The text of a given length at an address; undefined when no NUL ends it there. */
	text(address: number, length: number): string | undefined {
		const offset = this.#offset(address, length + 1);
		if (offset === undefined || this.#bytes[offset + length] !== 0) return undefined;
		return this.#bytes.toString('latin1', offset, offset + length);
	}

	#number(offset: number): number {
		return Number(this.#bytes.readBigUInt64LE(offset));
	}

	#offset(address: number, size: number): number | undefined {
		const segment = this.#segments.find(({ at, size: whole }) => address >= at && address + size <= at + whole);
		return segment && segment.offset + address - segment.at;
	}

	#sections(): { type: number; offset: number; size: number; link: number }[] {
		const start = this.#number(40);
		const each = this.#bytes.readUInt16LE(58);
		return Array.from({ length: this.#bytes.readUInt16LE(60) }, (_, index) => {
			const header = start + index * each;
			return {
				type: this.#bytes.readUInt32LE(header + 4),
				offset: this.#number(header + 24),
				size: this.#number(header + 32),
				link: this.#bytes.readUInt32LE(header + 40),
			};
		});
	}

	#symbolName(entry: number, strings: number): string {
		const start = strings + this.#bytes.readUInt32LE(entry);
		return this.#bytes.toString('latin1', start, this.#bytes.indexOf(0, start));
	}

	#readSymbols(offset: number, size: number, strings: number): void {
		for (let entry = offset; entry < offset + size; entry += 24) {
			const address = this.#number(entry + 8);
			if (address !== 0) this.#exported.set(address, this.#symbolName(entry, strings));
		}
	}

	#readRelocations(offset: number, size: number, symbols: number, sections: readonly { offset: number; link: number }[]): void {
		const strings = sections[sections.find((section) => section.offset === symbols)?.link ?? 0]?.offset ?? 0;
		for (let entry = offset; entry < offset + size; entry += 24) {
			const place = this.#number(entry);
			const info = this.#bytes.readBigUInt64LE(entry + 8);
			const type = Number(info & 0xffffffffn);
			if (RELATIVE.has(type)) this.#pointers.set(place, this.#number(entry + 16));
			else if (SYMBOLIC.has(type)) {
				const symbol = symbols + Number(info >> 32n) * 24;
				this.#imported.set(place, this.#symbolName(symbol, strings));
				this.#pointers.set(place, this.#number(symbol + 8) + this.#number(entry + 16));
			}
		}
	}
}
