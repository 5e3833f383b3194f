import { explainHandshake } from './explain.ts';
import type { HandshakeExplanation, HandshakeLine, Known } from './explanation.ts';
import { explainHold, type HoldTrace } from './hold.ts';
import { explainLegs, type Legs } from './legs.ts';
import { explainLoad, type LoadTrace, plotText } from './load.ts';
import { reportMarkdown, reportText } from './report.ts';
import { maskUrl } from './secrets.ts';
import { explainSessions, type SessionsTrace } from './sessions.ts';
import { explainSpread, type SpreadTrace } from './spread.ts';
import type { HandshakeTrace } from './trace.ts';

/** What is to be done with a URL: one handshake, or one of the longer trials. */
export type Trial =
	| { readonly kind: 'handshake' }
	/** The same handshake through nginx and straight to the backend. */
	| { readonly kind: 'direct' }
	/** Leave the tunnel idle for so long, in milliseconds. */
	| { readonly kind: 'hold'; readonly holdMs: number }
	/** So many handshakes one after the other, told apart by a response header. */
	| { readonly kind: 'spread'; readonly count: number; readonly header?: string | undefined; readonly keepCookies?: boolean }
	/** So many sessions of socket.io, each from its first plain request to its WebSocket. */
	| { readonly kind: 'socket-io'; readonly count: number }
	/** So many tunnels at the same time, `ramp` handshakes under way at once, held for so long in milliseconds. */
	| {
			readonly kind: 'load';
			readonly count: number;
			readonly ramp?: number | undefined;
			readonly holdMs?: number | undefined;
	  };

/** What a trial recorded. */
export type TrialTrace =
	| { readonly kind: 'handshake'; readonly trace: HandshakeTrace }
	| { readonly kind: 'direct'; readonly legs: Legs }
	| { readonly kind: 'hold'; readonly held: HoldTrace }
	| { readonly kind: 'spread'; readonly spread: SpreadTrace }
	| { readonly kind: 'socket-io'; readonly sessions: SessionsTrace }
	| { readonly kind: 'load'; readonly load: LoadTrace };

/** What a person and a program read about a trial. */
export interface TrialReport {
	readonly ok: boolean;
	/** One sentence: what happened. */
	readonly headline: string;
	readonly text: readonly string[];
	readonly why: readonly HandshakeLine[];
	readonly advice: readonly HandshakeLine[];
	/** `link` gives the address of a place, so that a click opens it. */
	markdown(link: (line: HandshakeLine) => string | undefined): string;
	/** A value for JSON. */
	readonly json: unknown;
}

/** Joins what a trial of `url` recorded with what the model says of it. Secrets are masked in the traces already, those of `url` here. */
export function explainTrial(
	url: string,
	tried: TrialTrace,
	known: Pick<Known, 'prediction' | 'configuration' | 'cures'>,
): TrialReport {
	switch (tried.kind) {
		case 'handshake': {
			const { trace } = tried;
			const explanation = explainHandshake(trace, known);
			return ofHandshake(trace.outcome === 'upgraded', trace, explanation, { trace, explanation });
		}
		case 'direct': {
			const { legs } = tried;
			const explanation = explainLegs(legs, known);
			const direct = legs.direct.map(
				({ address, trace }) =>
					`${address}: ${trace.outcome}${trace.response === undefined ? '' : `, status ${trace.response.status}`}`,
			);
			const straight = { title: 'Straight to the backend', lines: direct.length === 0 ? ['its address is not known'] : direct };
			return ofHandshake(legs.through.outcome === 'upgraded', legs.through, explanation, { legs, explanation }, straight);
		}
		case 'hold': {
			const { held } = tried;
			const explanation = explainHold(held, known);
			return ofHandshake(held.hold?.ended === 'asked', held.handshake, explanation, { ...held, explanation });
		}
		case 'spread': {
			const report = explainSpread(tried.spread, known);
			const { handshakes } = tried.spread;
			return ofSeries(
				handshakes.length > 0 && handshakes.every(({ outcome }) => outcome === 'upgraded'),
				maskUrl(url),
				report,
				{ title: undefined, lines: report.counts.map(({ name, count }) => `${String(count).padStart(5)}  ${name}`) },
				{ trace: tried.spread, report: { ...report, why: textsOf(report.why), advice: textsOf(report.advice) } },
			);
		}
		case 'socket-io': {
			const { sessions } = tried;
			const report = explainSessions(sessions, known);
			return ofSeries(
				sessions.sessions.length === sessions.asked && sessions.sessions.every(({ changedOver }) => changedOver),
				maskUrl(url),
				report,
				{ title: undefined, lines: report.counts.map(({ name, count }) => `${String(count).padStart(5)}  ${name}`) },
				{ trace: sessions, report: { ...report, why: textsOf(report.why), advice: textsOf(report.advice) } },
			);
		}
		case 'load': {
			const report = explainLoad(tried.load, known.configuration);
			return ofSeries(
				tried.load.opened === tried.load.asked && tried.load.dropped === 0,
				maskUrl(url),
				report,
				{ title: 'Time of the handshakes', lines: plotText(report.plot) },
				{ trace: tried.load, report: { ...report, why: textsOf(report.why), advice: textsOf(report.advice) } },
			);
		}
	}
}

interface Part {
	readonly title: string | undefined;
	readonly lines: readonly string[];
}

function ofHandshake(
	ok: boolean,
	trace: HandshakeTrace,
	explanation: HandshakeExplanation,
	json: unknown,
	part?: Part,
): TrialReport {
	return {
		ok,
		headline: explanation.headline,
		why: explanation.why,
		advice: explanation.advice,
		text: [...reportText(trace, explanation), ...(part === undefined ? [] : ['', part.title ?? '', ...indented(part.lines)])],
		markdown: (link) => `${reportMarkdown(trace, explanation, link)}${part === undefined ? '' : `\n${blockOf(part)}\n`}`,
		json,
	};
}

function ofSeries(
	ok: boolean,
	url: string,
	report: { readonly headline: string; readonly why: readonly HandshakeLine[]; readonly advice: readonly HandshakeLine[] },
	part: Part,
	json: unknown,
): TrialReport {
	const sections: readonly (readonly [string, readonly HandshakeLine[]])[] = [
		['Why', report.why],
		['What to do', report.advice],
	];
	const filled = sections.filter(([, lines]) => lines.length > 0);
	return {
		ok,
		headline: report.headline,
		why: report.why,
		advice: report.advice,
		text: [
			url,
			report.headline,
			'',
			...(part.title === undefined ? [] : [part.title]),
			...indented(part.lines),
			...filled.flatMap(([title, lines]) => ['', title, ...indented(textsOf(lines))]),
		],
		markdown: (link) =>
			`${[
				`# ${escaped(url)}`,
				escaped(report.headline),
				blockOf(part),
				...filled.flatMap(([title, lines]) => [`## ${title}`, lines.map((line) => `- ${linked(line, link(line))}`).join('\n')]),
			].join('\n\n')}\n`,
		json,
	};
}

function blockOf({ title, lines }: Part): string {
	return `${title === undefined ? '' : `## ${title}\n\n`}${['```text', ...lines.map((line) => line.replaceAll('`', "'")), '```'].join('\n')}`;
}

function linked({ text, where }: HandshakeLine, target: string | undefined): string {
	if (where === undefined) return escaped(text);
	return `${escaped(text)} (${target === undefined ? escaped(where) : `[${escaped(where)}](${target})`})`;
}

/** Text that Markdown shows as it is. */
function escaped(text: string): string {
	return text.replace(/[\\`*_[\]<>#|~]/g, '\\$&').replaceAll('\n', ' ');
}

function indented(lines: readonly string[]): readonly string[] {
	return lines.map((line) => `  ${line}`);
}

function textsOf(lines: readonly HandshakeLine[]): readonly string[] {
	return lines.map(({ text }) => text);
}
