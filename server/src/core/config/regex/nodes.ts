import type { ByteSet } from './byteSet.ts';

/** A regular expression, read. */
export type RegexNode =
	| { readonly kind: 'byte'; readonly code: number }
	| { readonly kind: 'set'; readonly set: ByteSet }
	| { readonly kind: 'sequence'; readonly parts: readonly RegexNode[] }
	| { readonly kind: 'choice'; readonly branches: readonly RegexNode[] }
	| { readonly kind: 'repeat'; readonly body: RegexNode; readonly min: number; readonly max: number; readonly lazy: boolean }
	| { readonly kind: 'group'; readonly number: number; readonly body: RegexNode }
	/** Once matched, it is not tried again: `(?>…)`, `a++`, `\R`. */
	| { readonly kind: 'atomic'; readonly body: RegexNode }
	| { readonly kind: 'look'; readonly behind: boolean; readonly negative: boolean; readonly body: RegexNode }
	| { readonly kind: 'assertion'; readonly where: Assertion }
	| { readonly kind: 'reference'; readonly group: number; readonly caseless: boolean };

/** Places in a text. `end`: at the end, or before a newline at the end. */
export type Assertion = 'start' | 'end' | 'very end' | 'line start' | 'line end' | 'word edge' | 'no word edge';

/** The number of bytes that a node always takes; undefined when that varies. */
export function fixedLength(node: RegexNode): number | undefined {
	switch (node.kind) {
		case 'byte':
		case 'set':
			return 1;
		case 'look':
		case 'assertion':
			return 0;
		case 'reference':
			return undefined;
		case 'sequence': {
			let sum = 0;
			for (const part of node.parts) {
				const length = fixedLength(part);
				if (length === undefined) return undefined;
				sum += length;
			}
			return sum;
		}
		case 'choice': {
			const [first, ...rest] = node.branches.map(fixedLength);
			return rest.every((length) => length === first) ? first : undefined;
		}
		case 'repeat': {
			const length = fixedLength(node.body);
			return length !== undefined && node.min === node.max ? length * node.min : undefined;
		}
		case 'group':
		case 'atomic':
			return fixedLength(node.body);
	}
}

/** Whether a node can match without taking a byte. */
export function mayBeEmpty(node: RegexNode): boolean {
	switch (node.kind) {
		case 'byte':
		case 'set':
			return false;
		case 'look':
		case 'assertion':
		case 'reference':
			return true;
		case 'sequence':
			return node.parts.every(mayBeEmpty);
		case 'choice':
			return node.branches.some(mayBeEmpty);
		case 'repeat':
			return node.min === 0 || mayBeEmpty(node.body);
		case 'group':
		case 'atomic':
			return mayBeEmpty(node.body);
	}
}
