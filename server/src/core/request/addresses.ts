/** IP addresses as numbers of a fixed width, for geo, allow and deny. */
export interface IpAddress {
	readonly family: 4 | 6;
	readonly bits: bigint;
}

export interface IpRange {
	readonly family: 4 | 6;
	readonly first: bigint;
	readonly last: bigint;
	/** Length of the prefix; undefined for a range that is none. */
	readonly prefix: number | undefined;
}

/** Reads `192.0.2.1` or `2001:db8::1`, with or without brackets; undefined when it is no address. */
export function parseIp(text: string): IpAddress | undefined {
	const bare = text.replace(/^\[(.*)\]$/, '$1');
	if (!bare.includes(':')) {
		const parts = bare.split('.');
		if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
		return { family: 4, bits: parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) };
	}
	const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(bare);
	let text6 = bare;
	if (embedded !== null) {
		const four = parseIp(embedded[2] ?? '');
		if (four === undefined) return undefined;
		text6 = `${embedded[1]}${(four.bits >> 16n).toString(16)}:${(four.bits & 0xffffn).toString(16)}`;
	}
	const halves = text6.split('::');
	if (halves.length > 2) return undefined;
	const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
	const missing = 8 - head.length - tail.length;
	if (halves.length === 1 ? missing !== 0 : missing < 0) return undefined;
	const groups = [...head, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...tail];
	if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
	return { family: 6, bits: groups.reduce((sum, group) => (sum << 16n) | BigInt(Number.parseInt(group, 16)), 0n) };
}

/** Reads `192.0.2.0/24`, a single address, or `a-b`; undefined when it is none. */
export function parseRange(text: string): IpRange | undefined {
	const dash = text.indexOf('-');
	if (dash !== -1) {
		const first = parseIp(text.slice(0, dash));
		const last = parseIp(text.slice(dash + 1));
		if (first === undefined || last === undefined || first.family !== last.family) return undefined;
		return { family: first.family, first: first.bits, last: last.bits, prefix: undefined };
	}
	const [address = '', length] = text.split('/');
	const base = parseIp(address);
	if (base === undefined) return undefined;
	const width = base.family === 4 ? 32 : 128;
	const prefix = length === undefined ? width : Number(length);
	if (!Number.isInteger(prefix) || prefix < 0 || prefix > width) return undefined;
	const rest = (1n << BigInt(width - prefix)) - 1n;
	return { family: base.family, first: base.bits & ~rest, last: base.bits | rest, prefix };
}

export function isIn(range: IpRange, address: IpAddress): boolean {
	return range.family === address.family && range.first <= address.bits && address.bits <= range.last;
}
