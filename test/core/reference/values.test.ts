import { describe, expect, test } from 'vitest';
import { isValueOf, parseFlag, parseOffset, parseSize, parseTime } from '../../../server/src/core/reference/values.ts';

/* test/nginx/reference.test.ts asks nginx about random ones. */

describe('a time (TO11)', () => {
	test.each([
		['60', 60_000],
		['60s', 60_000],
		['1h30m', 5_400_000],
		['1h 30m', 5_400_000],
		['500ms', 500],
		['1d', 86_400_000],
		['1w', 604_800_000],
		['1m5', 65_000],
		['1s 500ms', 1_500],
		['0', 0],
	])('%s is %d ms', (text, milliseconds) => {
		expect(parseTime(text)).toBe(milliseconds);
	});

	test.each(['', 's', '1y', '1M', '5m5m', '30m1h', '1.5s', '60 sec', '-1', '$timeout', '1 5s', '99999999999999999999'])(
		'«%s» is none',
		(text) => {
			expect(parseTime(text)).toBeUndefined();
		},
	);

	test('in whole seconds knows years and months, and no milliseconds', () => {
		expect(parseTime('1y', 'seconds')).toBe(31_536_000_000);
		expect(parseTime('1M', 'seconds')).toBe(2_592_000_000);
		expect(parseTime('500ms', 'seconds')).toBeUndefined();
	});
});

test('sizes are in bytes, kilobytes and megabytes; those of files in gigabytes too', () => {
	expect(parseSize('8k')).toBe(8_192);
	expect(parseSize('1M')).toBe(1_048_576);
	expect(parseSize('512')).toBe(512);
	expect(parseSize('1g')).toBeUndefined();
	expect(parseOffset('1g')).toBe(1_073_741_824);
	for (const text of ['', 'k', '1.5m', '8 k', '8kb', '-1']) expect(parseOffset(text)).toBeUndefined();
});

test('flags and words do not mind case (TK17)', () => {
	expect(parseFlag('ON')).toBe(true);
	expect(parseFlag('Off')).toBe(false);
	expect(parseFlag('yes')).toBeUndefined();
	expect(isValueOf('word', ['all', 'any'], 'ANY')).toBe(true);
	expect(isValueOf('word', ['all', 'any'], 'some')).toBe(false);
});
