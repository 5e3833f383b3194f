import type { Configuration, Place, PlacedDirective } from '../config/model.ts';
import type { Prediction } from '../request/prediction.ts';
import { whereIs } from '../rules/wording.ts';
import type { Station } from './station.ts';
import type { HandshakeTrace } from './trace.ts';

/** One sentence, and the directive that it is about. */
export interface HandshakeLine {
	readonly text: string;
	readonly at: Place | undefined;
	/** `conf.d/ws.conf, line 7`; undefined like `at`. */
	readonly where: string | undefined;
}

/** Whose fault it is, as far as one handshake tells. `stale`: the nginx that answered does not run this text. */
export type Culprit =
	| 'nobody'
	| 'configuration'
	| 'stale'
	| 'backend'
	| 'network'
	| 'certificate'
	| 'proxy'
	| 'request'
	| 'unknown';

/** What a person reads about a handshake. */
export interface HandshakeExplanation {
	/** One sentence: what happened. */
	readonly headline: string;
	readonly culprit: Culprit;
	/** Whether what came back is what the model says; `undecided` without a prediction, or when it is unknown. */
	readonly agreement: 'agrees' | 'disagrees' | 'undecided';
	/** Why; the first line is the cause. */
	readonly why: readonly HandshakeLine[];
	/** What to do, the most promising first. Empty when all is well. */
	readonly advice: readonly HandshakeLine[];
	/** The stations of its way and where it broke; absent or empty without a prediction. */
	readonly path?: readonly Station[];
}

/** What is known beside the recorded handshake. */
export interface Known {
	readonly trace: HandshakeTrace;
	/** What the model says of this very request; undefined when there is no configuration. */
	readonly prediction: Prediction | undefined;
	readonly configuration: Configuration | undefined;
	/** Titles of the proved cures of the findings about this route, the preferred one first. */
	readonly cures: readonly string[];
}

/** A line without a place. */
export function say(text: string): HandshakeLine {
	return { text, at: undefined, where: undefined };
}

/** A line about a directive. */
export function sayAt(
	text: string,
	at: PlacedDirective | undefined,
	{ configuration }: Pick<Known, 'configuration'>,
): HandshakeLine {
	if (at === undefined || configuration === undefined) return say(text);
	return { text, at: { path: at.file.path, span: at.node.name.span }, where: whereIs(at, configuration) };
}

/** What the configuration makes one expect. */
export type Expectation =
	| { readonly kind: 'upgrade'; readonly prediction: Prediction }
	| { readonly kind: 'no-upgrade'; readonly prediction: Prediction }
	| { readonly kind: 'answer'; readonly prediction: Prediction }
	| { readonly kind: 'nobody'; readonly prediction: Prediction }
	| { readonly kind: 'open'; readonly reason: string | undefined };

/** Reads the prediction. */
export function expectationOf({ prediction }: Known): Expectation {
	if (prediction === undefined) return { kind: 'open', reason: undefined };
	switch (prediction.outcome) {
		case 'proxied':
			return { kind: prediction.upgrade ? 'upgrade' : 'no-upgrade', prediction };
		case 'answered':
			return { kind: 'answer', prediction };
		case 'refused':
			return { kind: 'nobody', prediction };
		case 'unknown':
			return { kind: 'open', reason: prediction.unknown ?? undefined };
	}
}

/** What stands in the way, each as a line, what every backend minds first. What is a default is shown where the request is passed on. */
export function obstacleLines(prediction: Prediction, known: Known): readonly HandshakeLine[] {
	const pass = passedBy(prediction);
	return [...prediction.obstacles]
		.sort((a, b) => Number(a.code === 'http-1.0') - Number(b.code === 'http-1.0'))
		.flatMap(({ at: [first, ...more], text }) => [
			sayAt(`${capital(text)}${first === undefined ? ' (the default)' : ''}.`, first ?? pass, known),
			...more.map((at) => sayAt('This line is part of it.', at, known)),
		]);
}

/** `127.0.0.1:9000`, or `127.0.0.1:9000 or 127.0.0.1:9001`. */
export function backendName(prediction: Prediction | undefined): string {
	const addresses = prediction?.upstream?.addresses ?? [];
	if (addresses.length === 0) return 'the backend';
	if (addresses.length <= 2) return addresses.join(' or ');
	return `one of ${addresses.length} backends (${addresses[0]} …)`;
}

/** The proxy_pass that the request goes through, when a line of the prediction's location holds it; else the location itself. */
export function passedBy(prediction: Prediction): PlacedDirective | undefined {
	const scope = prediction.location ?? prediction.server;
	for (const name of ['proxy_pass', 'uwsgi_pass', 'scgi_pass', 'fastcgi_pass', 'grpc_pass']) {
		const own = scope?.byName.get(name);
		if (own !== undefined) return own.at(-1);
	}
	return scope?.opener;
}

/** Advice after a change that nginx has not read. */
export const RELOAD =
	'Save every file, let “nginx -t” check them, reload with “nginx -s reload”, and test again: nginx keeps its old configuration until then.';

/** Why an answer can come from elsewhere than the file at hand. */
export const OTHER_NGINX =
	'Look whether another nginx, a container or a proxy listens at this address: “nginx -T” prints the configuration that an nginx would run.';

/** A sentence's first letter. */
export function capital(text: string): string {
	return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Milliseconds for a person: `0.4 ms`, `12 ms`, `1.2 s`. */
export function formatMs(ms: number): string {
	if (ms < 10) return `${(Math.round(ms * 10) / 10).toFixed(1)} ms`;
	return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
