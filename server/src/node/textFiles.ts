import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { IS_FOLDER } from '../core/config/model.ts';

/** Files larger than this are not read: no configuration is, and a log that an include's pattern meets may be. In bytes. */
const LARGEST = 64 * 1024 * 1024;

export type TextOfFile =
	| { readonly kind: 'text'; readonly text: string }
	| { readonly kind: 'missing' }
	/** There, but no text can be had; the reason is a clause. */
	| { readonly kind: 'unreadable'; readonly reason: string };

/**
 * The text of a file. Bytes that are not UTF-8 are read as Latin-1, a character each: nginx reads bytes, and `writeText` gives every one
 * of them back. Never throws.
 */
export function readText(path: string): TextOfFile {
	try {
		const stat = statSync(path);
		if (stat.isDirectory()) return { kind: 'unreadable', reason: IS_FOLDER };
		if (!stat.isFile()) return { kind: 'unreadable', reason: 'it is not a file' };
		if (stat.size > LARGEST) return { kind: 'unreadable', reason: `it is larger than ${LARGEST / 1024 / 1024} MiB` };
		const bytes = readFileSync(path);
		const strange = whatItIs(bytes);
		if (strange !== undefined) return { kind: 'unreadable', reason: strange };
		return { kind: 'text', text: bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1') };
	} catch (error) {
		const code = codeOf(error);
		if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
		return { kind: 'unreadable', reason: reasonFor(code) };
	}
}

/** Writes a text over a file in the encoding that `readText` found in it. Returns why it could not, as a clause; undefined when it could. */
export function writeText(path: string, text: string): string | undefined {
	try {
		writeFileSync(path, text, isUtf8(readFileSync(path)) ? 'utf8' : 'latin1');
		return undefined;
	} catch (error) {
		return reasonFor(codeOf(error));
	}
}

/** Why a system call failed, as a clause. */
export function reasonFor(code: string): string {
	switch (code) {
		case 'EACCES':
		case 'EPERM':
			return 'this user may not';
		case 'EROFS':
			return 'the disk is read-only';
		case 'ENOSPC':
			return 'the disk is full';
		case 'ELOOP':
			return 'it is a link that leads in a circle';
		default:
			return `the system says ${code}`;
	}
}

/** The code of a system error, or its message. */
export function codeOf(error: unknown): string {
	return error instanceof Error ? ('code' in error ? String(error.code) : error.message) : String(error);
}

/** What a file is that holds no text for nginx, by its first bytes; undefined for text. */
function whatItIs(bytes: Buffer): string | undefined {
	if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
		return 'it is UTF-16, which nginx does not read; save it as UTF-8';
	const start = bytes.subarray(0, 8192);
	let control = 0;
	for (const byte of start) if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d) control++;
	return control > Math.max(8, start.length * 0.02) ? 'it is a binary file' : undefined;
}
