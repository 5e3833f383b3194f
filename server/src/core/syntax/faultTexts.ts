import { holdsLua } from './luaBlock.ts';
import type { Word } from './nodes.ts';
import type { WordFault } from './scanner.ts';

/** What is said to a person about a fault of the scanner. */
export const FAULTS: Readonly<Record<WordFault['code'], string>> = {
	'unterminated-quote': 'This quote is not closed.',
	'parameter-too-long': 'nginx reads no word or comment of 4096 bytes or more: split it.',
	'unquoted-brace': 'nginx takes this "{" for the start of a block: put the expression into quotes.',
	'unexpected-after-quote': 'Only white space, ";", "{" or ")" may follow a closing quote.',
};

/** What nginx says of a block that is still open at the end of the file. */
export function unclosedAtEnd(name: string): string {
	return holdsLua(name)
		? 'unexpected end of file, expecting terminating characters for lua code block'
		: 'unexpected end of file, expecting "}"';
}

/** What is said of a block whose `}` is missing. @param brace the offset of its `{` */
export function unclosedMessage(text: string, name: Word, brace: number): string {
	const head = text
		.slice(name.span.start, Math.min(brace, name.span.start + 80))
		.trim()
		.replace(/\s+/g, ' ');
	return `The block of "${head}" is never closed: add "}".`;
}
