import type { PlacedDirective } from '../config/model.ts';
import { toBytes } from '../text/bytes.ts';
import { type IpRange, isIn, parseIp, parseRange } from './addresses.ts';

export interface GeoTable {
	/** The value for an address; undefined when an include is missing. */
	lookUp(address: string): string | undefined;
	/** The one value that every address gets, when there is only one. */
	readonly only: string | undefined;
}

/** Reads a `geo` block (docs: ngx_http_geo_module): the longest prefix wins, with `ranges` the last that holds the address. */
export function readGeo(geo: PlacedDirective): GeoTable {
	const entries: { range: IpRange; value: string }[] = [];
	let fallback = '';
	let ranges = false;
	let complete = geo.body !== undefined && geo.body.unresolved.length === 0;
	for (const { node } of geo.body?.directives ?? []) {
		const key = node.name.value;
		const value = toBytes(node.args[0]?.value ?? '');
		if (key === 'ranges') ranges = true;
		else if (key === 'default') fallback = value;
		else if (key === 'delete' || key === 'proxy' || key === 'proxy_recursive') complete = complete && key !== 'proxy';
		else if (key !== 'include' && key !== 'volatile') {
			const range = parseRange(key);
			if (range === undefined) complete = false;
			else entries.push({ range, value });
		}
	}
	if (!ranges) entries.sort((a, b) => (b.range.prefix ?? 0) - (a.range.prefix ?? 0));
	else entries.reverse();
	return {
		lookUp(address) {
			if (!complete) return undefined;
			// What is no address is looked up as 255.255.255.255; a range block gives its default.
			const ip = parseIp(address) ?? (ranges ? undefined : { family: 4 as const, bits: 0xffffffffn });
			if (ip === undefined) return fallback;
			return entries.find(({ range }) => isIn(range, ip))?.value ?? fallback;
		},
		only: complete && entries.every(({ value }) => value === fallback) ? fallback : undefined,
	};
}
