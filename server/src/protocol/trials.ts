import type { Trial } from '../core/handshake/trial.ts';
import type { ExplanationLine, TestHandshakeParams } from './requests.ts';

/**
 * Client → server: one of the longer trials of a route: compared with the backend, held, spread, under load. Can be cancelled; what was
 * measured until then is in the report. Answered with an error (`InvalidRequest`) by a server that may not make connections.
 */
export const TRY_ROUTE = 'nginxWebSocket/tryRoute';

export interface TryRouteParams extends TestHandshakeParams {
	readonly trial: Trial;
}

export interface TryRouteReport {
	readonly ok: boolean;
	/** One sentence for a notification: what happened. */
	readonly headline: string;
	/** Why, and what to do, each with its place. */
	readonly why: readonly ExplanationLine[];
	readonly advice: readonly ExplanationLine[];
	/** All of it as Markdown, secrets masked. */
	readonly report: string;
	/** The same as a value: traces, counts, the buckets of the plot. */
	readonly record: unknown;
}

/** Server → client, a notification: how far a trial has come. */
export const TRIAL_PROGRESS = 'nginxWebSocket/trialProgress';

export interface TrialProgress {
	readonly progressToken: string;
	readonly text: string;
	/** How much of the whole is done, from 0 to 1. */
	readonly share: number;
}

/** Client → server: the handshake as text for another tool. Nothing is contacted, so this is answered everywhere. */
export const HANDSHAKE_TEXT = 'nginxWebSocket/handshakeText';

export interface HandshakeTextParams extends Pick<TestHandshakeParams, 'url' | 'options'> {
	/** A command line, or a load test as a file. */
	readonly tool: 'curl' | 'wscat' | 'k6' | 'artillery';
}

export interface HandshakeTextResult {
	/** Secrets are variables in it. */
	readonly text: string;
}
