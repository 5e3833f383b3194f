import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import type { Prediction } from './prediction.ts';

/** A place in the JSON of `explain`: `file` relative to the main file's folder, `line` one-based (design §3). */
export interface ExplainedPlace {
	readonly file: string;
	readonly line: number;
}

/** The JSON of `explain` (design §3). */
export interface Explanation {
	readonly outcome: Prediction['outcome'];
	readonly status: number | null;
	readonly redirect: string | null;
	readonly server: ExplainedPlace | null;
	readonly location: ExplainedPlace | null;
	readonly upstream: {
		readonly module: string;
		readonly scheme: string;
		readonly addresses: readonly string[];
		readonly method: string;
		readonly uri: string;
		readonly httpVersion: string;
		readonly headers: Readonly<Record<string, string>>;
	} | null;
	readonly upgrade: boolean;
	readonly idleTimeoutMs: number | null;
	readonly because: readonly (ExplainedPlace & { readonly text: string })[];
	readonly unknown: string | null;
}

/** A prediction as the JSON that `explain` prints. */
export function toExplanation(prediction: Prediction, configuration: Configuration): Explanation {
	const { upstream } = prediction;
	return {
		outcome: prediction.outcome,
		status: prediction.status,
		redirect: prediction.redirect,
		server: placeOf(prediction.server, configuration),
		location: placeOf(prediction.location, configuration),
		upstream: upstream && {
			module: upstream.module,
			scheme: upstream.scheme,
			addresses: upstream.addresses,
			method: upstream.method,
			uri: upstream.uri,
			httpVersion: upstream.httpVersion,
			headers: Object.fromEntries(upstream.headers),
		},
		upgrade: prediction.upgrade,
		idleTimeoutMs: prediction.idleTimeoutMs,
		because: prediction.because.map(({ at, text }) => ({
			...directivePlace(at, configuration),
			text: `${written(at)}: ${text}`,
		})),
		unknown: prediction.unknown,
	};
}

function placeOf(scope: Scope | null, configuration: Configuration): ExplainedPlace | null {
	return scope?.opener === undefined ? null : directivePlace(scope.opener, configuration);
}

function directivePlace(at: PlacedDirective, configuration: Configuration): ExplainedPlace {
	return { file: relativePath(at.file.path, configuration.prefix), line: at.file.tree.source.lineAt(at.node.span.start) + 1 };
}

/** A path as seen from a folder, with `..` where it lies outside. */
export function relativePath(path: string, folder: string): string {
	const inside = folder.endsWith('/') ? folder : `${folder}/`;
	if (path.startsWith(inside)) return path.slice(inside.length);
	const from = folder.split('/').filter((part) => part !== '');
	const to = path.split('/').filter((part) => part !== '');
	if (!path.startsWith('/') && !folder.startsWith('/') && from.length === 0) return path;
	let common = 0;
	while (common < from.length && common < to.length - 1 && from[common] === to[common]) common++;
	return [...from.slice(common).map(() => '..'), ...to.slice(common)].join('/');
}

/** A directive as a person would quote it: its words, without a block. */
function written(at: PlacedDirective): string {
	const { source } = at.file.tree;
	const text = [at.node.name, ...at.node.args].map((word) => source.slice(word.span)).join(' ');
	return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}

/** One step of the human answer; `at` is undefined for what no line says. */
export interface Step {
	readonly text: string;
	readonly at: PlacedDirective | undefined;
}

/** What nginx does with the request, step by step, for a person. */
export function toSteps(prediction: Prediction): readonly Step[] {
	const steps: Step[] = prediction.because.map(({ at, text }) => ({ text: `${written(at)}: ${text}`, at }));
	const say = (text: string, at?: PlacedDirective): void => {
		steps.push({ text, at });
	};
	const { upstream } = prediction;
	if (upstream !== null) {
		say(
			`nginx sends to ${upstream.addresses.join(' or ') || 'a backend'} (${upstream.module}): ${upstream.method} ${upstream.uri} HTTP/${upstream.httpVersion}`,
		);
		for (const [name, value] of upstream.headers) say(`${name}: ${value}`, upstream.headerSources.get(name)?.[0]);
	}
	if (prediction.outcome === 'answered') {
		const what = prediction.status === null ? 'from files on disk' : `with ${prediction.status}`;
		say(
			prediction.redirect === null ? `nginx answers ${what} itself` : `nginx answers ${what} itself, to ${prediction.redirect}`,
		);
	}
	if (prediction.outcome === 'refused') say('nobody takes the connection');
	if (prediction.outcome === 'unknown') say(`what comes of it cannot be known: ${prediction.unknown ?? ''}`);
	for (const obstacle of prediction.obstacles) say(`no WebSocket: ${obstacle.text}`, obstacle.at[0]);
	if (prediction.upgrade) say('a conforming backend upgrades, and the client gets its 101 intact');
	if (prediction.idleTimeoutMs !== null && upstream !== null)
		say(
			`after ${prediction.idleTimeoutMs / 1000} s of silence in both directions nginx closes the tunnel${prediction.idleTimeoutAt === undefined ? ' (the default)' : ''}`,
			prediction.idleTimeoutAt,
		);
	return steps;
}
