import { createServer } from 'node:net';
import type { Configuration } from '../../core/config/model.ts';
import { maskHeader } from '../../core/handshake/secrets.ts';
import { definitionsOf, isIn } from '../../core/reference/directives.ts';
import { mayBeForeignVariable } from '../../core/reference/variables.ts';
import { formatVersion } from '../../core/reference/versions.ts';
import { createPredictor } from '../../core/request/predict.ts';
import type { Prediction } from '../../core/request/prediction.ts';
import type { Route, RouteUrl } from '../../core/routes/route.ts';
import { routesOf } from '../../core/routes/routes.ts';
import { formatUrl } from '../../core/routes/urls.ts';
import { readMessages } from '../../core/sandbox/messages.ts';
import { render, type SandboxPlan } from '../../core/sandbox/plan.ts';
import { listenKey, planSandbox } from '../../core/sandbox/planSandbox.ts';
import {
	judged,
	predictionClause,
	type RouteProof,
	type SandboxResult,
	type SeenRequest,
	titleOf,
	whyNotProved,
} from '../../core/sandbox/result.ts';
import { readUrl, requestOfUrl } from '../../features/requestOfUrl.ts';
import { probe } from '../handshake/probe.ts';
import { type RecordingBackends, startBackends } from './backends.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { makeFolder, type PrivateFolder, sweepFolders } from './folder.ts';
import { type GuardedNginx, hasStarted, runToEnd, startGuarded, TAKEN } from './guarded.ts';
import type { SandboxNginx } from './nginxAbility.ts';

/** One handshake to make. */
export interface SandboxErrand {
	readonly route: Route;
	readonly url: RouteUrl;
	/** In place of the URL that the route's example gives. */
	readonly text?: string;
}

export interface SandboxOptions {
	readonly nginx: SandboxNginx;
	/** Which of the routes; all WebSocket routes unless said. */
	readonly wanted?: (route: Route) => boolean;
	/** Other handshakes than those of the routes. */
	readonly errands?: (routes: readonly Route[]) => readonly SandboxErrand[];
	readonly signal?: AbortSignal | undefined;
	/** Hears how far it has come. */
	readonly onStage?: (text: string) => void;
	/** Milliseconds for one handshake. */
	readonly timeoutMs?: number;
	/** The folder that the private folder is made in; the system's own for temporary files unless said. */
	readonly parent?: string;
	/** In place of ports that are free now: for tests. */
	readonly choosePorts?: (count: number) => Promise<readonly number[]>;
}

/** How often a start is tried again with other ports, when somebody else took one in between. */
const MOST_STARTS = 5;
/** How many directives may turn out to be unknown to this nginx, one a test. */
const MOST_LACKING = 60;
/** Handshakes more on a route, to see how they are spread over the servers of its upstream. */
const MOST_SPREAD = 8;

/** Runs a configuration in a private nginx and makes a handshake on every WebSocket route. Never throws; nothing is left behind. */
export async function runSandbox(configuration: Configuration, options: SandboxOptions): Promise<SandboxResult> {
	const started = performance.now();
	const { nginx } = options;
	const routes = routesOf(configuration, nginx.version);
	const result = (
		outcome: SandboxResult['outcome'],
		problems: SandboxResult['problems'],
		plan?: SandboxPlan,
		proofs: readonly RouteProof[] = [],
	): SandboxResult => ({
		nginxVersion: formatVersion(nginx.version),
		origin: nginx.origin,
		outcome,
		problems,
		routes: proofs,
		rewritings: plan?.rewritings ?? [],
		milliseconds: performance.now() - started,
	});
	const failed = (message: string, plan?: SandboxPlan): SandboxResult =>
		result('failed', [{ severity: 'error', message, path: undefined, line: undefined }], plan);
	if (process.platform === 'win32')
		return failed('The sandbox needs Linux or macOS; on Windows use it in WSL or a dev container.');

	let folder: PrivateFolder | undefined;
	let backends: RecordingBackends | undefined;
	let running: GuardedNginx | undefined;
	let plan: SandboxPlan | undefined;
	let made: Promise<Certificate> | undefined;
	const certificate = (): Promise<Certificate> => {
		made ??= makeCertificate();
		return made;
	};
	try {
		sweepFolders(options.parent);
		folder = await makeFolder(options.parent);
		const lacking = new Set<string>();
		const undefinedVariables = new Set<string>();
		options.onStage?.('nginx -t');
		for (let attempt = 0; ; attempt++) {
			if (isCancelled(options)) return result('cancelled', [], plan);
			plan = planSandbox(configuration, {
				routes,
				lacking,
				undefinedVariables,
				modules: nginx.modules,
				isForeign: nginx.isForeign,
			});
			if (plan.problem !== undefined) return failed(plan.problem, plan);
			if (backends === undefined || backends.ports.length !== plan.backends.length) {
				await backends?.stop();
				backends = await startBackends(plan.backends.length);
			}
			const ports = await (options.choosePorts ?? freePorts)(plan.listens.length);
			await writeCopy(plan, folder, ports, backends.ports, certificate);
			const args = ['-p', `${folder.path}/`, '-c', `${folder.path}/conf/${plan.main}`, '-e', `${folder.path}/error.log`];
			const known = pathsOf(plan, folder.path);
			const check = nginx.launch(folder.path, ['-t', ...args]);
			const verdict = await runToEnd(check.program, check.args, options.signal);
			if (isCancelled(options)) return result('cancelled', [], plan);
			const problems = readMessages(verdict.output, (path) => known.get(path));
			if (!verdict.ok) {
				const unknown = /unknown directive "([^"]+)"/.exec(verdict.output)?.[1];
				if (unknown !== undefined && !lacking.has(unknown) && lacking.size < MOST_LACKING && isLacking(unknown, nginx)) {
					lacking.add(unknown);
					continue;
				}
				const variable = /unknown "([^"]+)" variable/.exec(verdict.output)?.[1];
				if (
					variable !== undefined &&
					!undefinedVariables.has(variable) &&
					undefinedVariables.size < MOST_LACKING &&
					mayBeElsewhere(variable, configuration)
				) {
					undefinedVariables.add(variable);
					continue;
				}
				if (problems.length === 0) return failed(shortened(verdict.output, folder.path), plan);
				return result('rejected', problems, plan);
			}
			options.onStage?.('starting nginx');
			running = startGuarded(nginx.launch(folder.path, args), folder.path);
			if (await hasStarted(running, folder.path, 10_000, options.signal)) {
				options.onStage?.('handshakes');
				const proofs = await proveRoutes({ configuration, routes, plan, ports, backends, running }, options);
				if (isCancelled(options)) return result('cancelled', [], plan, proofs);
				if (running.hasEnded) return failed('nginx ended in the middle of the test.', plan);
				return result(
					'ran',
					problems.filter(({ severity }) => severity === 'warning'),
					plan,
					proofs,
				);
			}
			if (isCancelled(options)) return result('cancelled', [], plan);
			const written = running.written();
			await running.stop();
			running = undefined;
			if (!TAKEN.test(written) || attempt >= MOST_STARTS + lacking.size) {
				const said = readMessages(written, (path) => known.get(path));
				return said.length > 0
					? result('failed', said, plan)
					: failed(shortened(written, folder.path) || 'nginx did not start.', plan);
			}
			folder = await makeFolder(options.parent);
		}
	} catch (error) {
		return failed(`The sandbox could not be made: ${error instanceof Error ? error.message : String(error)}.`, plan);
	} finally {
		await running?.stop();
		await backends?.stop();
		await folder?.remove().catch(() => undefined);
	}
}

function isCancelled({ signal }: SandboxOptions): boolean {
	return signal?.aborted ?? false;
}

/** A directive that nginx's documentation has in this version, so that only its module is not there. Our own lines count as such. */
function isLacking(name: string, { version }: SandboxNginx): boolean {
	const definitions = definitionsOf(name);
	return definitions.some((definition) => isIn(definition, version));
}

/** True for a variable that a file around a fragment, or a module that is not here, defines. */
function mayBeElsewhere(name: string, { fragment }: Configuration): boolean {
	return mayBeForeignVariable(name) || (fragment !== undefined && !/__/.test(name));
}

async function writeCopy(
	plan: SandboxPlan,
	folder: PrivateFolder,
	listenPorts: readonly number[],
	backendPorts: readonly number[],
	certificate: () => Promise<Certificate>,
): Promise<void> {
	const places = { folder: folder.path, listenPorts, backendPorts };
	for (const { name, text } of plan.files) await folder.write(`conf/${name}`, render(text, places));
	if (!plan.needsCertificate) return;
	const made = await certificate();
	await folder.write('certificate.pem', made.certificate);
	await folder.write('key.pem', made.key);
}

function pathsOf(plan: SandboxPlan, folder: string): ReadonlyMap<string, string> {
	return new Map(plan.files.flatMap(({ name, path }) => (path === undefined ? [] : [[`${folder}/conf/${name}`, path] as const])));
}

function shortened(text: string, folder: string): string {
	return text.replaceAll(folder, '').trim().split('\n').slice(0, 3).join(' ').slice(0, 500);
}

/** Ports of 127.0.0.1 that are free now, all different. */
async function freePorts(count: number): Promise<readonly number[]> {
	const servers = Array.from({ length: count }, () => createServer());
	try {
		return await Promise.all(
			servers.map(
				(server) =>
					new Promise<number>((resolve, reject) => {
						server.once('error', reject);
						server.listen(0, '127.0.0.1', () => {
							const address = server.address();
							resolve(address !== null && typeof address === 'object' ? address.port : 0);
						});
					}),
			),
		);
	} finally {
		await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
	}
}

interface Running {
	readonly configuration: Configuration;
	readonly routes: readonly Route[];
	readonly plan: SandboxPlan;
	readonly ports: readonly number[];
	readonly backends: RecordingBackends;
	readonly running: GuardedNginx;
}

async function proveRoutes(world: Running, options: SandboxOptions): Promise<readonly RouteProof[]> {
	const wanted = options.wanted ?? (({ intent }: Route) => intent.level !== 'none');
	const errands = options.errands?.(world.routes) ?? world.routes.filter(wanted).flatMap((route) => errandsOf(route));
	const proofs: RouteProof[] = [];
	for (const errand of errands) {
		if (isCancelled(options) || world.running.hasEnded) break;
		proofs.push(await prove(errand, world, options));
	}
	const reached = new Set(errands.map(({ route }) => route));
	for (const route of options.errands === undefined ? world.routes.filter(wanted) : [])
		if (!reached.has(route)) proofs.push({ ...blank(route), reason: 'no request from outside gets there' });
	return proofs;
}

function errandsOf(route: Route): readonly SandboxErrand[] {
	const seen = new Set<string>();
	return route.urls.flatMap((url) => {
		const key = `${formatUrl(url)} ${listenKey(url.listen)}`;
		if (seen.has(key)) return [];
		seen.add(key);
		return [{ route, url }];
	});
}

function blank(route: Route): RouteProof {
	const { file, node } = route.at;
	return {
		title: titleOf(route),
		path: file.path,
		line: file.tree.source.lineAt(node.span.start) + 1,
		url: '',
		outcome: 'not-proved',
		status: null,
		reason: '',
		...predictionClause(route.outsideOfExample),
		seen: [],
		balancing: [],
		milliseconds: 0,
	};
}

async function prove({ route, url, text }: SandboxErrand, world: Running, options: SandboxOptions): Promise<RouteProof> {
	const { configuration, plan, ports, backends } = world;
	const shown = text ?? formatUrl(url);
	const index = plan.listens.findIndex(({ key }) => key === listenKey(url.listen));
	const port = ports[index];
	if (port === undefined) return { ...blank(route), url: shown, reason: 'its listen is not in the sandbox' };
	const start = performance.now();
	const shake = () =>
		probe({
			url: shown.replace(/^ws(?=:)/, url.listen.tls ? 'wss' : 'ws'),
			connectTo: `127.0.0.1:${port}`,
			timeoutMs: options.timeoutMs ?? 5_000,
			// As a browser's page of that host sends it.
			origin: 'same',
			tls: { insecure: true },
			signal: options.signal,
		});
	const mark = backends.received.length;
	const trace = await shake();
	const seen = seenSince(mark, world);
	const parts = readUrl(shown);
	const prediction =
		parts === undefined
			? undefined
			: createPredictor(configuration, options.nginx.version).predict(requestOfUrl(configuration, parts));
	const location = prediction?.location ?? route.location;
	const balancing = trace.outcome === 'upgraded' ? await spread(seen.at(-1), world, shake) : [];
	return {
		...blank(route),
		url: shown,
		...judged(trace, seen, whyNotProved(plan, location)),
		...afterAccess(predictionClause(prediction), prediction, plan),
		seen,
		balancing,
		milliseconds: performance.now() - start,
	};
}

/** Who may come in is for the person's own nginx to say: here everybody may, and the prediction says what it stands on. */
function afterAccess(
	clause: ReturnType<typeof predictionClause>,
	prediction: Prediction | undefined,
	plan: SandboxPlan,
): ReturnType<typeof predictionClause> {
	const isDenied = prediction?.status === 401 || prediction?.status === 403;
	if (!isDenied || !plan.rewritings.some(({ kind }) => kind === 'granted')) return clause;
	return { ...clause, predictedReason: `${clause.predictedReason}, unless access is granted, as it is here` };
}

/** A handshake more for each server of the upstream: which of them gets how many. */
async function spread(
	first: SeenRequest | undefined,
	world: Running,
	shake: () => Promise<unknown>,
): Promise<RouteProof['balancing']> {
	const servers = world.plan.backends.filter(({ upstream }) => upstream !== undefined && upstream === first?.upstream);
	if (first === undefined || servers.length < 2) return [];
	const counts = new Map(servers.map(({ address }) => [address, 0]));
	counts.set(first.address, 1);
	for (let count = 1; count < Math.min(2 * servers.length, MOST_SPREAD); count++) {
		const mark = world.backends.received.length;
		await shake();
		for (const { address } of seenSince(mark, world)) counts.set(address, (counts.get(address) ?? 0) + 1);
	}
	return [...counts].map(([address, count]) => ({ address, count }));
}

/** What the backends got, with the names that the person knows and without secrets. */
function seenSince(mark: number, { backends, plan }: Running): readonly SeenRequest[] {
	const known = (value: string): string =>
		plan.aliases.reduce((text, [inside, written]) => text.replaceAll(inside, written), value);
	return backends.received.slice(mark).map(({ backend, requestLine, headers, status }) => ({
		address: plan.backends[backend]?.address ?? '',
		upstream: plan.backends[backend]?.upstream,
		requestLine: known(requestLine).slice(0, 500),
		headers: headers.map(([name, value]) => [name, maskHeader(name, known(value)).slice(0, 500)] as const),
		status,
	}));
}
