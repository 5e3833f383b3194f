/**
 * A text from the network as a terminal or an editor may show it: control characters (save tab and line end), terminal escapes and
 * direction marks become `·`, so that what a server sends can neither move the cursor nor turn the line around.
 */
export function printable(text: string): string {
	return text.replaceAll('\r\n', '\n').replace(UNPRINTABLE, '·');
}

/** The same on one line. */
export function printableLine(text: string): string {
	return printable(text).replace(/[\n\t]/g, '·');
}

const UNPRINTABLE = /[^\t\n\P{C}]|[\u2028\u2029]/gu;
