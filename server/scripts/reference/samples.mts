import { type Command, MOST_ARGUMENTS } from './commands.mts';

/** Pairs of argument lists that differ and may both be right, the likeliest first. */
export function argumentPairs({ counts }: Command): readonly (readonly [string, string])[] {
	const numbered = (letter: string, count: number): string =>
		Array.from({ length: count }, (_, index) => `${letter}${index}`).join(' ');
	return [
		...counts
			.filter((count) => count < MOST_ARGUMENTS && count < 4)
			.map((count) => [numbered('x', count), numbered('y', count)] as const),
		['http://127.0.0.1:1', 'http://127.0.0.1:2'],
		['127.0.0.1:1', '127.0.0.1:2'],
		['/x', '/y'],
		['4 8k', '8 4k'],
		['5', '6'],
		['8k', '16k'],
		['on', 'off'],
		['off', 'x'],
		['127.0.0.1', '127.0.0.2'],
		['$arg_x', '$arg_y'],
		['200', '201'],
		['x $arg_x', 'y $arg_y'],
		['^x y', '^z y'],
		['/x =404', '/y =404'],
	];
}
