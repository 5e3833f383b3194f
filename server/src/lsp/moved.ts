import { shownPath } from '../core/rules/wording.ts';
import type { Span } from '../core/text/span.ts';
import type { ShownFinding } from '../features/findings.ts';

/** A stretch of a file that became `delta` characters longer. In places of the old text. */
export interface Stretch {
	readonly path: string;
	readonly start: number;
	readonly end: number;
	readonly delta: number;
}

/** Lines of a file, one-based, that changed; those behind moved. */
interface MovedLines {
	readonly first: number;
	readonly last: number;
	readonly by: number;
}

/** The sentences of findings, which name lines: `nginx.conf, line 7`, or `line 7` for one of the finding's own file. */
export class Sentences {
	readonly #path: string;
	readonly #lines: MovedLines;
	/** Ways to name a file, longest first. */
	readonly #names: readonly (readonly [name: string, path: string])[];

	constructor(path: string, lines: MovedLines, paths: readonly string[], prefix: string) {
		this.#path = path;
		this.#lines = lines;
		this.#names = paths
			.flatMap((one): [string, string][] => [
				[`${one}, `, one],
				[`${shownPath(one, prefix)}, `, one],
			])
			.sort(([a], [b]) => b.length - a.length);
	}

	/** True for a text whose own words, quoted in a sentence, could be taken for the name of a line. */
	static mayBeMistaken(text: string): boolean {
		return /\bline\s+[\d$"']/i.test(text);
	}

	/** A sentence after the lines have moved; undefined when it names a changed one, or one of a file that is not known. */
	moved(sentence: string, own: string): string | undefined {
		if (!sentence.includes('line ')) return sentence;
		let isKnown = true;
		const moved = sentence.replace(/\bline (\d+)/g, (all, digits: string, at: number) => {
			const before = sentence.slice(0, at);
			const path = before.endsWith(', ') ? this.#names.find(([name]) => before.endsWith(name))?.[1] : own;
			if (path === undefined) isKnown = false;
			const line = Number(digits);
			if (path !== this.#path || line < this.#lines.first) return all;
			if (line <= this.#lines.last) isKnown = false;
			return `line ${line + this.#lines.by}`;
		});
		return isKnown ? moved : undefined;
	}
}

/** Findings after a stretch has grown; undefined when one points into the stretch. @param sentences where lines moved */
export function allMoved(
	findings: readonly ShownFinding[],
	stretch: Stretch,
	sentences?: Sentences,
): readonly ShownFinding[] | undefined {
	if ((stretch.delta === 0 && sentences === undefined) || findings.length === 0) return findings;
	const moved: ShownFinding[] = [];
	for (const finding of findings) {
		const at = movedPlace(finding.at, stretch);
		const message = sentences === undefined ? finding.message : sentences.moved(finding.message, finding.at.path);
		if (at === undefined || message === undefined) return undefined;
		const related: ShownFinding['related'][number][] = [];
		for (const one of finding.related) {
			const place = movedPlace(one, stretch);
			const text = sentences === undefined ? one.message : sentences.moved(one.message, finding.at.path);
			if (place === undefined || text === undefined) return undefined;
			related.push(text === one.message ? place : { ...place, message: text });
		}
		const isSame =
			at === finding.at && message === finding.message && related.every((one, index) => one === finding.related[index]);
		moved.push(isSame ? finding : { ...finding, at, message, related });
	}
	return moved;
}

function movedPlace<T extends { readonly path: string; readonly span: Span }>(place: T, stretch: Stretch): T | undefined {
	const { path, start, end, delta } = stretch;
	if (place.path !== path || place.span.end <= start) return place;
	if (place.span.start < end) return undefined;
	return { ...place, span: { start: place.span.start + delta, end: place.span.end + delta } };
}
