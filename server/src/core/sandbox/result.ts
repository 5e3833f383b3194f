import type { Scope } from '../config/model.ts';
import type { HandshakeTrace, HeaderLines } from '../handshake/trace.ts';
import type { Prediction } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { variableReferences } from '../syntax/words.ts';
import type { Rewriting, SandboxPlan } from './plan.ts';

/** A request as a recording backend received it; secrets masked, the sandbox's own names put back. */
export interface SeenRequest {
	/** The address as written in the configuration. */
	readonly address: string;
	readonly upstream: string | undefined;
	readonly requestLine: string;
	readonly headers: HeaderLines;
	/** What the backend answered; 0 when it was no HTTP. */
	readonly status: number;
}

/** One handshake on a route, and what is to be thought of it. */
export interface RouteProof {
	/** `location /ws/`, as written. */
	readonly title: string;
	readonly path: string;
	/** One-based. */
	readonly line: number;
	readonly url: string;
	/** `not-proved`: what happened here need not happen elsewhere, or nothing happened. */
	readonly outcome: 'upgraded' | 'refused' | 'not-proved';
	/** The status that the client got; null without an answer. */
	readonly status: number | null;
	/** One clause: what happened, or why it is not proved. */
	readonly reason: string;
	readonly predicted: 'upgrades' | 'fails' | 'unknown';
	/** One clause; empty when it upgrades. */
	readonly predictedReason: string;
	/** What the backends received, in order. */
	readonly seen: readonly SeenRequest[];
	/** Which upstream server got how many of the handshakes, when there is more than one server. */
	readonly balancing: readonly { readonly address: string; readonly count: number }[];
	readonly milliseconds: number;
}

/** One configuration in one nginx. */
export interface SandboxResult {
	/** `1.26.3`; empty when there was no nginx to run. */
	readonly nginxVersion: string;
	/** Where that nginx comes from. */
	readonly origin: string;
	/** `rejected`: `nginx -t` refuses it. `failed`: it could not be run. */
	readonly outcome: 'ran' | 'rejected' | 'failed' | 'cancelled';
	/** rejected, failed: what nginx says, or a sentence. */
	readonly problems: readonly NginxProblem[];
	readonly routes: readonly RouteProof[];
	readonly rewritings: readonly Rewriting[];
	readonly milliseconds: number;
}

export interface NginxProblem {
	readonly severity: 'error' | 'warning';
	readonly message: string;
	/** The file as the person knows it; undefined when nginx names none. */
	readonly path: string | undefined;
	/** One-based. */
	readonly line: number | undefined;
}

/** Directives whose value decides what becomes of a handshake; in others a variable without a value does no harm. */
const DECIDING = /^(?:\w+_pass|if|rewrite|return|set|map|try_files|error_page|proxy_method|proxy_http_version)$/;
const HANDSHAKE_HEADER = /^(?:upgrade|connection|sec-websocket-.*)$/i;

/** What was stripped that a handshake on the route depends on, one clause each; empty when what happens in the sandbox proves something. */
export function whyNotProved(plan: SandboxPlan, location: Scope): readonly string[] {
	const around: Scope[] = [];
	for (let scope: Scope | undefined = location; scope !== undefined; scope = scope.parent) around.push(scope);
	const reasons: string[] = [];
	for (const { rewriting, scope, variables } of plan.dependences) {
		const depends =
			scope !== undefined
				? around.includes(scope) || isNameless(scope, location)
				: variables.length > 0 && around.some((level) => decidesBy(level, variables));
		if (depends)
			reasons.push(`${rewriting.what}${rewriting.line === undefined ? '' : ` (line ${rewriting.line})`}: ${rewriting.why}`);
	}
	return [...new Set(reasons)];
}

/** True for an `if` or `limit_except` of the location itself. */
function isNameless(scope: Scope, location: Scope): boolean {
	return /^(?:if|limit_except)$/.test(scope.context) && scope.parent === location;
}

function decidesBy(level: Scope, variables: readonly string[]): boolean {
	return level.directives.some(({ node, file }) => {
		const name = node.name.value;
		const decides = DECIDING.test(name) || (name === 'proxy_set_header' && HANDSHAKE_HEADER.test(node.args[0]?.value ?? ''));
		return (
			decides &&
			node.args.some((word) =>
				variableReferences(word, file.tree.source).some((reference) =>
					variables.some((variable) => reference.name.startsWith(variable)),
				),
			)
		);
	});
}

/** What really happened with a handshake, against what the model says of it. */
export function judged(
	trace: HandshakeTrace,
	seen: readonly SeenRequest[],
	unproved: readonly string[],
): Pick<RouteProof, 'outcome' | 'status' | 'reason'> {
	const status = trace.response?.status ?? null;
	if (unproved.length > 0) return { outcome: 'not-proved', status, reason: `it depends on ${unproved.join('; ')}` };
	if (trace.outcome === 'upgraded') return { outcome: 'upgraded', status, reason: '' };
	if (trace.outcome === 'cancelled') return { outcome: 'not-proved', status, reason: 'the test was cancelled' };
	const backend = seen.at(-1);
	if (status !== null) {
		if (status === 101) return { outcome: 'refused', status, reason: 'the 101 is not one that a browser takes' };
		if (backend === undefined) return { outcome: 'refused', status, reason: `nginx answers ${status} itself` };
		return { outcome: 'refused', status, reason: backendReason(backend, status) };
	}
	return { outcome: 'refused', status, reason: trace.failure?.message ?? 'no answer came in time' };
}

/** Why the strict backend refused, read off what it received (semantics §0.1, item 3). */
function backendReason(seen: SeenRequest, status: number): string {
	if (seen.status === 0) return `the backend receives no HTTP request, and nginx answers ${status}`;
	const value = (name: string): string =>
		seen.headers
			.filter(([candidate]) => candidate.toLowerCase() === name)
			.map(([, text]) => text)
			.join(', ');
	const faults: string[] = [];
	if (!seen.requestLine.startsWith('GET ')) faults.push(`the method ${seen.requestLine.split(' ')[0]}`);
	if (!seen.requestLine.endsWith('HTTP/1.1')) faults.push(seen.requestLine.slice(seen.requestLine.lastIndexOf(' ') + 1));
	if (value('upgrade') === '') faults.push('no Upgrade header');
	else if (value('upgrade').toLowerCase() !== 'websocket') faults.push(`Upgrade: ${value('upgrade')}`);
	if (value('connection') === '') faults.push('no Connection header');
	else if (!/(?:^|[\s,])upgrade(?:[\s,]|$)/i.test(value('connection'))) faults.push(`Connection: ${value('connection')}`);
	if (value('sec-websocket-key') === '') faults.push('no Sec-WebSocket-Key');
	if (seen.status === 101) return `the backend agrees and the client gets ${status}`;
	return faults.length === 0
		? `the backend refuses with ${seen.status}`
		: `the backend receives ${faults.join(', ')} and refuses with ${seen.status}`;
}

/** What the model says of the request that was sent. */
export function predictionClause(prediction: Prediction | undefined): Pick<RouteProof, 'predicted' | 'predictedReason'> {
	if (prediction === undefined) return { predicted: 'unknown', predictedReason: 'no request from outside gets there' };
	if (prediction.outcome === 'unknown') return { predicted: 'unknown', predictedReason: prediction.unknown ?? '' };
	if (prediction.upgrade) return { predicted: 'upgrades', predictedReason: '' };
	const reason =
		prediction.obstacles[0]?.text ??
		(prediction.outcome === 'answered' ? `nginx answers ${prediction.status ?? 'from files'} itself` : 'nobody listens there');
	return { predicted: 'fails', predictedReason: reason };
}

/** `location /ws/`, as written. */
export function titleOf({ at }: Pick<Route, 'at'>): string {
	return [at.node.name, ...at.node.args].map((word) => at.file.tree.source.slice(word.span)).join(' ');
}

/** Does every WebSocket route upgrade? A run that proves nothing proves nothing. */
export function isProved(results: readonly SandboxResult[]): boolean {
	return (
		results.length > 0 &&
		results.every(
			({ outcome, routes }) => outcome === 'ran' && routes.length > 0 && routes.every((route) => route.outcome === 'upgraded'),
		)
	);
}
