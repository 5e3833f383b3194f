import type { Trial, TrialTrace } from '../../core/handshake/trial.ts';
import type { UpstreamRequest } from '../../core/request/prediction.ts';
import { hold } from './hold.ts';
import { load } from './load.ts';
import { type ProbeOptions, probe } from './probe.ts';
import { sessions } from './sessions.ts';
import { spread } from './spread.ts';
import { twoLegs } from './twoLegs.ts';

/**
 * Runs one trial. `upstream` is where nginx passes the handshake to, undefined when that is not known. `onProgress` hears a short text and
 * how much of the whole is done, from 0 to 1. Never throws.
 */
export async function runTrial(
	trial: Trial,
	options: ProbeOptions,
	upstream: UpstreamRequest | undefined,
	onProgress: (text: string, share: number) => void,
): Promise<TrialTrace> {
	switch (trial.kind) {
		case 'handshake':
			return { kind: 'handshake', trace: await probe(options) };
		case 'direct':
			return { kind: 'direct', legs: await twoLegs({ ...options, upstream }) };
		case 'hold': {
			const { holdMs } = trial;
			const said = (ms: number) => onProgress(`open for ${Math.round(ms / 1000)} s of ${holdMs / 1000} s`, ms / holdMs);
			return { kind: 'hold', held: await hold({ ...options, holdMs, onProgress: said }) };
		}
		case 'spread': {
			const { count, header, keepCookies } = trial;
			const said = (done: number) => onProgress(`${done} of ${count} handshakes`, done / count);
			return { kind: 'spread', spread: await spread({ ...options, count, header, keepCookies, upstream, onProgress: said }) };
		}
		case 'socket-io': {
			const { count } = trial;
			const said = (done: number) => onProgress(`${done} of ${count} sessions`, done / count);
			return { kind: 'socket-io', sessions: await sessions({ ...options, count, onProgress: said }) };
		}
		case 'load': {
			const { count, ramp, holdMs } = trial;
			const said = ({ open, failed }: { readonly open: number; readonly failed: number }) =>
				onProgress(`${open} open, ${failed} failed, of ${count}`, (open + failed) / count);
			return { kind: 'load', load: await load({ ...options, count, ramp, holdMs, onProgress: said }) };
		}
	}
}
