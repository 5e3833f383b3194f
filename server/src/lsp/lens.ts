import type { Files, PlacedDirective } from '../core/config/model.ts';
import { parseConfiguration } from '../core/config/parseConfiguration.ts';
import type { SyntaxTree } from '../core/syntax/nodes.ts';
import type { Span } from '../core/text/span.ts';
import { Around, ReducedText } from './reducedText.ts';
import { holding, type Segment } from './segments.ts';

/** A stretch of a whole text, and whether it lies in the segment that the lens is on. */
export type Seen = Span & { readonly inMiddle: boolean };

/**
 * One segment among what is left of all others: of a server what decides the choice between servers, for the first of each `listen`; of
 * a location its header; of the rest nothing. Line for line as long as the whole.
 */
export class Lens {
	readonly segment: Segment;
	readonly kept: ReadonlySet<Segment>;
	/** Backends that other segments certainly mean for WebSockets. */
	readonly meant: ReadonlySet<string>;
	/** Backends whose routes in other segments would become certain with a certain route here. */
	readonly waiting: ReadonlySet<string>;
	readonly #segments: readonly Segment[];
	readonly #around: Around;
	/** Of the other files. */
	readonly #reduced = new Map<string, { readonly text: ReducedText; readonly tree: SyntaxTree }>();
	/** How far what follows the segment has moved since the lens was made. */
	#shift = 0;

	/** @param kept segments that are left whole, beside the one */
	constructor(segment: Segment, segments: readonly Segment[], texts: ReadonlyMap<string, string>, kept: ReadonlySet<Segment>) {
		this.segment = segment;
		this.kept = kept;
		this.#segments = segments;
		const others = segments.filter((one) => one !== segment);
		this.meant = new Set(others.flatMap(({ certain }) => [...certain]));
		this.waiting = new Set(others.flatMap(({ likely }) => [...likely]).filter((target) => !this.meant.has(target)));
		const leaves = (other: Segment): boolean => other.isPlain && !kept.has(other);
		const stubs = stubbed(others.filter(leaves));
		const reduce = (reduced: ReducedText, text: string, dropped: readonly Segment[]): void => {
			for (const other of dropped) {
				if (!leaves(other)) continue;
				reduced.keepTo(other.start);
				const stub = stubs.has(other) ? other.stub : '';
				reduced.dropTo(other.end, newlines(text, other.start, other.end) - newlines(stub, 0, stub.length), stub);
			}
		};
		const text = texts.get(segment.path) ?? '';
		const here = others.filter(({ path }) => path === segment.path);
		const before = new ReducedText(text);
		const earlier = here.filter(({ start }) => start < segment.start);
		reduce(before, text, earlier);
		before.keepTo(segment.start);
		before.dropTo(segment.start, 0, definitions(others.filter(leaves), segment.kind));
		const behind = new ReducedText(text);
		behind.dropTo(segment.end, 0);
		const later = here.filter(({ start }) => start > segment.start);
		reduce(behind, text, later);
		behind.keepTo(text.length);
		this.#around = new Around(before, segment.start, behind);
		for (const [path, other] of texts) {
			const inside = path === segment.path ? [] : others.filter((one) => one.path === path);
			if (inside.length === 0) continue;
			const shorter = new ReducedText(other);
			reduce(shorter, other, inside);
			shorter.keepTo(other.length);
			this.#reduced.set(path, { text: shorter, tree: parseConfiguration(shorter.text) });
		}
	}

	/** Reads the segment with another text; `delta` is how far that moves what follows, beyond what earlier texts have. */
	put(text: string, delta: number): void {
		this.#shift += delta;
		this.#around.put(text, this.#shift);
	}

	get shift(): number {
		return this.#shift;
	}

	/** The files as seen through the lens; `others` has those that hold no segment. */
	files(others: Files, trees: ReadonlyMap<string, { readonly tree: SyntaxTree }>): Files {
		return {
			read: (path) => {
				if (path === this.segment.path) return { kind: 'text', tree: this.#around.tree };
				const known = this.#reduced.get(path) ?? trees.get(path);
				return known === undefined ? others.read(path) : { kind: 'text', tree: known.tree };
			},
			glob: (pattern) => others.glob(pattern),
		};
	}

	/** Where a stretch of the reduced text is in the whole one; undefined in a stub, or across the edge of the segment. */
	place(path: string, span: Span): Seen | undefined {
		if (path === this.segment.path) return this.#around.span(span);
		const reduced = this.#reduced.get(path);
		if (reduced === undefined) return { ...span, inMiddle: false };
		const start = reduced.text.fullOffset(span.start);
		const end = reduced.text.fullOffset(span.end);
		return start === undefined || end === undefined ? undefined : { start, end, inMiddle: false };
	}

	/** The segments of which only the stub that a directive is was left. */
	stubsOf(placed: PlacedDirective): readonly Segment[] {
		const { node, file } = placed;
		if (this.place(file.path, node.span) !== undefined) return [];
		const text = file.tree.source.slice(node.span);
		return this.#segments.filter((one) => one !== this.segment && one.stub === text);
	}

	/** True for a place, told as of now, in a segment that was kept whole but is not the one. */
	isElsewhere(path: string, at: Seen, delta: number): boolean {
		if (at.inMiddle) return false;
		const back = path === this.segment.path && at.start >= this.segment.end + delta ? delta : 0;
		return holding(this.#segments, path, { start: at.start - back, end: at.end - back }) !== undefined;
	}
}

/** The segments of which a stub is left: every location, and the first server of each `listen`. */
function stubbed(others: readonly Segment[]): ReadonlySet<Segment> {
	const stubs = new Set<Segment>();
	const listens = new Set<string>();
	for (const other of others) {
		const lines = other.listens.length === 0 ? [''] : other.listens;
		if (other.kind === 'location' || lines.some((line) => !listens.has(line))) stubs.add(other);
		if (other.kind === 'server') for (const line of lines) listens.add(line);
	}
	return stubs;
}

/** Lines that define what the left-out segments define. They stand right before the segment. */
function definitions(others: readonly Segment[], kind: Segment['kind']): string {
	const names = new Set<string>();
	for (const other of others) for (const variable of other.variables) names.add(variable.slice(variable.indexOf(' ') + 1));
	if (names.size === 0) return '';
	const lines = [...names].map((name) => `set $${name} "";`).join(' ');
	return kind === 'server' ? `server { listen unix:/nowhere; ${lines} } ` : `location = /.nowhere { ${lines} } `;
}

/** How many line ends there are in a stretch. */
export function newlines(text: string, start: number, end: number): number {
	let count = 0;
	for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count++;
	return count;
}
