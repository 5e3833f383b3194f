import { isUtf8 } from 'node:buffer';
import { closeSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
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

/** Why some texts were not written. */
export interface WriteFailure {
	readonly path: string;
	/** A clause. */
	readonly reason: string;
	/** Files that have their new text all the same, because their old one could not be put back. */
	readonly changed: readonly string[];
}

/**
 * Writes texts over files in the encodings that `readText` found in them: all of them, or none, since a configuration with half of a cure
 * may be one that nginx refuses. The files stay what they are (mode, owner, links, access lists), so they are written in place.
 * @param write puts a file's bytes in place; for tests
 */
export function writeTexts(
	texts: ReadonlyMap<string, string>,
	write: (file: number, bytes: Buffer) => void = writeOver,
): WriteFailure | undefined {
	const open: { readonly path: string; readonly file: number; readonly before: Buffer }[] = [];
	const changed: (typeof open)[number][] = [];
	let path = '';
	try {
		for (path of texts.keys()) {
			const before = readFileSync(path);
			open.push({ path, file: openSync(path, 'r+'), before });
		}
		for (const one of open) {
			path = one.path;
			changed.push(one);
			write(one.file, Buffer.from(texts.get(path) ?? '', isUtf8(one.before) ? 'utf8' : 'latin1'));
		}
		return undefined;
	} catch (error) {
		const stuck = changed.filter(({ file, before }) => !isPutBack(file, before, write));
		return { path, reason: reasonFor(codeOf(error)), changed: stuck.map((one) => one.path) };
	} finally {
		for (const { file } of open) closeSync(file);
	}
}

/** The file is never empty in between: what reads it meanwhile finds the old text or the new one. */
function writeOver(file: number, bytes: Buffer): void {
	for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, done);
	ftruncateSync(file, bytes.length);
}

function isPutBack(file: number, before: Buffer, write: (file: number, bytes: Buffer) => void): boolean {
	try {
		write(file, before);
		return true;
	} catch {
		return false;
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
		case 'EISDIR':
			return IS_FOLDER;
		case 'ENOENT':
			return 'it is gone';
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
