import type { Configuration, Scope } from '../config/model.ts';
import { type VariableTable, variableTable } from '../config/variables.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { buildModel, levelFor } from './buildModel.ts';
import { enterLocation, type Journey, openRequest } from './journey.ts';
import { PASSES } from './level.ts';
import { mergePredictions, undecidedPrediction } from './merge.ts';
import { followRequest } from './outcome.ts';
import type { ClientRequest, OtherClients, Prediction } from './prediction.ts';
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
	/**
	 * The best that any client gets for this handshake, where one may send another query, another cookie, other headers, a password, or
	 * come from another address: an upgrade, if one gets it. What fails here fails for all.
	 * @param location as of `predictIn`; undefined: from outside
	 */
	predictForSome(request: ClientRequest, others: OtherClients, location?: Scope): Prediction;
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
		predictForSome(request, others, location) {
			const place = location === undefined ? undefined : levelFor(model, location);
			if (location !== undefined && place === undefined) return this.predictIn(location, request);
			if (location === undefined && (!takes(model, request) || model.servers.length === 0)) return this.predict(request);
			return bestOf((answers) =>
				place === undefined
					? openRequest(model, request, answers, others)
					: enterLocation(model, place, request, answers, others),
			);
		},
	};
}

/** How many ways through a configuration are followed to find one that upgrades. */
const MOST_WAYS = 64;

/** Follows a request both ways at every question without an answer, and gives the end that is best for a handshake. */
function bestOf(journey: (answers: readonly boolean[]) => Journey): Prediction {
	const pending: (readonly boolean[])[] = [[]];
	let best: Prediction | undefined;
	for (let ways = 0; pending.length > 0; ways++) {
		const answers = pending.pop() ?? [];
		let attempt: Journey | undefined;
		try {
			attempt = journey(answers);
			const prediction = followRequest(attempt);
			if (prediction.upgrade) return prediction;
			if (best === undefined || rankOf(prediction) > rankOf(best)) best = prediction;
		} catch (error) {
			if (!(error instanceof Undecided)) throw error;
			if (ways >= MOST_WAYS && attempt !== undefined) return undecidedPrediction(attempt.state, error.reason);
			pending.push([...answers, true], [...answers, false]);
		}
	}
	return best ?? NOBODY;
}

/** How near a prediction comes to an upgrade. What is not known could be one; who is not let in gets least far. */
function rankOf({ outcome, obstacles, because, status }: Prediction): number {
	if (outcome === 'unknown') return obstacles.length === 0 ? 4 : 2;
	if (outcome === 'proxied') return 3;
	// One that fails at its backend came further than one that was not let in.
	if (because.some(({ at }) => PASSES.has(at.node.name.value))) return 1;
	return status === 401 || status === 403 ? -1 : 0;
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
