import { join } from 'node:path';
import { type Listen, listensOf } from '../../server/src/core/config/listen.ts';
import type { Configuration } from '../../server/src/core/config/model.ts';
import type { Route, RouteUrl } from '../../server/src/core/routes/route.ts';
import type { RouteProof, SandboxResult } from '../../server/src/core/sandbox/result.ts';
import { targetOf } from '../../server/src/node/cli/discover.ts';
import { diskFiles } from '../../server/src/node/files.ts';
import type { SandboxNginx } from '../../server/src/node/sandbox/nginxAbility.ts';
import { runSandbox } from '../../server/src/node/sandbox/runSandbox.ts';
import type { RecordedConfiguration, RecordedLocation } from './truth.ts';

/** Why a sandbox does not give the recorded truth: a closed list. The first five: the truth was recorded on another text than the file's. */
export const REASONS = {
	rendered: 'a template; the truth was recorded on a rendering of it',
	excerpt: 'an excerpt with “…” where lines were left out',
	composed: 'the truth took includes, or names, from other places',
	edited: 'the truth was recorded without lines that its nginx has no module or version for',
	mixed: 'lines of several contexts side by side; the truth put each where it belongs',
	include: 'it includes a file that is not there',
	module: 'it depends on a module that is not one of nginx’s own',
	variable: 'where it passes to is decided by the request alone',
} as const;

export type Reason = keyof typeof REASONS;

/** Reasons that say nothing of the sandbox: there is no truth about the file as it is. */
export const WITHOUT_TRUTH: ReadonlySet<Reason> = new Set<Reason>(['rendered', 'excerpt', 'composed', 'edited', 'mixed']);

export interface SandboxedConfiguration {
	readonly file: string;
	readonly locations: number;
	/** `given`: every recorded handshake went as recorded, or nginx refuses the file as recorded. `unlike`: something else happened, and nothing on the list explains it. */
	readonly outcome: 'given' | 'unlike' | Reason;
	readonly detail: string;
	readonly milliseconds: number;
	/** Of the model's predictions of what was sent: how many agree with what happened. */
	readonly agree: number;
	readonly told: number;
	/** Where they do not. */
	readonly disagreements: readonly string[];
}

/** The recorded handshakes by configuration. */
export function recordedByFile(truth: readonly RecordedLocation[]): ReadonlyMap<string, readonly RecordedLocation[]> {
	const byFile = new Map<string, RecordedLocation[]>();
	for (const location of truth) {
		if (!location.own || location.line === null || location.uri === null) continue;
		if (location.stable.handshake !== 'ok' && location.stable.handshake !== 'fail') continue;
		const known = byFile.get(location.file);
		if (known === undefined) byFile.set(location.file, [location]);
		else known.push(location);
	}
	return byFile;
}

/** Makes the very handshakes that were recorded, in a sandbox, and compares. */
export async function sandboxed(
	folder: string,
	file: string,
	locations: readonly RecordedLocation[],
	recorded: RecordedConfiguration | undefined,
	nginx: SandboxNginx,
): Promise<SandboxedConfiguration> {
	const started = performance.now();
	const told = (outcome: 'given' | 'differs', detail: string, proofs: readonly RouteProof[] = []): SandboxedConfiguration => {
		const known = proofs.filter(({ outcome: observed, predicted }) => observed !== 'not-proved' && predicted !== 'unknown');
		return {
			file,
			locations: locations.length,
			outcome: outcome === 'given' ? 'given' : (reasonFor(detail, text, recorded) ?? 'unlike'),
			detail,
			milliseconds: performance.now() - started,
			agree: known.filter(({ outcome: observed, predicted }) => (observed === 'upgraded') === (predicted === 'upgrades')).length,
			told: known.length,
			disagreements: known
				.filter(({ outcome: observed, predicted }) => (observed === 'upgraded') !== (predicted === 'upgrades'))
				.map(
					(proof) =>
						`${file}:${proof.line} ${proof.url}: ${proof.outcome} ${proof.reason}, predicted ${proof.predicted} ${proof.predictedReason}`,
				),
		};
	};
	let text = '';
	const configuration = targetOf(join(folder, file), undefined).read(diskFiles())[0];
	if (configuration === undefined) return told('differs', 'no configuration');
	text = configuration.main.tree.source.text;
	const made: RecordedLocation[] = [];
	const missing: RecordedLocation[] = [];
	const result: SandboxResult = await runSandbox(configuration, {
		nginx,
		errands: (routes) =>
			locations.flatMap((location) => {
				const route = routeAt(routes, configuration, location);
				const url = route && urlFor(route, location);
				if (route === undefined || url === undefined) {
					missing.push(location);
					return [];
				}
				made.push(location);
				return [{ route, url, text: `${url.scheme}://${url.host}:${url.port}${location.uri ?? '/'}` }];
			}),
	});
	if (result.outcome !== 'ran') {
		const message = result.problems[0]?.message ?? '';
		const asRecorded =
			result.outcome === 'rejected' && recorded?.accepted === false && recorded.complaint?.includes(message.slice(0, 30));
		return told(asRecorded ? 'given' : 'differs', message);
	}
	const unlike: string[] = [];
	const unproved: string[] = [];
	for (const [index, location] of made.entries()) {
		const proof = result.routes[index];
		if (proof === undefined) continue;
		const upgraded = location.stable.handshake === 'ok';
		if (proof.outcome === 'not-proved') unproved.push(proof.reason);
		else if ((proof.outcome === 'upgraded') !== upgraded)
			unlike.push(
				`${location.line} ${location.title} ${location.uri}: recorded ${location.stable.handshake} ${location.stable.status} ${location.cause ?? ''}, here ${proof.status} ${proof.reason}`,
			);
	}
	const details = [...unlike, ...unproved, ...missing.map(({ line, title }) => `no route at ${line} ${title}`)];
	return told(details.length === 0 ? 'given' : 'differs', details.join(' | '), result.routes);
}

function reasonFor(detail: string, text: string, recorded: RecordedConfiguration | undefined): Reason | undefined {
	if (detail.includes('recorded ok') || detail.includes('recorded fail')) return undefined;
	if (recorded?.rendered === true || /is a template/.test(detail)) return 'rendered';
	if (/^[^#\n]*\.\.\./m.test(text)) return 'excerpt';
	if (recorded?.mixed === true) return 'mixed';
	if (
		recorded?.changes.some((change) => /^removed .*\((?:module|absent|not compiled|version)|^removed .*absent\)/.test(change)) ===
		true
	)
		return 'edited';
	if (/^unknown directive "http2"/.test(detail)) return 'edited';
	if ((recorded?.composed.length ?? 0) > 0 || (recorded?.changes.some((change) => /^[$/]|^zone /.test(change)) ?? false))
		return 'composed';
	if (/there is no such file here/.test(detail)) return 'include';
	if (/module is not one of nginx’s own/.test(detail)) return 'module';
	if (/where its variables lead/.test(detail)) return 'variable';
	return undefined;
}

function routeAt(routes: readonly Route[], configuration: Configuration, location: RecordedLocation): Route | undefined {
	return routes.find(
		({ at }) => at.file === configuration.main && at.file.tree.source.lineAt(at.node.span.start) + 1 === location.line,
	);
}

/** Where the recorded handshake came in: the listen of the route's server that has the recorded port, else its first. */
function urlFor(route: Route, location: RecordedLocation): RouteUrl | undefined {
	const [, address, port] = /^(?:\(default\) )?(?:(\S+):)?(\d+)(?:\s|$)/.exec(location.listen) ?? [];
	const listens = listensOf(route.server).filter((listen) => !listen.quic);
	const fits = (listen: Listen): boolean => listen.port === Number(port) && listen.tls === location.tls;
	const listen =
		listens.find((candidate) => fits(candidate) && (address === undefined || candidate.address === address)) ??
		listens.find(fits) ??
		listens.find((candidate) => candidate.tls === location.tls) ??
		listens[0];
	if (listen === undefined) return undefined;
	return {
		scheme: listen.tls ? 'wss' : 'ws',
		host: location.host === '' ? 'localhost' : location.host,
		port: listen.port || 80,
		listen,
		path: location.uri ?? '/',
		hostOpen: false,
		hostGuessed: false,
		pathOpen: false,
	};
}

/** What many of them say together. `comparable`: there is a truth about the file as it is. */
export function sandboxSummary(made: readonly SandboxedConfiguration[]) {
	const reasons = new Map<string, number>();
	for (const { outcome } of made)
		if (outcome !== 'given' && outcome !== 'unlike') reasons.set(REASONS[outcome], (reasons.get(REASONS[outcome]) ?? 0) + 1);
	const times = made.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
	return {
		given: made.filter(({ outcome }) => outcome === 'given').length,
		comparable: made.filter(({ outcome }) => outcome === 'given' || outcome === 'unlike' || !WITHOUT_TRUTH.has(outcome)).length,
		unlike: made.filter(({ outcome }) => outcome === 'unlike').map(({ file, detail }) => `${file}: ${detail}`),
		reasons,
		median: times[times.length >> 1] ?? 0,
		disagreements: made.flatMap(({ disagreements }) => disagreements),
		agree: made.reduce((sum, { agree }) => sum + agree, 0),
		told: made.reduce((sum, { told }) => sum + told, 0),
	};
}
