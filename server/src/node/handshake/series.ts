/**
 * Runs `count` pieces of work, at most `atOnce` at the same time, in order of their index. Ends early when `signal` aborts: what runs is
 * waited for, what has not begun is left out.
 */
export async function inParallel(
	count: number,
	atOnce: number,
	signal: AbortSignal | undefined,
	work: (index: number) => Promise<void>,
): Promise<void> {
	let next = 0;
	const lane = async (): Promise<void> => {
		while (next < count && signal?.aborted !== true) await work(next++);
	};
	await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
}
