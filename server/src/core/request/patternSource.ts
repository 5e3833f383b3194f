/**
 * Reads a PCRE pattern, as nginx compiles it (bytes, no UTF mode), and writes the same pattern for two engines: the host's RegExp,
 * which backtracks, and RE2, which takes linear time. Case is folded here, over ASCII letters only, as PCRE does in the C locale.
 */
export interface PatternSource {
	/** For RegExp, without flags. */
	readonly native: string;
	/** For RE2; undefined when the pattern needs what RE2 has not (lookaround, backreferences, possessive groups). */
	readonly linear: string | undefined;
	/** PCRE group number → group number in `native`. Index 0 is the whole match. */
	readonly nativeGroups: readonly number[];
	readonly names: readonly { readonly name: string; readonly group: number }[];
	/** How often a backtracking engine may multiply its work by the length of the subject; Infinity when a repeat stands in a repeat. */
	readonly degree: number;
	/** RegExp forgets captures of earlier rounds of a repeat where PCRE keeps them. */
	readonly forgetful: boolean;
	/** The pattern cannot match anywhere but at the start, and starts with this text. */
	readonly prefix: string;
}

/** Reads a pattern; undefined when it uses something that is not modelled, or that PCRE refuses. */
export function readPattern(pattern: string, caseless: boolean): PatternSource | undefined {
	const reader = new PatternReader(pattern, caseless);
	return reader.read();
}

interface Flags {
	caseless: boolean;
	dotAll: boolean;
	multiline: boolean;
	extended: boolean;
}

/** What one stretch of a pattern became. */
interface Piece {
	native: string;
	linear: string;
	/** Repeats in it, of any kind. */
	repeats: number;
	/** Unbounded repeats in it. */
	degree: number;
	captures: boolean;
	/** Holds an alternation or an optional part. */
	branches: boolean;
}

class Unsupported extends Error {}

const QUANTIFIER = /\*|\+|\?|\{(\d+)(?:(,)(\d*))?\}/y;
const POSIX: Readonly<Record<string, string>> = {
	alpha: 'A-Za-z',
	digit: '0-9',
	alnum: '0-9A-Za-z',
	upper: 'A-Z',
	lower: 'a-z',
	space: '\\t-\\r ',
	blank: '\\t ',
	punct: '!-\\/:-@\\[-`{-~',
	xdigit: '0-9A-Fa-f',
	word: '0-9A-Za-z_',
	cntrl: '\\x00-\\x1f\\x7f',
	print: ' -~',
	graph: '!-~',
};
const CLASSES: Readonly<Record<string, string>> = {
	d: '0-9',
	w: '0-9A-Za-z_',
	s: '\\t-\\r ',
	h: '\\t \\xa0',
	v: '\\n-\\r\\x85',
};
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, e: 27, a: 7 };

class PatternReader {
	readonly #text: string;
	#at = 0;
	#flags: Flags;
	#nativeCount = 0;
	readonly #nativeGroups: number[] = [0];
	readonly #names: { name: string; group: number }[] = [];
	#linear = true;
	#forgetful = false;

	constructor(text: string, caseless: boolean) {
		this.#text = text;
		this.#flags = { caseless, dotAll: false, multiline: false, extended: false };
	}

	read(): PatternSource | undefined {
		try {
			this.#verbs();
			const start = this.#at;
			const { caseless } = this.#flags;
			const piece = this.#alternatives();
			if (this.#at < this.#text.length) return undefined;
			const anchored = piece.native.startsWith('^') && !hasTopLevelBar(this.#text.slice(start));
			return {
				native: piece.native,
				linear: this.#linear ? piece.linear : undefined,
				nativeGroups: this.#nativeGroups,
				names: this.#names,
				degree: piece.degree + (anchored ? 0 : 1),
				forgetful: this.#forgetful,
				prefix: anchored && !caseless && !this.#flags.caseless ? literalPrefix(this.#text.slice(start)) : '',
			};
		} catch (error) {
			if (error instanceof Unsupported) return undefined;
			throw error;
		}
	}

	#verbs(): void {
		for (;;) {
			const verb = /\(\*(?:UTF8?|UCP|NO_JIT)\)/y;
			verb.lastIndex = this.#at;
			const found = verb.exec(this.#text);
			if (found === null) return;
			this.#at += found[0].length;
		}
	}

	#alternatives(): Piece {
		const saved = { ...this.#flags };
		const pieces = [this.#sequence()];
		while (this.#text[this.#at] === '|') {
			this.#at++;
			pieces.push(this.#sequence());
		}
		this.#flags = saved;
		return {
			native: pieces.map(({ native }) => native).join('|'),
			linear: pieces.map(({ linear }) => linear).join('|'),
			repeats: pieces.reduce((sum, { repeats }) => sum + repeats, 0),
			degree: Math.max(...pieces.map(({ degree }) => degree)),
			captures: pieces.some(({ captures }) => captures),
			branches: pieces.length > 1 || pieces.some(({ branches }) => branches),
		};
	}

	#sequence(): Piece {
		const whole: Piece = { native: '', linear: '', repeats: 0, degree: 0, captures: false, branches: false };
		for (;;) {
			const character = this.#text[this.#at];
			if (character === undefined || character === '|' || character === ')') return whole;
			if (this.#flags.extended && /[\s#]/.test(character)) {
				if (character === '#') while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#at++;
				this.#at++;
				continue;
			}
			const atom = this.#atom();
			if (atom === undefined) continue;
			const piece = this.#repeated(atom);
			whole.native += piece.native;
			whole.linear += piece.linear;
			whole.repeats += piece.repeats;
			whole.degree += piece.degree;
			whole.captures ||= piece.captures;
			whole.branches ||= piece.branches;
		}
	}

	#repeated(first: Piece): Piece {
		let atom = first;
		for (;;) {
			QUANTIFIER.lastIndex = this.#at;
			const found = QUANTIFIER.exec(this.#text);
			if (found === null) {
				if (/^\{,\d+\}/.test(this.#text.slice(this.#at, this.#at + 8))) throw new Unsupported();
				return atom;
			}
			if (atom.native === '') throw new Unsupported();
			this.#at += found[0].length;
			const sign = found[0];
			const least = sign === '*' || sign === '?' ? 0 : sign === '+' ? 1 : Number(found[1]);
			const most =
				sign === '?'
					? 1
					: sign === '*' || sign === '+'
						? Number.POSITIVE_INFINITY
						: found[2] === undefined
							? least
							: found[3] === ''
								? Number.POSITIVE_INFINITY
								: Number(found[3]);
			const mode = this.#text[this.#at];
			let lazy = '';
			let possessive = false;
			if (mode === '?') {
				lazy = '?';
				this.#at++;
			} else if (mode === '+') {
				possessive = true;
				this.#at++;
			}
			if (most > 1 && atom.captures && atom.branches) this.#forgetful = true;
			const varies = least !== most;
			const nested = most > 1 && (atom.repeats > 0 || (atom.branches && varies));
			const degree =
				nested && varies ? Number.POSITIVE_INFINITY : nested ? atom.degree * most : atom.degree + (varies && most > 1 ? 1 : 0);
			let native = `${atom.native}${sign}${lazy}`;
			if (possessive) native = this.#atomic(native);
			atom = {
				native,
				linear: `${atom.linear}${sign}${lazy}`,
				repeats: atom.repeats + (varies ? 1 : 0),
				degree,
				captures: atom.captures,
				branches: atom.branches || least === 0,
			};
		}
	}

	/** An atomic group for RegExp: a lookahead that captures, and the capture again. */
	#atomic(native: string): string {
		this.#linear = false;
		// Groups inside were counted before this one; RegExp counts by opening bracket, so the inner ones would move.
		if (/\((?!\?)/.test(native)) throw new Unsupported();
		this.#nativeCount++;
		return `(?:(?=(${native}))\\${this.#nativeCount})`;
	}

	#atom(): Piece | undefined {
		const character = this.#text[this.#at++];
		switch (character) {
			case '.':
				return this.#flags.dotAll ? plain('[^]', '(?s:.)') : plain('[^\\n]', '[^\\n]');
			case '^':
				return this.#flags.multiline ? this.#lookaround('(?<![^\\n])', '(?m:^)') : plain('^', '\\A');
			case '$':
				return this.#flags.multiline ? this.#lookaround('(?![^\\n])', '(?m:$)') : plain('(?=\\n?$)', '\\n?\\z');
			case '[':
				return this.#characterClass();
			case '(':
				return this.#group();
			case '\\':
				return this.#escape();
			default:
				return this.#literal((character ?? '').charCodeAt(0));
		}
	}

	#lookaround(native: string, linear: string): Piece {
		return plain(native, linear);
	}

	#literal(code: number): Piece {
		const character = String.fromCharCode(code);
		if (this.#flags.caseless && /[A-Za-z]/.test(character)) {
			const both = `[${character.toLowerCase()}${character.toUpperCase()}]`;
			return plain(both, both);
		}
		const written = /[A-Za-z0-9/_\-=&!@~,;: ]/.test(character) ? character : `\\x${code.toString(16).padStart(2, '0')}`;
		return plain(written, written);
	}

	#escape(): Piece | undefined {
		const character = this.#text[this.#at++];
		if (character === undefined) throw new Unsupported();
		if (character === 'Q') {
			const end = this.#text.indexOf('\\E', this.#at);
			const literal = this.#text.slice(this.#at, end === -1 ? undefined : end);
			this.#at = end === -1 ? this.#text.length : end + 2;
			if (literal === '') return undefined;
			const pieces = [...literal].map((one) => this.#literal(one.charCodeAt(0)));
			// A quantifier behind \E repeats the last character alone.
			const last = pieces.pop();
			const before = pieces.map(({ native }) => native).join('');
			if (last === undefined) return undefined;
			const repeated = this.#repeated(last);
			const linear = pieces.map((piece) => piece.linear).join('') + repeated.linear;
			return { ...repeated, native: `(?:${before}${repeated.native})`, linear: `(?:${linear})` };
		}
		if (character === 'E') return undefined;
		if (character in CLASSES) return plain(`[${CLASSES[character]}]`, `[${CLASSES[character]}]`);
		const lower = character.toLowerCase();
		if (character !== lower && lower in CLASSES) return plain(`[^${CLASSES[lower]}]`, `[^${CLASSES[lower]}]`);
		switch (character) {
			case 'A':
				return plain('^', '\\A');
			case 'z':
				return plain('$', '\\z');
			case 'Z':
				return plain('(?=\\n?$)', '\\n?\\z');
			case 'b':
			case 'B':
				return plain(`\\${character}`, `\\${character}`);
			case 'N':
				return plain('[^\\n]', '[^\\n]');
			case 'R':
				return plain('(?:\\r\\n|[\\n-\\r\\x85])', '(?:\\r\\n|[\\n-\\r\\x85])');
			case 'K':
				return undefined;
			case 'k':
				return this.#namedReference();
			case 'g':
				return this.#numberedReference();
			default:
		}
		if (/[1-9]/.test(character)) {
			const digits = /^\d+/.exec(this.#text.slice(this.#at - 1))?.[0] ?? character;
			const number = Number(digits);
			if (number < 10 || number < this.#nativeGroups.length) {
				this.#at += digits.length - 1;
				return this.#reference(number);
			}
			throw new Unsupported();
		}
		return this.#literal(this.#characterCode(character));
	}

	/** The code of an escaped character, shared by patterns and classes; `#at` stands behind the character. */
	#characterCode(character: string): number {
		const control = CONTROLS[character];
		if (control !== undefined) return control;
		if (character === 'x') {
			const found = /^\{([0-9A-Fa-f]{1,2})\}|^[0-9A-Fa-f]{0,2}/.exec(this.#text.slice(this.#at));
			this.#at += found?.[0].length ?? 0;
			if (this.#text[this.#at] === '{') throw new Unsupported();
			return Number.parseInt(found?.[1] ?? found?.[0] ?? '0', 16) || 0;
		}
		if (character === '0') {
			const digits = /^[0-7]{0,2}/.exec(this.#text.slice(this.#at))?.[0] ?? '';
			this.#at += digits.length;
			return Number.parseInt(`0${digits}`, 8);
		}
		if (character === 'c') return (this.#text[this.#at++] ?? '').toUpperCase().charCodeAt(0) ^ 64;
		if (/[A-Za-z0-9]/.test(character)) throw new Unsupported();
		return character.charCodeAt(0);
	}

	#namedReference(): Piece {
		const found = /^(?:<(\w+)>|\{(\w+)\}|'(\w+)')/.exec(this.#text.slice(this.#at));
		const name = found?.[1] ?? found?.[2] ?? found?.[3];
		this.#at += found?.[0].length ?? 0;
		const group = this.#names.find((one) => one.name === name)?.group;
		if (group === undefined) throw new Unsupported();
		return this.#reference(group);
	}

	#numberedReference(): Piece {
		const found = /^(?:\{(-?\d+)\}|(-?\d+))/.exec(this.#text.slice(this.#at));
		if (found === null) throw new Unsupported();
		this.#at += found[0].length;
		const number = Number(found[1] ?? found[2]);
		return this.#reference(number < 0 ? this.#nativeGroups.length + number : number);
	}

	#reference(group: number): Piece {
		this.#linear = false;
		const native = this.#nativeGroups[group];
		if (native === undefined || group < 1 || this.#flags.caseless) throw new Unsupported();
		return { ...plain(`(?:\\${native})`, ''), degree: 1 };
	}

	#group(): Piece | undefined {
		const rest = this.#text.slice(this.#at);
		if (rest.startsWith('*')) throw new Unsupported();
		if (rest.startsWith('?#')) {
			const end = this.#text.indexOf(')', this.#at);
			if (end === -1) throw new Unsupported();
			this.#at = end + 1;
			return undefined;
		}
		const named = /^\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/.exec(rest);
		if (named !== null || !rest.startsWith('?')) {
			if (named !== null) {
				this.#at += named[0].length;
				this.#names.push({ name: named[1] ?? named[2] ?? '', group: this.#nativeGroups.length });
			}
			this.#nativeGroups.push(++this.#nativeCount);
			const inner = this.#closed();
			return { ...inner, native: `(${inner.native})`, linear: `(${inner.linear})`, captures: true };
		}
		const around = /^\?(?:=|!|<=|<!)/.exec(rest);
		if (around !== null) {
			this.#at += around[0].length;
			this.#linear = false;
			const inner = this.#closed();
			return { ...inner, native: `(${around[0]}${inner.native})` };
		}
		if (rest.startsWith('?>')) {
			this.#at += 2;
			const inner = this.#closed();
			return { ...inner, native: this.#atomic(`(?:${inner.native})`) };
		}
		const flags = /^\?([imsx]*)(?:-([imsx]*))?([:)])/.exec(rest);
		if (flags === null) throw new Unsupported();
		this.#at += flags[0].length;
		if (flags[3] === ')') {
			this.#setFlags(flags[1] ?? '', flags[2] ?? '');
			return undefined;
		}
		const saved = { ...this.#flags };
		this.#setFlags(flags[1] ?? '', flags[2] ?? '');
		const inner = this.#closed();
		this.#flags = saved;
		return { ...inner, native: `(?:${inner.native})`, linear: `(?:${inner.linear})` };
	}

	#setFlags(on: string, off: string): void {
		for (const [flag, name] of [
			['i', 'caseless'],
			['s', 'dotAll'],
			['m', 'multiline'],
			['x', 'extended'],
		] as const) {
			if (on.includes(flag)) this.#flags[name] = true;
			if (off.includes(flag)) this.#flags[name] = false;
		}
	}

	#closed(): Piece {
		const inner = this.#alternatives();
		if (this.#text[this.#at] !== ')') throw new Unsupported();
		this.#at++;
		return inner;
	}

	#characterClass(): Piece {
		let body = '';
		const negated = this.#text[this.#at] === '^';
		if (negated) this.#at++;
		for (let first = true; ; first = false) {
			const character = this.#text[this.#at];
			if (character === undefined) throw new Unsupported();
			if (character === ']' && !first) break;
			const posix = /^\[:(\^?)([a-z]+):\]/.exec(this.#text.slice(this.#at, this.#at + 14));
			if (posix !== null) {
				const members = POSIX[posix[2] ?? ''];
				if (members === undefined || posix[1] === '^') throw new Unsupported();
				body += this.#flags.caseless && (posix[2] === 'upper' || posix[2] === 'lower') ? 'A-Za-z' : members;
				this.#at += posix[0].length;
				continue;
			}
			const low = this.#member();
			if (typeof low === 'string') {
				body += low;
				continue;
			}
			if (this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']' && this.#text[this.#at + 1] !== undefined) {
				this.#at++;
				const high = this.#member();
				if (typeof high === 'string') body += this.#range(low, low) + this.#range(45, 45) + high;
				else if (high < low) throw new Unsupported();
				else body += this.#range(low, high);
			} else body += this.#range(low, low);
		}
		this.#at++;
		return plain(`[${negated ? '^' : ''}${body}]`, `[${negated ? '^' : ''}${body}]`);
	}

	/** One member of a class: a code, or the body of a shorthand such as `\d`. */
	#member(): number | string {
		const character = this.#text[this.#at++] ?? '';
		if (character !== '\\') return character.charCodeAt(0);
		const next = this.#text[this.#at++];
		if (next === undefined) throw new Unsupported();
		if (next in CLASSES) return CLASSES[next] ?? '';
		if (/[DWSHV]/.test(next)) return COMPLEMENTS[next.toLowerCase()] ?? '';
		if (next === 'b') return 8;
		if (/[1-7]/.test(next)) {
			const digits = /^[0-7]{1,3}/.exec(this.#text.slice(this.#at - 1))?.[0] ?? next;
			this.#at += digits.length - 1;
			return Number.parseInt(digits, 8);
		}
		return this.#characterCode(next);
	}

	#range(low: number, high: number): string {
		let body = low === high ? hex(low) : `${hex(low)}-${hex(high)}`;
		if (!this.#flags.caseless) return body;
		for (const [from, to, shift] of [
			[65, 90, 32],
			[97, 122, -32],
		] as const) {
			const start = Math.max(low, from);
			const end = Math.min(high, to);
			if (start <= end) body += `${hex(start + shift)}-${hex(end + shift)}`;
		}
		return body;
	}
}

const COMPLEMENTS: Readonly<Record<string, string>> = {
	d: '\\x00-\\/:-\\xff',
	w: '\\x00-\\/:-@\\[-\\^`{-\\xff',
	s: '\\x00-\\x08\\x0e-\\x1f!-\\xff',
	h: '\\x00-\\x08\\n-\\x1f!-\\x9f\\xa1-\\xff',
	v: '\\x00-\\t\\x0e-\\x84\\x86-\\xff',
};

function hex(code: number): string {
	return `\\x${code.toString(16).padStart(2, '0')}`;
}

function plain(native: string, linear: string): Piece {
	return { native, linear, repeats: 0, degree: 0, captures: false, branches: false };
}

/** The literal text behind a leading `^`. */
function literalPrefix(pattern: string): string {
	const found = /^\^((?:[A-Za-z0-9/_=&!@~,;: -]|\\[./_-])*)(.?)/.exec(pattern);
	const text = (found?.[1] ?? '').replace(/\\/g, '');
	return /[*?{]/.test(found?.[2] ?? '') ? text.slice(0, -1) : text;
}

/** Whether the pattern is a choice at its top level. Brackets in classes make it answer yes too often, never too seldom. */
function hasTopLevelBar(pattern: string): boolean {
	let depth = 0;
	for (let at = 0; at < pattern.length; at++) {
		const character = pattern[at];
		if (character === '\\') at++;
		else if (character === '(') depth++;
		else if (character === ')') depth = Math.max(0, depth - 1);
		else if (character === '|' && depth === 0) return true;
	}
	return false;
}
