/** What became of a text: the stretch `start`–`oldEnd` of the old one is now `start`–`newEnd` of the new one. Offsets. */
export interface Touched {
	readonly start: number;
	readonly oldEnd: number;
	readonly newEnd: number;
}

/** Two changes after one another as one. `second` is told in offsets of the text that the first one left. */
export function followedBy(first: Touched, second: Touched): Touched {
	return {
		start: Math.min(first.start, second.start),
		oldEnd: second.oldEnd > first.newEnd ? second.oldEnd - (first.newEnd - first.oldEnd) : first.oldEnd,
		newEnd: first.newEnd > second.oldEnd ? first.newEnd + (second.newEnd - second.oldEnd) : second.newEnd,
	};
}
