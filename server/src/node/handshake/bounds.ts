import { setMaxListeners } from 'node:events';
import type { HandshakeFailure } from '../../core/handshake/trace.ts';

/** Ends an attempt: with why, for the trace. */
export class Failure extends Error {
	readonly failure: HandshakeFailure;

	constructor(stage: HandshakeFailure['stage'], code: string, message: string) {
		super(message);
		this.failure = { stage, code, message };
	}
}

/** A failure of one of Node's own errors. Those of several tried addresses (AggregateError) are told by the first. */
export function failureOf(stage: HandshakeFailure['stage'], error: unknown): Failure {
	if (error instanceof Failure) return error;
	if (error instanceof AggregateError && error.errors.length > 0) return failureOf(stage, error.errors[0]);
	if (!(error instanceof Error)) return new Failure(stage, 'UNKNOWN', String(error));
	const code = 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
	return new Failure(stage, code, error.message);
}

/** The end of an attempt that somebody, or the clock, asked for. */
export type Ending = 'timeout' | 'cancelled';

/** Time and will: aborts when the time is over, or when the person cancels. */
export interface Bounds {
	readonly signal: AbortSignal;
	/** Which of the two it was; undefined while neither. */
	readonly ending: () => Ending | undefined;
	/** Milliseconds that are left, at least 0. */
	readonly left: () => number;
	/** Stops the clock. */
	readonly release: () => void;
}

/** Bounds of `timeoutMs` from now, and of `cancel`. Call `release` at the end. */
export function startBounds(timeoutMs: number, cancel: AbortSignal | undefined): Bounds {
	const controller = new AbortController();
	// Many tunnels may wait under one pair of bounds, and many bounds under one person's will.
	setMaxListeners(0, controller.signal, ...(cancel === undefined ? [] : [cancel]));
	const until = performance.now() + timeoutMs;
	let ending: Ending | undefined;
	const end = (why: Ending): void => {
		if (ending !== undefined) return;
		ending = why;
		controller.abort();
	};
	const timer = setTimeout(() => end('timeout'), timeoutMs);
	const onCancel = (): void => end('cancelled');
	if (cancel?.aborted === true) onCancel();
	cancel?.addEventListener('abort', onCancel, { once: true });
	return {
		signal: controller.signal,
		ending: () => ending,
		left: () => Math.max(0, until - performance.now()),
		release: () => {
			clearTimeout(timer);
			cancel?.removeEventListener('abort', onCancel);
		},
	};
}

/** Thrown by `whileBounded` when the bounds end the wait; the trace then says timeout or cancelled. */
export class Ended extends Error {}

/**
 * Waits for `start` to call `done` or `fail`, no longer than the bounds. `start` gives back what undoes its listeners; it runs in every
 * case. `onEnd` tears the work down when the bounds end it.
 */
export function whileBounded<T>(
	signal: AbortSignal,
	start: (done: (value: T) => void, fail: (error: unknown) => void) => () => void,
	onEnd: () => void = () => undefined,
): Promise<T> {
	return new Promise((resolve, reject) => {
		if (signal.aborted) {
			onEnd();
			reject(new Ended());
			return;
		}
		let undo: (() => void) | undefined;
		let settled = false;
		const settle = (finish: () => void): void => {
			if (settled) return;
			settled = true;
			signal.removeEventListener('abort', onAbort);
			undo?.();
			finish();
		};
		const onAbort = (): void => {
			settle(() => {
				onEnd();
				reject(new Ended());
			});
		};
		signal.addEventListener('abort', onAbort, { once: true });
		undo = start(
			(value) => settle(() => resolve(value)),
			(error) => settle(() => reject(error)),
		);
		if (settled) undo();
	});
}
