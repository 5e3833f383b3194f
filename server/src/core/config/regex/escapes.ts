import { RegexFault } from './fault.ts';

const CONTROLS: Readonly<Record<string, number>> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 };

/**
 * The byte that an escape stands for, in a class and outside (pcre2pattern(3), non-printing characters).
 * @param at the offset behind the backslash
 */
export function escapedCode(text: string, at: number): { readonly value: number; readonly end: number } {
	const letter = text[at] ?? '';
	const control = CONTROLS[letter];
	if (control !== undefined) return { value: control, end: at + 1 };
	if (letter === 'x') {
		const braces = /^\{([0-9A-Fa-f]+)\}/.exec(text.slice(at + 1, at + 12));
		if (text[at + 1] === '{' && braces === null) throw new RegexFault('\\x{ is not closed');
		const digits = braces?.[1] ?? /^[0-9A-Fa-f]{0,2}/.exec(text.slice(at + 1, at + 3))?.[0] ?? '';
		const value = digits === '' ? 0 : Number.parseInt(digits, 16);
		if (value > 255) throw new RegexFault('a character code is larger than a byte');
		return { value, end: at + 1 + (braces?.[0].length ?? digits.length) };
	}
	if (letter === 'o') {
		const braces = /^\{([0-7]+)\}/.exec(text.slice(at + 1, at + 12));
		const value = Number.parseInt(braces?.[1] ?? '', 8);
		if (braces === null || value > 255) throw new RegexFault('\\o is not a byte');
		return { value, end: at + 1 + braces[0].length };
	}
	if (letter === '0') {
		const digits = /^[0-7]{0,2}/.exec(text.slice(at + 1, at + 3))?.[0] ?? '';
		return { value: Number.parseInt(`0${digits}`, 8), end: at + 1 + digits.length };
	}
	if (letter === 'c') {
		const code = text.charCodeAt(at + 1);
		if (!(code >= 32 && code <= 126)) throw new RegexFault('\\c has no character');
		return { value: (code >= 97 && code <= 122 ? code - 32 : code) ^ 64, end: at + 2 };
	}
	if (letter === '') throw new RegexFault('it ends in a backslash', true);
	if (/[A-Za-z0-9]/.test(letter)) throw new RegexFault(`\\${letter} means nothing here, or is not modelled`);
	return { value: letter.charCodeAt(0), end: at + 1 };
}
