import type { Configuration } from '../../core/config/model.ts';
import { explainHandshake } from '../../core/handshake/explain.ts';
import type { HandshakeLine } from '../../core/handshake/explanation.ts';
import { explainHold } from '../../core/handshake/hold.ts';
import { explainLegs } from '../../core/handshake/legs.ts';
import { explainLoad, plotText } from '../../core/handshake/load.ts';
import { reportText } from '../../core/handshake/report.ts';
import { explainSpread } from '../../core/handshake/spread.ts';
import type { Prediction } from '../../core/request/prediction.ts';
import { hold } from '../handshake/hold.ts';
import { load } from '../handshake/load.ts';
import { type ProbeOptions, probe } from '../handshake/probe.ts';
import { spread } from '../handshake/spread.ts';
import { twoLegs } from '../handshake/twoLegs.ts';
import { UsageFailure } from './failure.ts';
import { readCount, readSeconds } from './handshakeOptions.ts';
import type { Output } from './output.ts';

/** What `test` does with each URL: one handshake, or one of the longer trials. */
export type Mode =
	| { readonly kind: 'handshake' }
	| { readonly kind: 'direct' }
	| { readonly kind: 'hold'; readonly holdMs: number }
	| { readonly kind: 'spread'; readonly count: number; readonly header: string | undefined; readonly keepCookies: boolean }
	| { readonly kind: 'load'; readonly count: number; readonly ramp: number | undefined; readonly holdMs: number | undefined };

export interface ModeArguments {
	readonly direct: boolean;
	/** Seconds. */
	readonly hold: string | undefined;
	readonly spread: string | undefined;
	readonly by: string | undefined;
	readonly keepCookies: boolean;
	readonly load: string | undefined;
	readonly ramp: string | undefined;
}

/** @throws UsageFailure when two trials are asked for at once, or a number is none */
export function readMode(args: ModeArguments): Mode {
	const asked = [
		args.direct && '--direct',
		args.spread && '--spread',
		args.load && '--load',
		args.hold && !args.load && '--hold',
	].filter(Boolean);
	if (asked.length > 1) throw new UsageFailure(`${asked.join(' and ')} are trials of their own; ask for one at a time.`);
	if (args.direct) return { kind: 'direct' };
	if (args.spread !== undefined)
		return { kind: 'spread', count: readCount('--spread', args.spread, 1000), header: args.by, keepCookies: args.keepCookies };
	if (args.by !== undefined || args.keepCookies) throw new UsageFailure('--by and --keep-cookies belong to --spread.');
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

/** What is known of the URL before anything is sent. */
export interface Known {
	readonly prediction: Prediction | undefined;
	readonly configuration: Configuration;
	readonly cures: readonly string[];
}

/** What came of one URL: lines for a person, an object for a program. */
export interface Tried {
	readonly ok: boolean;
	readonly text: readonly string[];
	readonly json: unknown;
}

/** Runs one trial. Progress goes to `output` as notes where it is a terminal. */
export async function tryOut(mode: Mode, options: ProbeOptions, known: Known, output: Output): Promise<Tried> {
	const progress = (text: string): void => {
		if (output.colour) output.note(`\r${text.padEnd(60)}`);
	};
	const done = (): void => progress('\r');
	switch (mode.kind) {
		case 'handshake': {
			const trace = await probe(options);
			const explanation = explainHandshake(trace, known);
			return { ok: trace.outcome === 'upgraded', text: reportText(trace, explanation), json: { trace, explanation } };
		}
		case 'direct': {
			const legs = await twoLegs({ ...options, upstream: known.prediction?.upstream ?? undefined });
			const explanation = explainLegs(legs, known);
			const direct = legs.direct.map(
				({ address, trace }) =>
					`  ${address}: ${trace.outcome}${trace.response === undefined ? '' : `, status ${trace.response.status}`}`,
			);
			return {
				ok: legs.through.outcome === 'upgraded',
				text: [
					...reportText(legs.through, explanation),
					'',
					'Straight to the backend',
					...(direct.length === 0 ? ['  its address is not known'] : direct),
				],
				json: { legs, explanation },
			};
		}
		case 'hold': {
			const held = await hold({
				...options,
				holdMs: mode.holdMs,
				onProgress: (ms) => progress(`open for ${Math.round(ms / 1000)} s of ${mode.holdMs / 1000} s`),
			});
			done();
			const explanation = explainHold(held, known);
			return { ok: held.hold?.ended === 'asked', text: reportText(held.handshake, explanation), json: { ...held, explanation } };
		}
		case 'spread': {
			const trace = await spread({
				...options,
				count: mode.count,
				header: mode.header,
				keepCookies: mode.keepCookies,
				upstream: known.prediction?.upstream ?? undefined,
				onProgress: (number) => progress(`${number} of ${mode.count} handshakes`),
			});
			done();
			const report = explainSpread(trace, known);
			return {
				ok: trace.handshakes.length > 0 && trace.handshakes.every(({ outcome }) => outcome === 'upgraded'),
				text: [
					options.url,
					report.headline,
					'',
					...report.counts.map(({ name, count }) => `  ${String(count).padStart(5)}  ${name}`),
					...linesOf('Why', report.why),
					...linesOf('What to do', report.advice),
				],
				json: { trace, report: { ...report, why: textsOf(report.why), advice: textsOf(report.advice) } },
			};
		}
		case 'load': {
			const trace = await load({
				...options,
				count: mode.count,
				ramp: mode.ramp,
				holdMs: mode.holdMs,
				onProgress: ({ open, failed }) => progress(`${open} open, ${failed} failed, of ${mode.count}`),
			});
			done();
			const report = explainLoad(trace, known.configuration);
			return {
				ok: trace.opened === trace.asked && trace.dropped === 0,
				text: [
					options.url,
					report.headline,
					'',
					'Time of the handshakes',
					...plotText(report.plot).map((line) => `  ${line}`),
					...linesOf('Why', report.why),
					...linesOf('What to do', report.advice),
				],
				json: { trace, report: { ...report, why: textsOf(report.why), advice: textsOf(report.advice) } },
			};
		}
	}
}

function textsOf(lines: readonly HandshakeLine[]): readonly string[] {
	return lines.map(({ text }) => text);
}

function linesOf(title: string, lines: readonly HandshakeLine[]): readonly string[] {
	return lines.length === 0 ? [] : ['', title, ...textsOf(lines).map((text) => `  ${text}`)];
}
