import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ApartEdits, applyEdits, editsByFile } from '../../../server/src/core/engine/edits.ts';
import type { Edit } from '../../../server/src/core/rules/rule.ts';

const edit = (start: number, end: number, text: string, path = '/a'): Edit => ({ path, span: { start, end }, text });

test('edits are made for the text as it was, whatever order they come in', () => {
	expect(applyEdits('0123456789', [edit(5, 6, 'five'), edit(0, 1, 'zero'), edit(9, 10, '')])).toBe('zero1234five678');
});

test('the same edit twice is done once; insertions at one place keep their order', () => {
	expect(applyEdits('ab', [edit(1, 1, 'x'), edit(1, 1, 'x')])).toBe('axb');
	expect(applyEdits('ab', [edit(1, 1, 'x'), edit(1, 1, 'y')])).toBe('axyb');
});

test('edits of the same stretch are refused, not mixed', () => {
	expect(applyEdits('abcdef', [edit(1, 4, 'x'), edit(3, 5, 'y')])).toEqual({ conflict: [edit(1, 4, 'x'), edit(3, 5, 'y')] });
});

test('edits are grouped by file', () => {
	expect(
		[...editsByFile([edit(0, 1, 'x'), edit(0, 1, 'x', '/b'), edit(0, 1, 'x')])].map(([path, own]) => [path, own.length]),
	).toEqual([
		['/a', 1],
		['/b', 1],
	]);
});

test('independent edits give the same text in one go and one after the other', () => {
	const edits = fc
		.tuple(fc.nat(20), fc.nat(4), fc.string({ maxLength: 3 }))
		.map(([start, length, text]) => edit(start, Math.min(24, start + length), text));
	fc.assert(
		fc.property(edits, edits, (one, other) => {
			const apart = new ApartEdits();
			apart.add([one]);
			fc.pre(apart.takes([other]));
			const text = 'abcdefghijklmnopqrstuvwx';
			const first = applyEdits(text, [one]);
			if (typeof first !== 'string') throw new Error('one edit cannot be in conflict');
			const shift =
				JSON.stringify(one) === JSON.stringify(other)
					? undefined
					: one.span.end <= other.span.start
						? one.text.length - (one.span.end - one.span.start)
						: 0;
			const then =
				shift === undefined ? first : applyEdits(first, [edit(other.span.start + shift, other.span.end + shift, other.text)]);
			expect(applyEdits(text, [one, other])).toBe(then);
		}),
		{ seed: 1, numRuns: 500 },
	);
});

test('whether edits share a place with any of many is told as by looking at each', () => {
	const edits = fc
		.tuple(fc.nat(60), fc.nat(3), fc.constantFrom('', 'x'))
		.map(([start, length, text]) => edit(start, start + length, text));
	const cures = fc.array(fc.array(edits, { minLength: 1, maxLength: 3 }), { maxLength: 20 });
	const isSame = (a: Edit, b: Edit): boolean => JSON.stringify(a) === JSON.stringify(b);
	const isApart = (a: Edit, b: Edit): boolean => isSame(a, b) || a.span.end < b.span.start || b.span.end < a.span.start;
	fc.assert(
		fc.property(cures, (all) => {
			const apart = new ApartEdits();
			const taken: Edit[] = [];
			for (const cure of all) {
				// A cure's own edits may touch, but do not overlap.
				if (typeof applyEdits('-'.repeat(64), cure) !== 'string') continue;
				const isTaken = apart.takes(cure);
				expect(isTaken).toBe(cure.every((one) => taken.every((other) => isApart(one, other))));
				if (!isTaken) continue;
				apart.add(cure);
				taken.push(...cure);
			}
		}),
		{ seed: 1, numRuns: 1000 },
	);
});
