import { anyByte, byteSet, shorthand } from './byteSet.ts';
import { readCharacterClass } from './characterClass.ts';
import { escapedCode } from './escapes.ts';
import { RegexFault } from './fault.ts';
import { fixedLength, type RegexNode } from './nodes.ts';

export interface ReadRegex {
	readonly node: RegexNode;
	/** The number of its groups, the whole not counted. */
	readonly groups: number;
	readonly names: readonly { readonly name: string; readonly group: number }[];
	/** It asks for UTF mode, which is modelled for texts of ASCII only. */
	readonly utf: boolean;
}

interface Flags {
	readonly caseless: boolean;
	readonly dotAll: boolean;
	readonly multiline: boolean;
	readonly extended: boolean;
	readonly ungreedy: boolean;
	readonly noCapture: boolean;
}

const NO_FLAGS: Flags = {
	caseless: false,
	dotAll: false,
	multiline: false,
	extended: false,
	ungreedy: false,
	noCapture: false,
};

/** PCRE's own limits on repeats and on nesting (pcre2limits(3)). */
const MOST_REPEATS = 65_535;
const DEEPEST = 250;

/**
 * Reads an expression as PCRE reads it for nginx: bytes, no UTF (pcre2pattern(3); src/core/ngx_regex.c).
 * @throws RegexFault when PCRE would refuse it or it holds what is not modelled: recursion, conditions, verbs, Unicode properties
 */
export function readRegex(text: string, caseless: boolean): ReadRegex {
	return new Reader(text, caseless).read();
}

class Reader {
	readonly #text: string;
	#at = 0;
	#flags: Flags;
	#groups = 0;
	#depth = 0;
	/** How many lookarounds are open. */
	#looking = 0;
	#highestReference = 0;
	readonly #names: { name: string; group: number }[] = [];
	/** Named references may stand before their group. */
	readonly #open: { readonly name: string; readonly node: { group: number } }[] = [];

	constructor(text: string, caseless: boolean) {
		this.#text = text;
		this.#flags = { ...NO_FLAGS, caseless };
	}

	read(): ReadRegex {
		const utf = this.#startingVerbs();
		const node = this.#choice();
		if (this.#at < this.#text.length) throw new RegexFault('a ) has no (', true);
		if (this.#highestReference > this.#groups) throw new RegexFault(`there is no group ${this.#highestReference}`, true);
		for (const { name, node: reference } of this.#open) {
			const group = this.#names.find((known) => known.name === name)?.group;
			if (group === undefined) throw new RegexFault(`there is no group ${name}`, true);
			reference.group = group;
		}
		return { node, groups: this.#groups, names: this.#names, utf };
	}

	#startingVerbs(): boolean {
		let utf = false;
		for (;;) {
			const verb = this.#take(/\(\*(UTF8?|UCP|NO_JIT|NO_START_OPT|NO_AUTO_POSSESS)\)/y)?.[1];
			if (verb === undefined) return utf;
			utf ||= verb.startsWith('U');
		}
	}

	#take(pattern: RegExp): RegExpExecArray | undefined {
		pattern.lastIndex = this.#at;
		const found = pattern.exec(this.#text);
		if (found === null) return undefined;
		this.#at += found[0].length;
		return found;
	}

	/** Branches up to a `)` or the end. A flag set in one holds in the next ones too, and ends with the group. */
	#choice(): RegexNode {
		if (++this.#depth > DEEPEST) throw new RegexFault('its groups are nested too deep');
		const flags = this.#flags;
		const branches = [this.#sequence()];
		while (this.#text[this.#at] === '|') {
			this.#at++;
			branches.push(this.#sequence());
		}
		this.#flags = flags;
		this.#depth--;
		const [only] = branches;
		return branches.length === 1 && only !== undefined ? only : { kind: 'choice', branches };
	}

	#sequence(): RegexNode {
		const parts: RegexNode[] = [];
		for (;;) {
			const character = this.#text[this.#at];
			if (character === undefined || character === '|' || character === ')') break;
			if (this.#flags.extended && /[\t-\r #]/.test(character)) {
				if (character === '#') this.#take(/[^\n]*/y);
				this.#at++;
				continue;
			}
			if (this.#take(/\(\?#/y) !== undefined) {
				if (this.#take(/[^)]*\)/y) === undefined) throw new RegexFault('a comment is not closed', true);
				continue;
			}
			if (this.#take(/\\E/y) !== undefined) continue;
			if (this.#take(/\\Q/y) !== undefined) {
				this.#literals(parts);
				continue;
			}
			const atom = this.#atom();
			if (atom !== undefined) parts.push(this.#repeated(atom));
		}
		const [only] = parts;
		return parts.length === 1 && only !== undefined ? only : { kind: 'sequence', parts };
	}

	/** `\Q…\E`: a repeat behind it is for its last character. */
	#literals(parts: RegexNode[]): void {
		const end = this.#text.indexOf('\\E', this.#at);
		const literal = this.#text.slice(this.#at, end === -1 ? undefined : end);
		this.#at = end === -1 ? this.#text.length : end + 2;
		for (let index = 0; index < literal.length; index++) {
			const node = this.#byte(literal.charCodeAt(index));
			parts.push(index === literal.length - 1 ? this.#repeated(node) : node);
		}
	}

	#repeated(atom: RegexNode): RegexNode {
		if (this.#flags.extended) this.#take(/[\t-\r ]+/y);
		const found = this.#take(/\*|\+|\?|\{(\d+)(?:(,)(\d*))?\}/y);
		if (found === undefined) {
			// A repeat without its least number, or with spaces, is one since PCRE 10.43 and literal text before.
			if (/^\{[ \t]*(?:,[ \t]*\d+|\d+[ \t]*(?:,[ \t]*\d*)?)[ \t]*\}/.test(this.#text.slice(this.#at, this.#at + 32)))
				throw new RegexFault('PCRE’s versions read such a repeat differently');
			return atom;
		}
		if (atom.kind === 'assertion') throw new RegexFault(`${found[0]} repeats nothing`);
		if (atom.kind === 'look') throw new RegexFault('a repeated lookaround is not modelled');
		const [sign, least, comma, most] = found;
		const min = sign === '+' ? 1 : least === undefined ? 0 : Number(least);
		const max =
			sign === '?' ? 1 : least === undefined || most === '' ? Number.POSITIVE_INFINITY : comma === undefined ? min : Number(most);
		if (min > MOST_REPEATS || (max > MOST_REPEATS && max !== Number.POSITIVE_INFINITY) || max < min)
			throw new RegexFault(`the repeat ${sign} is wrong`, max < min);
		const possessive = this.#text[this.#at] === '+';
		const turned = this.#text[this.#at] === '?';
		if (possessive || turned) this.#at++;
		if (!possessive && !turned && /^[*+]$/.test(sign) && this.#text[this.#at] === '*')
			throw new RegexFault(`${sign}* repeats a repeat`, true);
		if (this.#take(/[*+?]|\{\d+(?:,\d*)?\}/y) !== undefined) throw new RegexFault('a repeat repeats a repeat');
		const repeat: RegexNode = { kind: 'repeat', body: atom, min, max, lazy: !possessive && turned !== this.#flags.ungreedy };
		return possessive ? { kind: 'atomic', body: repeat } : repeat;
	}

	#byte(code: number): RegexNode {
		const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
		if (!this.#flags.caseless || !isLetter) return { kind: 'byte', code };
		return { kind: 'set', set: byteSet([code & 0xdf, code & 0xdf], [code | 32, code | 32]) };
	}

	#atom(): RegexNode | undefined {
		const character = this.#text[this.#at++] ?? '';
		switch (character) {
			case '.':
				return { kind: 'set', set: anyByte(this.#flags.dotAll) };
			case '^':
				return { kind: 'assertion', where: this.#flags.multiline ? 'line start' : 'start' };
			case '$':
				return { kind: 'assertion', where: this.#flags.multiline ? 'line end' : 'end' };
			case '[': {
				const { set, end } = readCharacterClass(this.#text, this.#at, this.#flags.caseless);
				this.#at = end;
				return { kind: 'set', set };
			}
			case '(':
				return this.#group();
			case '\\':
				return this.#escape();
			case '*':
			case '+':
			case '?':
				throw new RegexFault(`${character} repeats nothing`, true);
			case '{':
				if (/^\d+(?:,\d*)?\}/.test(this.#text.slice(this.#at, this.#at + 16))) throw new RegexFault('{ repeats nothing', true);
				return this.#byte(123);
			default:
				return this.#byte(character.charCodeAt(0));
		}
	}

	#escape(): RegexNode | undefined {
		const letter = this.#text[this.#at] ?? '';
		const set = letter === 'N' ? anyByte(false) : letter === 'C' ? anyByte(true) : shorthand(letter);
		if (letter === 'N' && this.#text[this.#at + 1] === '{') throw new RegexFault('\\N{…} is not modelled');
		if (set !== undefined) {
			this.#at++;
			return { kind: 'set', set };
		}
		switch (letter) {
			case 'A':
			case 'G':
				return this.#assertion('start');
			case 'Z':
				return this.#assertion('end');
			case 'z':
				return this.#assertion('very end');
			case 'b':
				return this.#assertion('word edge');
			case 'B':
				return this.#assertion('no word edge');
			case 'K':
				// Moves the start of the whole match, which no variable of nginx shows.
				if (this.#looking > 0) throw new RegexFault('\\K stands in a lookaround');
				this.#at++;
				return undefined;
			case 'R':
				this.#at++;
				return { kind: 'atomic', body: lineEnd() };
			case 'k':
			case 'g':
				return this.#reference();
			default:
		}
		const digits = /^[1-9]\d*/.exec(this.#text.slice(this.#at, this.#at + 4))?.[0];
		if (digits !== undefined) {
			const number = Number(digits);
			if (number > 9 && number > this.#groups)
				throw new RegexFault(`\\${digits} may be a group or a character; it is not modelled`);
			this.#at += digits.length;
			return this.#referenceTo(number);
		}
		const { value, end } = escapedCode(this.#text, this.#at);
		this.#at = end;
		return this.#byte(value);
	}

	#assertion(where: Extract<RegexNode, { kind: 'assertion' }>['where']): RegexNode {
		this.#at++;
		return { kind: 'assertion', where };
	}

	#reference(): RegexNode {
		const named = this.#take(/k(?:<(\w+)>|'(\w+)'|\{(\w+)\})|g\{([A-Za-z_]\w*)\}/y);
		if (named !== undefined) return this.#namedReference(named[1] ?? named[2] ?? named[3] ?? named[4] ?? '');
		const numbered = this.#take(/g(?:\{([-+]?\d+)\}|([-+]?\d+))/y);
		const written = numbered?.[1] ?? numbered?.[2];
		if (written === undefined) throw new RegexFault('a call of a group is not modelled');
		const number = Number(written);
		return this.#referenceTo(
			written.startsWith('-') ? this.#groups + 1 + number : written.startsWith('+') ? this.#groups + number : number,
		);
	}

	#referenceTo(group: number): RegexNode {
		if (group < 1) throw new RegexFault('a reference leads to no group');
		this.#highestReference = Math.max(this.#highestReference, group);
		return { kind: 'reference', group, caseless: this.#flags.caseless };
	}

	#namedReference(name: string): RegexNode {
		const node = { kind: 'reference' as const, group: 0, caseless: this.#flags.caseless };
		this.#open.push({ name, node });
		return node;
	}

	#group(): RegexNode | undefined {
		if (this.#take(/\?P=(\w+)\)/y) !== undefined) {
			const name = /\?P=(\w+)\)$/.exec(this.#text.slice(0, this.#at))?.[1] ?? '';
			return this.#namedReference(name);
		}
		const named = this.#take(/\?(?:P?<([A-Za-z_]\w{0,31})>|'([A-Za-z_]\w{0,31})')/y);
		const startsPlain = this.#text[this.#at] !== '?' && this.#text[this.#at] !== '*';
		if (named !== undefined || (startsPlain && !this.#flags.noCapture)) {
			const number = ++this.#groups;
			const name = named?.[1] ?? named?.[2];
			if (name !== undefined) {
				if (this.#names.some((known) => known.name === name)) throw new RegexFault(`two groups are called ${name}`, true);
				this.#names.push({ name, group: number });
			}
			return { kind: 'group', number, body: this.#closed() };
		}
		if (startsPlain || this.#take(/\?:/y) !== undefined) return this.#closed();
		if (this.#take(/\?>/y) !== undefined) return { kind: 'atomic', body: this.#closed() };
		const look = this.#take(/\?(<?)([=!])/y);
		if (look !== undefined) {
			this.#looking++;
			const body = this.#closed();
			this.#looking--;
			const behind = look[1] === '<';
			if (behind && alternatives(body).some((branch) => fixedLength(branch) === undefined))
				throw new RegexFault('it looks behind by a length that varies');
			return { kind: 'look', behind, negative: look[2] === '!', body };
		}
		const flags = this.#take(/\?(\^?)([imsxnUa]*)(?:-([imsxnU]*))?([:)])/y);
		if (flags === undefined || flags[2]?.includes('xx') === true || flags[2]?.includes('a') === true)
			throw new RegexFault('a group of this kind is not modelled');
		const before = this.#flags;
		this.#flags = changed(flags[1] === '^' ? { ...NO_FLAGS, ungreedy: before.ungreedy } : before, flags[2] ?? '', flags[3] ?? '');
		if (flags[4] === ')') return undefined;
		const body = this.#closed();
		this.#flags = before;
		return body;
	}

	#closed(): RegexNode {
		const body = this.#choice();
		if (this.#text[this.#at] !== ')') throw new RegexFault('a ( is not closed', true);
		this.#at++;
		return body;
	}
}

function changed(flags: Flags, on: string, off: string): Flags {
	const value = (letter: string, now: boolean): boolean => (now || on.includes(letter)) && !off.includes(letter);
	return {
		caseless: value('i', flags.caseless),
		dotAll: value('s', flags.dotAll),
		multiline: value('m', flags.multiline),
		extended: value('x', flags.extended),
		ungreedy: value('U', flags.ungreedy),
		noCapture: value('n', flags.noCapture),
	};
}

/** The branches that a lookbehind tries, each of its own length. */
export function alternatives(node: RegexNode): readonly RegexNode[] {
	return node.kind === 'choice' ? node.branches : [node];
}

/** `\R`. */
function lineEnd(): RegexNode {
	const pair: RegexNode = {
		kind: 'sequence',
		parts: [
			{ kind: 'byte', code: 13 },
			{ kind: 'byte', code: 10 },
		],
	};
	return { kind: 'choice', branches: [pair, { kind: 'set', set: byteSet([10, 13], [0x85, 0x85]) }] };
}
