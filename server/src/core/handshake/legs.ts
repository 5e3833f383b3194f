import type { Prediction } from '../request/prediction.ts';
import { type ExplainOptions, explainHandshake } from './explain.ts';
import { type HandshakeExplanation, type Known, obstacleLines, passedBy, RELOAD, say, sayAt } from './explanation.ts';
import { pathOf } from './path.ts';
import { type HandshakeTrace, isHealthy } from './trace.ts';

/** A handshake straight to one of the addresses that nginx passes to. */
export interface DirectLeg {
	/** As the configuration names it: `127.0.0.1:9000`, `unix:/run/chat.sock`. */
	readonly address: string;
	/** Complete, with the path and the Host that nginx sends. */
	readonly trace: HandshakeTrace;
	/** The same with the client's own Host; only when the first was refused and nginx sends another. */
	readonly withClientHost: HandshakeTrace | undefined;
}

/** The same handshake through nginx and straight to the backends. */
export interface Legs {
	readonly through: HandshakeTrace;
	/** One for each address; empty when it is not known where nginx passes to. */
	readonly direct: readonly DirectLeg[];
}

/** Compares the two legs: what differs between them names the culprit, and where it is nginx, its line. */
export function explainLegs(legs: Legs, options: ExplainOptions = {}): HandshakeExplanation {
	const explanation = compared(legs, options);
	const { prediction, configuration, cures = [] } = options;
	return { ...explanation, path: pathOf({ trace: legs.through, prediction, configuration, cures }, explanation.culprit) };
}

function compared(legs: Legs, options: ExplainOptions): HandshakeExplanation {
	const { through, direct } = legs;
	const alone = explainHandshake(through, options);
	const known: Known = {
		trace: through,
		prediction: options.prediction,
		configuration: options.configuration,
		cures: options.cures ?? [],
	};
	const { prediction } = known;
	if (prediction === undefined || direct.length === 0)
		return {
			...alone,
			why: [...alone.why, say('Where nginx passes the handshake to is not known, so there is no second leg to compare.')],
		};
	const tested = direct.filter(({ trace }) => !isUnreachable(trace));
	if (tested.length === 0) return unreachable(legs, alone, known);
	const working = tested.filter(({ trace }) => isHealthy(trace));
	if (isHealthy(through)) return bothWays(tested, working, alone);
	if (working.length === tested.length) return nginxAlone(legs, prediction, alone, known);
	if (working.length > 0) return someBackends(tested, working, alone);
	return backendToo(legs, tested, prediction, alone, known);
}

/** Nobody took the connection, so this leg says nothing about the handshake. */
export function isUnreachable(trace: HandshakeTrace): boolean {
	return (
		trace.response === undefined &&
		(trace.failure?.stage === 'dns' ||
			trace.failure?.stage === 'tcp' ||
			(trace.outcome === 'timeout' && trace.connectedTo === undefined))
	);
}

function unreachable(legs: Legs, alone: HandshakeExplanation, known: Known): HandshakeExplanation {
	const { through, direct } = legs;
	const [first] = direct;
	const codes = [...new Set(direct.map(({ trace }) => trace.failure?.code ?? 'timeout'))].join(', ');
	const status = through.response?.status;
	const down = direct.every(({ trace }) => trace.failure?.code === 'ECONNREFUSED');
	if ((status === 502 || status === 504) && down)
		return {
			...alone,
			culprit: 'backend',
			why: [
				sayAt(
					`The backend is down: ${direct.map(({ address }) => address).join(', ')} refuses connections from here too.`,
					known.prediction && passedBy(known.prediction),
					known,
				),
				...alone.why.slice(1),
			],
		};
	return {
		...alone,
		why: [
			...alone.why,
			say(
				`The second leg could not be tested: ${first?.address ?? 'the backend'} cannot be reached from here (${codes}). It may stand in a network of its own that only nginx sees.`,
			),
		],
	};
}

function bothWays(
	tested: readonly DirectLeg[],
	working: readonly DirectLeg[],
	alone: HandshakeExplanation,
): HandshakeExplanation {
	if (working.length === tested.length)
		return { ...alone, why: [...alone.why, say('Straight to the backend it works too, so both legs are sound.')] };
	const failing = tested.filter((leg) => !working.includes(leg));
	return {
		...alone,
		culprit: 'backend',
		why: [
			...alone.why,
			...failing.map(({ address, trace }) => say(`Straight to ${address} it fails: ${explainHandshake(trace).headline}`)),
			say('A handshake that nginx balances to such a backend fails; only some do, so it looks random.'),
		],
		advice: [...alone.advice, say('Cure these backends, or take them out of the upstream block.')],
	};
}

function nginxAlone(
	{ through, direct }: Legs,
	prediction: Prediction,
	alone: HandshakeExplanation,
	known: Known,
): HandshakeExplanation {
	const address = direct[0]?.address ?? 'the backend';
	const proof = say(`Straight to ${address} the same handshake succeeds, so the backend is sound and nginx is where it breaks.`);
	if (prediction.obstacles.length > 0)
		return {
			...alone,
			culprit: 'configuration',
			agreement: 'agrees',
			why: [...obstacleLines(prediction, known), proof],
			advice: alone.advice,
		};
	const status = through.response?.status;
	if (status === 502 || status === 504)
		return {
			...alone,
			culprit: 'network',
			agreement: 'disagrees',
			why: [
				proof,
				sayAt(
					`But nginx could not get an answer from ${address}: it runs on another machine, in a container or under a rule (SELinux, firewall) that keeps it from there.`,
					passedBy(prediction),
					known,
				),
			],
			advice: [say("nginx's error log names the reason: connection refused, permission denied, no route.")],
		};
	return {
		...alone,
		culprit: 'stale',
		agreement: 'disagrees',
		why: [proof, say('By this text nginx changes nothing that matters, so the nginx that answered does not run it.')],
		advice: [say(RELOAD)],
	};
}

function someBackends(
	tested: readonly DirectLeg[],
	working: readonly DirectLeg[],
	alone: HandshakeExplanation,
): HandshakeExplanation {
	const failing = tested.filter((leg) => !working.includes(leg));
	return {
		...alone,
		why: [
			...alone.why,
			say(`Straight to ${working.map(({ address }) => address).join(', ')} it succeeds.`),
			...failing.map(({ address, trace }) => say(`Straight to ${address} it fails: ${explainHandshake(trace).headline}`)),
		],
	};
}

function backendToo(
	legs: Legs,
	tested: readonly DirectLeg[],
	prediction: Prediction,
	alone: HandshakeExplanation,
	known: Known,
): HandshakeExplanation {
	const [leg] = tested;
	if (leg === undefined) return alone;
	const headline = explainHandshake(leg.trace).headline;
	if (leg.withClientHost !== undefined && isHealthy(leg.withClientHost)) {
		const host = prediction.upstream?.headers.get('host') ?? '';
		const at = prediction.upstream?.headerSources.get('host')?.[0];
		return {
			...alone,
			culprit: 'configuration',
			agreement: 'disagrees',
			why: [
				sayAt(
					`The backend refuses “Host: ${host}”${at === undefined ? ', which nginx sends by default,' : ''} and accepts the Host that the client sent.`,
					at ?? passedBy(prediction),
					known,
				),
				...obstacleLines(prediction, known),
			],
			advice: [say('Set “proxy_set_header Host $http_host;” in this location.')],
		};
	}
	const same = leg.trace.response?.status !== undefined && leg.trace.response.status === legs.through.response?.status;
	return {
		...alone,
		culprit: 'backend',
		why: [
			say(
				same
					? `Straight to ${leg.address} it is refused in the same way (${leg.trace.response?.status}): the backend's own answer, not nginx's.`
					: `Straight to ${leg.address} it fails too: ${headline}`,
			),
			...(prediction.obstacles.length === 0
				? []
				: [say('Beside that, nginx would not pass the handshake on whole:'), ...obstacleLines(prediction, known)]),
			...alone.why.filter(
				({ text }) => !prediction.obstacles.some((obstacle) => text.toLowerCase().startsWith(obstacle.text.toLowerCase())),
			),
		],
	};
}
