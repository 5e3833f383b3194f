import { dirname } from 'node:path';
import type { Configuration, Files } from '../../../server/src/core/config/model.ts';
import { readProject } from '../../../server/src/core/config/project.ts';
import type { Finding } from '../../../server/src/core/engine/finding.ts';
import { analyseProject, type FixedProject, fixProject } from '../../../server/src/core/engine/project.ts';
import type { NginxVersion } from '../../../server/src/core/reference/versions.ts';
import type { Route } from '../../../server/src/core/routes/route.ts';
import { verdictOf } from '../../../server/src/core/routes/verdict.ts';
import type { NginxBinary } from '../../../server/src/node/nginx/acquire.ts';
import type { Backend, RecordedRequest } from '../../support/backend.ts';
import { memoryFiles } from '../../support/memoryFiles.ts';
import { globals, PRIVATE_HTTP, startNginx } from '../../support/nginx.ts';
import { handshakeHeaders, sendRaw } from '../../support/rawClient.ts';
import type { BrokenProject, PlainRequest } from './broken.ts';

/** What real nginx does with a project: its refusal, or what the backend got for each plain GET and which handshakes upgraded. */
export type Run =
	| { readonly refused: string }
	| { readonly plain: readonly (RecordedRequest | undefined)[]; readonly upgraded: readonly boolean[] };

export interface Handshake {
	readonly port: number;
	readonly host: string;
	readonly uri: string;
}

/** Starts nginx on the files and asks for everything. */
export async function runProject(
	nginx: NginxBinary,
	backend: Backend,
	files: Readonly<Record<string, string>>,
	requests: readonly PlainRequest[],
	handshakes: readonly Handshake[],
): Promise<Run> {
	const port = requests[0]?.port ?? 0;
	let running: Awaited<ReturnType<typeof startNginx>>;
	try {
		running = await startNginx(nginx, (folder) => privately(files, folder), port);
	} catch (error) {
		return { refused: String(error) };
	}
	try {
		const plain: (RecordedRequest | undefined)[] = [];
		for (const request of requests) {
			backend.clear();
			await sendRaw(request.port, {
				uri: request.uri,
				headers: [
					['Host', `localhost:${request.port}`],
					['Accept', '*/*'],
				],
			});
			// A request that nginx gave up at once may come to the backend while the next one is made.
			plain.push(backend.requests.find(({ uri }) => uri === request.uri || uri === '*'));
		}
		const upgraded: boolean[] = [];
		for (const { port: to, host, uri } of handshakes) {
			const masked = Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from('hello')]);
			const answer = await sendRaw(to, {
				uri,
				headers: handshakeHeaders(host),
				tunnel: { send: masked, answerLength: 7 },
			});
			const has = (name: string): number => answer.headers.filter(([own]) => own.toLowerCase() === name).length;
			upgraded.push(
				answer.status === 101 &&
					has('upgrade') === 1 &&
					has('sec-websocket-accept') === 1 &&
					answer.body.subarray(2, 7).toString() === 'hello',
			);
		}
		return { plain, upgraded };
	} finally {
		await running.stop();
	}
}

function privately(files: Readonly<Record<string, string>>, folder: string): Readonly<Record<string, string>> {
	const main = files['nginx.conf'] ?? '';
	return { ...files, 'nginx.conf': `${globals(folder)}\n${main.replace(/http \{/, (head) => `${head} ${PRIVATE_HTTP}`)}` };
}

const ROOT = '/etc/nginx';

/** The files of a project where the core reads them. */
function inPlace(files: Readonly<Record<string, string>>): Files {
	return memoryFiles(Object.fromEntries(Object.entries(files).map(([name, text]) => [`${ROOT}/${name}`, text])));
}

function read(files: Files): readonly Configuration[] {
	return readProject([`${ROOT}/nginx.conf`], files, { workspace: dirname(`${ROOT}/nginx.conf`) }).configurations;
}

const isLoud = ({ severity }: Finding): boolean => severity === 'error' || severity === 'warning';

/** A finding that tells of a handshake which still fails; that of a redirect only informs (RT1). */
const saysSo = (finding: Finding): boolean => isLoud(finding) || finding.ruleId === 'slash-redirect';

/** `check --fix` on a project in memory. */
export function fixed(
	files: Readonly<Record<string, string>>,
	version: NginxVersion,
): { readonly files: Record<string, string>; readonly report: FixedProject; readonly routes: readonly Route[] } {
	const report = fixProject(inPlace(files), read, { version }, isLoud);
	const after = { ...files };
	for (const [path, text] of report.texts) after[path.slice(ROOT.length + 1)] = text;
	return { files: after, report, routes: report.after.analyses.flatMap(({ routes }) => routes) };
}

/** The errors and warnings of a project, with whether they have a preferred fix. */
export function loudFindings(
	files: Readonly<Record<string, string>>,
	version: NginxVersion,
): readonly { readonly text: string; readonly isCurable: boolean }[] {
	return analyseProject(inPlace(files), read, { version })
		.findings.filter(isLoud)
		.map((finding) => ({
			text: `${finding.ruleId}: ${finding.message}`,
			isCurable: finding.fixes().some(({ preferred }) => preferred),
		}));
}

/** The handshakes that certainly must work on a cured project: one for each route that is certainly meant for WebSockets. */
export function handshakesOf(
	routes: readonly Route[],
): readonly (Handshake & { readonly title: string; readonly verdict: string; readonly reason: string })[] {
	return routes
		.filter(({ intent, urls }) => intent.level === 'certain' && urls.length > 0)
		.flatMap((route) => {
			const [url] = route.urls;
			if (url === undefined) return [];
			return [
				{
					port: url.port,
					host: `localhost:${url.port}`,
					uri: url.path,
					title: route.at.node.args.map(({ value }) => value).join(' '),
					...verdictOf(route),
				},
			];
		});
}

/**
 * Everything that is wrong with the cure of a project on one nginx. Empty: the cure is right.
 * What still fails and is still found, with no cure that loses nothing, is `left` to the person.
 */
export async function faultsOf(
	project: BrokenProject,
	nginx: NginxBinary,
	backend: Backend,
): Promise<{
	readonly faults: readonly string[];
	readonly after: Readonly<Record<string, string>>;
	readonly cures: number;
	readonly left: number;
}> {
	const faults: string[] = [];
	let left = 0;
	const { files, report, routes } = fixed(project.files, nginx.version);
	const handshakes = handshakesOf(routes);
	const before = await runProject(nginx, backend, project.files, project.requests, []);
	const after = await runProject(nginx, backend, files, project.requests, handshakes);
	const remaining = report.after.findings;
	if ('refused' in after) {
		if (remaining.some(isLoud)) left++;
		else faults.push(`nginx refuses the cured configuration: ${after.refused.slice(0, 300)}`);
	}
	for (const { text, isCurable } of loudFindings(files, nginx.version)) if (isCurable) faults.push(`still found: ${text}`);
	const again = fixed(files, nginx.version);
	if (again.report.applied.length > 0)
		faults.push(`a second time it does ${again.report.applied.map(({ fix }) => fix.title).join(', ')}`);
	if (!('refused' in after)) {
		for (const [index, { port, uri, title, verdict, reason }] of handshakes.entries()) {
			if (after.upgraded[index] === true) continue;
			// Of a route that upgrades for a longer path than the example's the verdict says so.
			if ((verdict === 'fails' && remaining.some(saysSo)) || (verdict === 'upgrades' && reason !== '')) left++;
			else faults.push(`${title} at ${port}${uri} does not upgrade (we say: ${verdict})`);
		}
		if (!('refused' in before))
			faults.push(...changedRequests(project.requests, before.plain, after.plain, announcedBy(report.applied)));
	}
	return { faults, after: files, cures: report.applied.length, left };
}

/** Paths below which a fix said that plain requests go elsewhere. */
function announcedBy(applied: FixedProject['applied']): readonly string[] {
	return applied.flatMap(({ fix }) => /plain requests for ([^,)\s]+)/.exec(fix.title)?.[1] ?? []);
}

/** Plain GETs whose other headers changed: a cure may change Upgrade and Connection alone. */
function changedRequests(
	requests: readonly PlainRequest[],
	before: readonly (RecordedRequest | undefined)[],
	after: readonly (RecordedRequest | undefined)[],
	announced: readonly string[],
): readonly string[] {
	return requests.flatMap((request, index) => {
		if (announced.some((path) => request.uri.startsWith(path))) return [];
		const was = before[index];
		const is = after[index];
		// Where nginx answered itself before, being passed on is the cure.
		if (was === undefined) return [];
		// The preface of HTTP/2, which the backend does not speak.
		if (was.uri === '*') return [];
		if (is === undefined) return [`GET ${request.port}${request.uri} no longer reaches the backend`];
		const [had, has] = [others(was), others(is)];
		return had === has ? [] : [`GET ${request.port}${request.uri} sends other headers:\n  ${had}\n  ${has}`];
	});
}

function others({ uri, headers }: RecordedRequest): string {
	const kept = headers.filter(([name]) => !/^(?:upgrade:?|connection)$/i.test(name)).map(([name, value]) => `${name}: ${value}`);
	return `${uri} | ${kept.join(' | ')}`;
}
