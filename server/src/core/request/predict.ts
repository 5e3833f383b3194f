import type { Configuration, Scope } from '../config/model.ts';
import { type VariableTable, variableTable } from '../config/variables.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { buildModel, levelFor } from './buildModel.ts';
import { enterLocation, type Journey, openRequest } from './journey.ts';
import { mergePredictions, undecidedPrediction } from './merge.ts';
import { followRequest } from './outcome.ts';
import type { ClientRequest, Prediction } from './prediction.ts';
import { findAddress, splitListen } from './serverTable.ts';
import type { Model } from './state.ts';
import { createStreamPredictor, type StreamPredictor } from './stream.ts';
import { Undecided } from './value.ts';

export interface Predictor {
	/** What nginx does with a request that arrives from outside. Never throws; what cannot be known is `unknown` with the reason. */
	predict(request: ClientRequest): Prediction;
	/**
	 * What a location does with a request, as if server and location had just been chosen; `internal` does not refuse it. For a stream
	 * server's scope: what that server does.
	 */
	predictIn(location: Scope, request: ClientRequest): Prediction;
}

/** How many questions without an answer are followed both ways before the outcome is unknown. */
const MOST_QUESTIONS = 4;

/**
 * Compiles a configuration for one nginx version. Costs are linear in the configuration; most of it is done when first asked for.
 * @param variables the configuration's, where they are known already
 * @param alsoNamed directives that it does not hold, but a location that `predictIn` is asked about does
 */
export function createPredictor(
	configuration: Configuration,
	version: NginxVersion,
	variables?: VariableTable,
	alsoNamed?: Iterable<string>,
): Predictor {
	const model = buildModel(configuration, version, variables ?? variableTable(configuration), alsoNamed);
	let made: StreamPredictor | undefined;
	const stream = (): StreamPredictor => {
		made ??= createStreamPredictor(configuration, version);
		return made;
	};

	const explore = (journey: (answers: readonly boolean[]) => Journey, answers: readonly boolean[]): Prediction => {
		let attempt: Journey | undefined;
		try {
			attempt = journey(answers);
			return followRequest(attempt);
		} catch (error) {
			if (!(error instanceof Undecided)) throw error;
			if (answers.length >= MOST_QUESTIONS)
				return attempt === undefined
					? { ...NOBODY, outcome: 'unknown', unknown: error.reason }
					: undecidedPrediction(attempt.state, error.reason);
			return mergePredictions(explore(journey, [...answers, true]), explore(journey, [...answers, false]), error.reason);
		}
	};

	return {
		predict(request) {
			const streamed = takes(model, request) ? undefined : stream().predict(request);
			if (streamed !== undefined) return streamed;
			if (model.servers.length === 0) return NOBODY;
			return explore((answers) => openRequest(model, request, answers), []);
		},
		predictIn(location, request) {
			if (location.context === 'stream server') return stream().predictIn(location, request);
			const place = levelFor(model, location);
			if (place === undefined) return { ...NOBODY, outcome: 'unknown', unknown: 'the location stands in no server' };
			return explore((answers) => enterLocation(model, place, request, answers), []);
		},
	};
}

/** Whether an http server listens where a request goes. */
function takes(model: Model, request: ClientRequest): boolean {
	const split = request.listen === undefined ? undefined : splitListen(request.listen);
	return split === undefined || findAddress(model.addresses, split.address, split.port) !== undefined;
}

const NOBODY: Prediction = {
	outcome: 'refused',
	status: null,
	redirect: null,
	server: null,
	location: null,
	upstream: null,
	upgrade: false,
	obstacles: [{ code: 'not-proxied', at: [], text: 'nobody listens there' }],
	idleTimeoutMs: null,
	idleTimeoutAt: undefined,
	because: [],
	unknown: null,
};
