/** Reads `«…»` marks out of a text: the text without them, and the stretches they enclosed, in order (zero-based offsets, end exclusive). */
export function readMarks(marked: string): { readonly text: string; readonly spans: readonly { start: number; end: number }[] } {
	const spans: { start: number; end: number }[] = [];
	const open: number[] = [];
	let text = '';
	for (const char of marked) {
		if (char === '«') open.push(text.length);
		else if (char === '»') spans.push({ start: open.pop() ?? 0, end: text.length });
		else text += char;
	}
	return { text, spans: spans.sort((a, b) => a.start - b.start) };
}

/** Puts `«…»` around stretches of a text. */
export function writeMarks(text: string, spans: readonly { start: number; end: number }[]): string {
	const marks = spans.flatMap((span) => [
		{ at: span.end, order: 0, mark: '»' },
		{ at: span.start, order: 1, mark: '«' },
	]);
	let out = text;
	for (const { at, mark } of marks.sort((a, b) => b.at - a.at || b.order - a.order))
		out = out.slice(0, at) + mark + out.slice(at);
	return out;
}
