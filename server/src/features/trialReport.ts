import type { HandshakeLine } from '../core/handshake/explanation.ts';
import { explainTrial, type TrialTrace } from '../core/handshake/trial.ts';
import type { UpstreamRequest } from '../core/request/prediction.ts';
import type { TryRouteParams, TryRouteReport } from '../protocol/trials.ts';
import { lineShown, modelOf } from './handshakeReport.ts';
import { locationOf, type View } from './view.ts';

/** Where nginx passes the handshake of a trial to; undefined when that is not known. */
export function upstreamOf(view: View | undefined, params: TryRouteParams): UpstreamRequest | undefined {
	return modelOf(view, params).prediction?.upstream ?? undefined;
}

/** What a person reads about a trial. */
export function trialReport(view: View | undefined, params: TryRouteParams, tried: TrialTrace): TryRouteReport {
	const { configuration, prediction } = modelOf(view, params);
	const { ok, headline, markdown, json, why, advice } = explainTrial(params.url, tried, { configuration, prediction, cures: [] });
	const report = markdown(({ at }) => {
		const place = at && view && locationOf(view, at);
		return place && `${place.uri}#L${place.range.start.line + 1}`;
	});
	const shown = (line: HandshakeLine) => lineShown(view, line);
	return {
		ok,
		headline,
		report,
		why: why.map(shown),
		advice: advice.map(shown),
		record: JSON.parse(JSON.stringify(json, withoutTrees)),
	};
}

/** Places in files and configurations are the report's own, not part of the record. */
function withoutTrees(name: string, value: unknown): unknown {
	return name === 'at' ? undefined : value;
}
