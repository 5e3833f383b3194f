/** Character codes that nginx's reader gives a meaning (src/core/ngx_conf_file.c, ngx_conf_read_token). */
export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const DOUBLE_QUOTE = 34;
export const HASH = 35;
export const DOLLAR = 36;
export const SINGLE_QUOTE = 39;
export const CLOSE_PARENTHESIS = 41;
export const SEMICOLON = 59;
export const LESS_THAN = 60;
export const BACKSLASH = 92;
export const OPEN_BRACE = 123;
export const CLOSE_BRACE = 125;

/** True for the four characters that separate words (semantics TK1); every other one, NUL and the byte order mark too, is part of a word. */
export function isSeparator(code: number): boolean {
	return code === SPACE || code === LF || code === TAB || code === CR;
}
