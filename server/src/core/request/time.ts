const UNITS: readonly (readonly [string, number])[] = [
	['w', 604_800_000],
	['d', 86_400_000],
	['h', 3_600_000],
	['m', 60_000],
	['s', 1_000],
	['ms', 1],
];

/** Milliseconds of an nginx time such as `60`, `90s`, `1h30m`, `500ms` (semantics TO11; src/core/ngx_parse.c); undefined when it is none. */
export function parseTime(text: string): number | undefined {
	const words = text.match(/\d+(?:ms|[wdhms])?/g);
	if (words === null || words.join('') !== text.replaceAll(' ', '')) return undefined;
	let sum = 0;
	let reached = -1;
	for (const word of words) {
		const unit = /[a-z]+$/.exec(word)?.[0] ?? 's';
		const at = UNITS.findIndex(([name]) => name === unit);
		const factor = UNITS[at]?.[1];
		if (factor === undefined || at <= reached) return undefined;
		reached = at;
		sum += Number.parseInt(word, 10) * factor;
	}
	return sum;
}

/** Bytes of an nginx size such as `8k`, `1m`, `512`; undefined when it is none. */
export function parseSize(text: string): number | undefined {
	const found = /^(\d+)([kmg]?)$/i.exec(text);
	if (found === null) return undefined;
	const factor = { '': 1, k: 1024, m: 1_048_576, g: 1_073_741_824 }[(found[2] ?? '').toLowerCase()] ?? 1;
	return Number(found[1]) * factor;
}
