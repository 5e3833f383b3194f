import type { PlacedDirective } from '../config/model.ts';
import { toBytes } from '../text/bytes.ts';

export interface SplitTable {
	lookUp(key: string): string;
	/** The one value that every key gets, when there is only one. */
	readonly only: string | undefined;
	/** The values that keys get. */
	readonly values: readonly string[];
}

/** Reads a `split_clients` block (src/http/modules/ngx_http_split_clients_module.c): MurmurHash2 of the key against cumulated shares. */
export function readSplit(split: PlacedDirective): SplitTable {
	const parts: { share: number; value: string }[] = [];
	for (const { node } of split.body?.directives ?? []) {
		const value = toBytes(node.args[0]?.value ?? '');
		const percent = /^(\d+)(?:\.(\d{1,2}))?%$/.exec(node.name.value);
		if (node.name.value === '*') parts.push({ share: 0, value });
		else if (percent !== null) parts.push({ share: Number(percent[1]) * 100 + Number((percent[2] ?? '').padEnd(2, '0')), value });
	}
	let last = 0;
	const limits = parts.map(({ share, value }) => {
		last = share === 0 ? 0 : last + Math.floor((share * 0xffffffff) / 10000);
		return { limit: last, value };
	});
	return {
		lookUp(key) {
			const hash = murmurHash2(key);
			return limits.find(({ limit }) => limit === 0 || hash < limit)?.value ?? '';
		},
		only: parts.length === 1 && parts[0]?.share === 0 ? parts[0].value : undefined,
		// What no share takes gets nothing.
		values: [...parts.map(({ value }) => value), ...(parts.some(({ share }) => share === 0) ? [] : [''])],
	};
}

/** MurmurHash2 with seed 0, as nginx's ngx_murmur_hash2. `bytes` holds one byte a character. */
export function murmurHash2(bytes: string): number {
	const factor = 0x5bd1e995;
	let hash = bytes.length;
	let at = 0;
	for (; bytes.length - at >= 4; at += 4) {
		let word =
			bytes.charCodeAt(at) |
			(bytes.charCodeAt(at + 1) << 8) |
			(bytes.charCodeAt(at + 2) << 16) |
			(bytes.charCodeAt(at + 3) << 24);
		word = Math.imul(word, factor);
		word ^= word >>> 24;
		word = Math.imul(word, factor);
		hash = Math.imul(hash, factor) ^ word;
	}
	const left = bytes.length - at;
	if (left >= 3) hash ^= bytes.charCodeAt(at + 2) << 16;
	if (left >= 2) hash ^= bytes.charCodeAt(at + 1) << 8;
	if (left >= 1) hash = Math.imul(hash ^ bytes.charCodeAt(at), factor);
	hash ^= hash >>> 13;
	hash = Math.imul(hash, factor);
	hash ^= hash >>> 15;
	return hash >>> 0;
}
