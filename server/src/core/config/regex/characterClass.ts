import { addAll, addOtherCase, type ByteSet, complement, posixClass, shorthand } from './byteSet.ts';
import { escapedCode } from './escapes.ts';
import { RegexFault } from './fault.ts';

/**
 * Reads `[…]` from behind its `[` (pcre2pattern(3), square brackets and character classes).
 * @returns the set and the offset behind the `]`
 */
export function readCharacterClass(
	text: string,
	from: number,
	caseless: boolean,
): { readonly set: ByteSet; readonly end: number } {
	let at = from;
	const negated = text[at] === '^';
	if (negated) at++;
	const set: ByteSet = new Uint8Array(256);
	let quoted = false;
	/** The code before a `-` that may be the start of a range. */
	let low: number | undefined;

	for (let first = true; ; first = false) {
		const character = text[at];
		if (character === undefined) throw new RegexFault('a [ is not closed', true);
		if (quoted) {
			if (text.startsWith('\\E', at)) {
				quoted = false;
				at += 2;
			} else {
				low = character.charCodeAt(0);
				set[low] = 1;
				at++;
			}
			first = false;
			continue;
		}
		if (character === ']' && !first) break;
		const posix = /^\[([:.=])(\^?)([a-z]*)\1\]/.exec(text.slice(at, at + 16));
		if (posix !== null) {
			const members = posix[1] === ':' ? posixClass(posix[3] ?? '') : undefined;
			if (members === undefined) throw new RegexFault(`there is no class ${posix[0]}`, true);
			const own = new Uint8Array(members);
			// With the i flag [:upper:] and [:lower:] are [:alpha:].
			if (caseless) addOtherCase(own);
			addAll(set, posix[2] === '^' ? complement(own) : own);
			at += posix[0].length;
			low = undefined;
			refuseRangeFrom(text, at);
			continue;
		}
		const startsRange = character === '-' && low !== undefined && text[at + 1] !== ']' && text[at + 1] !== undefined;
		if (startsRange) at++;
		if (text.startsWith('\\Q', at)) {
			quoted = true;
			at += 2;
			if (startsRange) throw new RegexFault('a range that ends in \\Q is not modelled');
			continue;
		}
		if (text.startsWith('\\E', at)) {
			at += 2;
			if (startsRange) throw new RegexFault('a range that ends in \\E is not modelled');
			continue;
		}
		const member = readMember(text, at);
		at = member.end;
		if (typeof member.value !== 'number') {
			if (startsRange) throw new RegexFault('a range ends in a class');
			addAll(set, member.value);
			low = undefined;
			refuseRangeFrom(text, at);
		} else if (startsRange && low !== undefined) {
			if (member.value < low) throw new RegexFault('a range is turned round', true);
			set.fill(1, low, member.value + 1);
			low = undefined;
		} else {
			set[member.value] = 1;
			low = member.value;
		}
	}
	if (caseless) addOtherCase(set);
	return { set: negated ? complement(set) : set, end: at + 1 };
}

/** PCRE refuses a `-` behind a shorthand or a named class, unless it is the last member. */
function refuseRangeFrom(text: string, at: number): void {
	if (text[at] === '-' && text[at + 1] !== ']') throw new RegexFault('a range starts with a class');
}

function readMember(text: string, from: number): { readonly value: number | ByteSet; readonly end: number } {
	if (text[from] !== '\\') return { value: text.charCodeAt(from), end: from + 1 };
	const letter = text[from + 1];
	if (letter === undefined) throw new RegexFault('it ends in a backslash', true);
	const members = shorthand(letter);
	if (members !== undefined) return { value: members, end: from + 2 };
	if (letter === 'b') return { value: 8, end: from + 2 };
	const octal = /^[0-7]{1,3}/.exec(text.slice(from + 1, from + 4));
	if (octal !== null) return { value: Number.parseInt(octal[0], 8) & 255, end: from + 1 + octal[0].length };
	return escapedCode(text, from + 1);
}
