/** A set of bytes: 256 entries of 0 or 1. */
export type ByteSet = Uint8Array;

/** Members in ranges, both ends included. */
export function byteSet(...ranges: readonly (readonly [number, number])[]): ByteSet {
	const set = new Uint8Array(256);
	for (const [low, high] of ranges) set.fill(1, low, high + 1);
	return set;
}

export function complement(set: ByteSet): ByteSet {
	return set.map((member) => 1 - member);
}

export function addAll(target: ByteSet, members: ByteSet): void {
	for (let byte = 0; byte < 256; byte++) if (members[byte] === 1) target[byte] = 1;
}

/** Adds the other case of each ASCII letter: PCRE without UTF folds no others (C locale). */
export function addOtherCase(set: ByteSet): void {
	for (let upper = 65; upper <= 90; upper++) {
		const either = set[upper] === 1 || set[upper + 32] === 1 ? 1 : 0;
		set[upper] = either;
		set[upper + 32] = either;
	}
}

/** The lower case of an ASCII letter's code; other codes as they are. */
export function lowerCode(code: number): number {
	return code >= 65 && code <= 90 ? code + 32 : code;
}

const DIGIT = byteSet([48, 57]);
const WORD = byteSet([48, 57], [65, 90], [95, 95], [97, 122]);
const SPACE = byteSet([9, 13], [32, 32]);
const HORIZONTAL = byteSet([9, 9], [32, 32], [0xa0, 0xa0]);
const VERTICAL = byteSet([10, 13], [0x85, 0x85]);
const NOT_NEWLINE = complement(byteSet([10, 10]));
const ANY = byteSet([0, 255]);

/** What `\d`, `\W` and the like stand for in bytes (pcre2pattern(3), generic character types); undefined for another letter. */
export function shorthand(letter: string): ByteSet | undefined {
	switch (letter) {
		case 'd':
			return DIGIT;
		case 'D':
			return complement(DIGIT);
		case 'w':
			return WORD;
		case 'W':
			return complement(WORD);
		case 's':
			return SPACE;
		case 'S':
			return complement(SPACE);
		case 'h':
			return HORIZONTAL;
		case 'H':
			return complement(HORIZONTAL);
		case 'v':
			return VERTICAL;
		case 'V':
			return complement(VERTICAL);
		default:
			return undefined;
	}
}

/** `.` and `\N`; with the s flag, and `\C`, every byte. */
export function anyByte(withNewline: boolean): ByteSet {
	return withNewline ? ANY : NOT_NEWLINE;
}

export function isWordByte(code: number | undefined): boolean {
	return code !== undefined && WORD[code] === 1;
}

const POSIX: ReadonlyMap<string, ByteSet> = new Map([
	['alpha', byteSet([65, 90], [97, 122])],
	['lower', byteSet([97, 122])],
	['upper', byteSet([65, 90])],
	['digit', DIGIT],
	['alnum', byteSet([48, 57], [65, 90], [97, 122])],
	['word', WORD],
	['xdigit', byteSet([48, 57], [65, 70], [97, 102])],
	['space', SPACE],
	['blank', byteSet([9, 9], [32, 32])],
	['cntrl', byteSet([0, 31], [127, 127])],
	['ascii', byteSet([0, 127])],
	['print', byteSet([32, 126])],
	['graph', byteSet([33, 126])],
	['punct', byteSet([33, 47], [58, 64], [91, 96], [123, 126])],
]);

/** The members of `[:name:]`; undefined when there is no such class. */
export function posixClass(name: string): ByteSet | undefined {
	return POSIX.get(name);
}
