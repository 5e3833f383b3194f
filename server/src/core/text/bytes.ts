/*
 * nginx works on bytes. Where values are evaluated a string holds one byte in each character (0–255), so that escapes, lengths
 * and regular expressions see what nginx sees. These functions stand at the border.
 */

/** Text → its UTF-8 bytes, one in each character. ASCII text is its own bytes. */
export function toBytes(text: string): string {
	if (isAscii(text)) return text;
	let bytes = '';
	for (const character of text) {
		const code = character.codePointAt(0) ?? 0;
		if (code < 0x80) bytes += character;
		else if (code < 0x800) bytes += String.fromCharCode(0xc0 | (code >> 6), 0x80 | (code & 63));
		else if (code < 0x10000) bytes += String.fromCharCode(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
		else
			bytes += String.fromCharCode(
				0xf0 | (code >> 18),
				0x80 | ((code >> 12) & 63),
				0x80 | ((code >> 6) & 63),
				0x80 | (code & 63),
			);
	}
	return bytes;
}

/** Bytes, one in each character → text. A byte that is not UTF-8 stays the character of its number. */
export function fromBytes(bytes: string): string {
	if (isAscii(bytes)) return bytes;
	return bytes.replace(
		/[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/g,
		(sequence) => decoded(sequence) ?? sequence,
	);
}

function decoded(sequence: string): string | undefined {
	const lead = sequence.charCodeAt(0);
	let code = lead & (sequence.length === 2 ? 0x1f : sequence.length === 3 ? 0x0f : 0x07);
	for (let at = 1; at < sequence.length; at++) code = (code << 6) | (sequence.charCodeAt(at) & 0x3f);
	const least = sequence.length === 2 ? 0x80 : sequence.length === 3 ? 0x800 : 0x10000;
	if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
	return String.fromCodePoint(code);
}

function isAscii(text: string): boolean {
	for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
	return true;
}

/** ASCII letters in lower case, as nginx's ngx_tolower; other bytes as they are. */
export function lowerCase(bytes: string): string {
	for (let at = 0; at < bytes.length; at++) {
		const code = bytes.charCodeAt(at);
		if (code >= 0x41 && code <= 0x5a)
			return isAscii(bytes) ? bytes.toLowerCase() : bytes.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
	}
	return bytes;
}
