import { isSeparator, LF, TAB } from './characters.ts';

/** The column of what stands at `offset` when only white space stands before it on its line (a tab counts as four), else -1. */
export function columnOf(text: string, offset: number): number {
	let column = 0;
	for (let at = offset - 1; at >= 0; at--) {
		const code = text.charCodeAt(at);
		if (code === LF) break;
		if (!isSeparator(code)) return -1;
		column += code === TAB ? 4 : 1;
	}
	return column;
}
