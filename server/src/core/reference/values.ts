/** What an argument has to be where nginx itself refuses nonsense (src/core/ngx_conf_file.c, ngx_conf_set_*_slot). */
export type ValueKind = 'flag' | 'time' | 'seconds' | 'size' | 'offset' | 'number' | 'word';

/** The largest signed number of nginx on 64-bit machines. */
const LARGEST = 9_223_372_036_854_775_807n;

/** Units of time from the longest to the shortest, in milliseconds; years and months only where nginx counts whole seconds. */
const TIME_UNITS: readonly (readonly [string, bigint])[] = [
	['y', 31_536_000_000n],
	['M', 2_592_000_000n],
	['w', 604_800_000n],
	['d', 86_400_000n],
	['h', 3_600_000n],
	['m', 60_000n],
	['s', 1_000n],
	['ms', 1n],
];
const FACTORS: ReadonlyMap<string, number> = new Map(TIME_UNITS.map(([name, factor]) => [name, Number(factor)]));
const WEEK = 2;
const SECOND = 6;

/**
 * Milliseconds of an nginx time such as `60`, `90s`, `1h30m`, `1h 30m`, `500ms`; undefined when nginx refuses it (semantics TO11;
 * src/core/ngx_parse.c, ngx_parse_time). Units come longest first, each once; a number without one counts seconds; a unit without a
 * number counts nothing. `precision`: `seconds` for the few directives that know no `ms` but years and months.
 */
export function parseTime(text: string, precision: 'milliseconds' | 'seconds' = 'milliseconds'): number | undefined {
	const seconds = precision === 'seconds';
	// Nearly all are as short as this.
	const short = /^(\d{1,9})(ms|[smhdw]?)$/.exec(text);
	if (short !== null && (short[2] !== 'ms' || !seconds)) return Number(short[1]) * (FACTORS.get(short[2] ?? '') ?? 1_000);
	const most = seconds ? LARGEST * 1000n : LARGEST;
	let reached = seconds ? -1 : WEEK - 1;
	let total = 0n;
	let digits = '';
	let some = false;
	for (let at = 0; at < text.length; ) {
		const letter = text[at] ?? '';
		if (letter >= '0' && letter <= '9') {
			digits += letter;
			some = true;
			at++;
			continue;
		}
		const name = letter === 'm' && text[at + 1] === 's' ? 'ms' : letter;
		// After a number a blank stands for the unit: seconds, and nothing longer may follow.
		const unit = name === ' ' ? SECOND : TIME_UNITS.findIndex(([known]) => known === name);
		if (unit === -1 || (name === 'ms' && seconds) || (name === ' ' ? reached >= SECOND : unit <= reached)) return undefined;
		reached = name === ' ' ? TIME_UNITS.length : unit;
		total += BigInt(digits === '' ? 0 : digits) * (TIME_UNITS[unit]?.[1] ?? 1n);
		digits = '';
		if (total > most) return undefined;
		at += name.length;
		while (text[at] === ' ') at++;
	}
	total += BigInt(digits === '' ? 0 : digits) * 1000n;
	return some && total <= most ? Number(total) : undefined;
}

/** Bytes of a size such as `8k`, `1m`, `512`; undefined when nginx refuses it (src/core/ngx_parse.c, ngx_parse_size). */
export function parseSize(text: string): number | undefined {
	return bytes(/^(\d+)([km]?)$/i.exec(text));
}

/** Bytes of a size of a file or body: as `parseSize`, and gigabytes too (ngx_parse_offset). */
export function parseOffset(text: string): number | undefined {
	return bytes(/^(\d+)([kmg]?)$/i.exec(text));
}

function bytes(match: RegExpExecArray | null): number | undefined {
	if (match === null) return undefined;
	const value = BigInt(match[1] ?? 0) << BigInt(10 * ' kmg'.indexOf((match[2] || ' ').toLowerCase()));
	return value <= LARGEST ? Number(value) : undefined;
}

/** `on` and `off`, in any case (semantics TK17); undefined for everything else. */
export function parseFlag(text: string): boolean | undefined {
	switch (text.toLowerCase()) {
		case 'on':
			return true;
		case 'off':
			return false;
		default:
			return undefined;
	}
}

/** A whole number without a sign (ngx_atoi). */
export function parseNumber(text: string): number | undefined {
	return /^\d+$/.test(text) && BigInt(text) <= LARGEST ? Number(text) : undefined;
}

/** Whether nginx takes a value as one of a kind. `words`: those of a directive that takes words of a list, lower-case. */
export function isValueOf(kind: ValueKind, words: readonly string[], text: string): boolean {
	switch (kind) {
		case 'flag':
			return parseFlag(text) !== undefined;
		case 'time':
			return parseTime(text) !== undefined;
		case 'seconds':
			return parseTime(text, 'seconds') !== undefined;
		case 'size':
			return parseSize(text) !== undefined;
		case 'offset':
			return parseOffset(text) !== undefined;
		case 'number':
			return parseNumber(text) !== undefined;
		case 'word':
			return words.includes(text.toLowerCase());
	}
}

/** Whether nginx takes the arguments of `return` for none (ngx_http_rewrite_return): one that is no code has to be an address, and to stand alone. */
export function isReturnRefused(first: string, second: string | undefined): boolean {
	const code = parseNumber(first);
	if (code !== undefined) return code > 999;
	return second !== undefined || !/^(?:https?:\/\/|\$scheme)/.test(first);
}
