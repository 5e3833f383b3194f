import type { Trial } from '../../core/handshake/trial.ts';
import { UsageFailure } from './failure.ts';
import { readCount, readSeconds } from './handshakeOptions.ts';

export interface ModeArguments {
	readonly direct: boolean;
	/** Seconds. */
	readonly hold: string | undefined;
	readonly spread: string | undefined;
	readonly by: string | undefined;
	readonly keepCookies: boolean;
	readonly socketIo: string | undefined;
	readonly load: string | undefined;
	readonly ramp: string | undefined;
}

/** @throws UsageFailure when two trials are asked for at once, or a number is none */
export function readMode(args: ModeArguments): Trial {
	const asked = [
		args.direct && '--direct',
		args.spread && '--spread',
		args.socketIo && '--socket-io',
		args.load && '--load',
		args.hold && !args.load && '--hold',
	].filter(Boolean);
	if (asked.length > 1) throw new UsageFailure(`${asked.join(' and ')} are trials of their own; ask for one at a time.`);
	if (args.direct) return { kind: 'direct' };
	if (args.spread !== undefined)
		return { kind: 'spread', count: readCount('--spread', args.spread, 1000), header: args.by, keepCookies: args.keepCookies };
	if (args.by !== undefined || args.keepCookies) throw new UsageFailure('--by and --keep-cookies belong to --spread.');
	if (args.socketIo !== undefined) return { kind: 'socket-io', count: readCount('--socket-io', args.socketIo, 200) };
	if (args.load !== undefined)
		return {
			kind: 'load',
			count: readCount('--load', args.load, 5000),
			ramp: args.ramp === undefined ? undefined : readCount('--ramp', args.ramp, 200),
			holdMs: args.hold === undefined ? undefined : readSeconds('--hold', args.hold),
		};
	if (args.ramp !== undefined) throw new UsageFailure('--ramp belongs to --load.');
	return args.hold === undefined ? { kind: 'handshake' } : { kind: 'hold', holdMs: readSeconds('--hold', args.hold) };
}
