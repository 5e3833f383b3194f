/** A half-open stretch of text: zero-based UTF-16 offsets, `end` exclusive. */
export interface Span {
	readonly start: number;
	readonly end: number;
}

/** A zero-based line and a zero-based UTF-16 character in it, as LSP counts them. */
export interface Position {
	readonly line: number;
	readonly character: number;
}

/** True when `offset` lies in `span`, both ends included (a caret may stand behind the last character). */
export function touches(span: Span, offset: number): boolean {
	return span.start <= offset && offset <= span.end;
}

/** True when `inner` lies wholly in `outer`. */
export function encloses(outer: Span, inner: Span): boolean {
	return outer.start <= inner.start && inner.end <= outer.end;
}
