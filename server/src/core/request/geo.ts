import type { PlacedDirective } from '../config/model.ts';
import { toBytes } from '../text/bytes.ts';
import { type IpAddress, type IpRange, isIn, parseIp, parseRange } from './addresses.ts';

export interface GeoTable {
	/** The value for an address; undefined when an include is missing. */
	lookUp(address: string): string | undefined;
	/** The one value that every address gets, when there is only one. */
	readonly only: string | undefined;
	/** The values that addresses get; undefined when an include is missing. */
	readonly values: readonly string[] | undefined;
}

/**
 * Reads a `geo` block (docs and source: ngx_http_geo_module): the longest prefix wins, of equal ones the last, and `default` is the
 * network of length 0; with `ranges` the last that holds the address.
 */
export function readGeo(geo: PlacedDirective): GeoTable {
	const entries: { range: IpRange; value: string }[] = [];
	let fallback = '';
	let ranges = false;
	let complete = geo.body !== undefined && geo.body.unresolved.length === 0;
	for (const { node } of geo.body?.directives ?? []) {
		const key = node.name.value;
		const value = toBytes(node.args[0]?.value ?? '');
		if (key === 'ranges') ranges = true;
		else if (key === 'default') {
			fallback = value;
			if (!ranges) entries.push({ range: EVERYWHERE_4, value }, { range: EVERYWHERE_6, value });
		} else if (key === 'delete' || key === 'proxy' || key === 'proxy_recursive') complete = complete && key === 'proxy_recursive';
		else if (key !== 'include' && key !== 'volatile') {
			const range = parseRange(key);
			if (range === undefined) complete = false;
			else entries.push({ range, value });
		}
	}
	entries.reverse();
	if (!ranges) entries.sort((a, b) => (b.range.prefix ?? 0) - (a.range.prefix ?? 0));
	return {
		lookUp(address) {
			if (!complete) return undefined;
			// What is no address is looked up as 255.255.255.255; a range block gives its default.
			const ip = asIpv4(parseIp(address)) ?? (ranges ? undefined : { family: 4 as const, bits: 0xffffffffn });
			if (ip === undefined) return fallback;
			return entries.find(({ range }) => isIn(range, ip))?.value ?? fallback;
		},
		only: complete && entries.every(({ value }) => value === fallback) ? fallback : undefined,
		values: complete ? [fallback, ...entries.map(({ value }) => value)] : undefined,
	};
}

const EVERYWHERE_4: IpRange = { family: 4, first: 0n, last: 0xffffffffn, prefix: 0 };
const EVERYWHERE_6: IpRange = { family: 6, first: 0n, last: (1n << 128n) - 1n, prefix: 0 };

/** `::ffff:192.0.2.1` is looked up as 192.0.2.1. */
function asIpv4(ip: IpAddress | undefined): IpAddress | undefined {
	return ip?.family === 6 && ip.bits >> 32n === 0xffffn ? { family: 4, bits: ip.bits & 0xffffffffn } : ip;
}
