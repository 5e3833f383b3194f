import type { Configuration } from '../config/model.ts';
import type { Prediction } from '../request/prediction.ts';
import { explainFailure } from './explainFailure.ts';
import { explainRefusal } from './explainRefusal.ts';
import { explainUpgrade } from './explainUpgrade.ts';
import type { HandshakeExplanation, HandshakeLine, Known } from './explanation.ts';
import { say } from './explanation.ts';
import { pathOf } from './path.ts';
import type { HandshakeTrace } from './trace.ts';

export interface ExplainOptions {
	/** What the model says of this very request (`Predictor.predict`). */
	readonly prediction?: Prediction | undefined;
	readonly configuration?: Configuration | undefined;
	/** Titles of the proved cures of the findings about this route, the preferred one first. */
	readonly cures?: readonly string[] | undefined;
}

/**
 * Joins a recorded handshake with the predicted one: what came back, whether the configuration says so, why (naming file and line), and
 * what to do. Where the configuration is not to blame, says who is: the backend, the network, or a nginx that runs another text.
 */
export function explainHandshake(trace: HandshakeTrace, options: ExplainOptions = {}): HandshakeExplanation {
	const known: Known = {
		trace,
		prediction: options.prediction,
		configuration: options.configuration,
		cures: options.cures ?? [],
	};
	const explanation = explained(known);
	const notes = notesOf(known);
	return {
		...explanation,
		why: [...explanation.why, ...notes],
		advice:
			explanation.culprit === 'configuration'
				? [...known.cures.map((title) => say(`Fix: ${title}.`)), ...explanation.advice]
				: explanation.advice,
		path: pathOf(known, explanation.culprit),
	};
}

function explained(known: Known): HandshakeExplanation {
	switch (known.trace.outcome) {
		case 'upgraded':
			return explainUpgrade(known);
		case 'refused':
			return explainRefusal(known);
		case 'failed':
		case 'timeout':
		case 'cancelled':
			return explainFailure(known);
	}
}

/** What a person should know about how the test was made. */
function notesOf({ trace, prediction }: Known): readonly HandshakeLine[] {
	const notes: HandshakeLine[] = [];
	if (trace.redirects.length > 0)
		notes.push(
			say(
				`The test followed ${trace.redirects.length === 1 ? 'a redirect' : `${trace.redirects.length} redirects`} because it was asked to; a browser follows none, so a page that opens ${trace.redirects[0]?.url ?? 'the first address'} fails.`,
			),
		);
	if (trace.tls !== undefined && !trace.tls.authorized && trace.outcome !== 'failed')
		notes.push(
			say(
				`The certificate is not good (${trace.tls.problem ?? 'unknown'}) and was taken because you asked for it; a browser refuses it.`,
			),
		);
	if (prediction?.unknown !== null && prediction?.unknown !== undefined)
		notes.push(say(`What the configuration does here cannot be told from its text: ${prediction.unknown}.`));
	return notes;
}
