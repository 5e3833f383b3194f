import type { Configuration } from '../../core/config/model.ts';
import { analyseProject } from '../../core/engine/project.ts';
import { explainTrial, type Trial, type TrialReport } from '../../core/handshake/trial.ts';
import type { NginxVersion } from '../../core/reference/versions.ts';
import { createPredictor } from '../../core/request/predict.ts';
import { isSocketIo } from '../../core/routes/names.ts';
import type { Route } from '../../core/routes/route.ts';
import { formatUrl } from '../../core/routes/urls.ts';
import { handshakeText } from '../../features/handshakeText.ts';
import { headersSent, readUrl, requestOfUrl } from '../../features/requestOfUrl.ts';
import { diskFiles } from '../files.ts';
import { isLoopbackAddress } from '../handshake/addresses.ts';
import type { ProbeOptions } from '../handshake/probe.ts';
import { runTrial } from '../handshake/trial.ts';
import { configurationOf, targetOf } from './discover.ts';
import { UsageFailure } from './failure.ts';
import { type HandshakeArguments, readHandshakeOptions } from './handshakeOptions.ts';
import type { Output } from './output.ts';
import { versionRangeFor } from './settingsFile.ts';
import { type ModeArguments, readMode } from './testModes.ts';

export interface TestArguments extends HandshakeArguments, ModeArguments {
	readonly path: string | undefined;
	readonly url: string | undefined;
	readonly format: string;
	readonly nginxVersion: string | undefined;
	/** Print the handshake for this tool and contact nothing. */
	readonly export: string | undefined;
}

/** One handshake to make. */
interface Errand {
	readonly url: string;
	readonly connectTo: string | undefined;
	readonly route: Route | undefined;
}

/** `test`: real handshakes. Exit code 0 when all upgraded, 1 when not all did. */
export async function test(args: TestArguments, output: Output): Promise<number> {
	if (args.path === undefined) throw new UsageFailure('Which configuration? Write: nginx-websocket test CONFIG [URL].');
	if (args.format !== 'pretty' && args.format !== 'json')
		throw new UsageFailure(`--format ${args.format}: there is pretty and json.`);
	const options = readHandshakeOptions(args, process.env);
	const mode = readMode(args);
	const configuration = configurationOf(args.path, diskFiles());
	const { from: version } = versionRangeFor(args.path, args.nginxVersion);
	const target = targetOf(args.path, undefined);
	const { analyses, findings } = analyseProject(diskFiles(), target.read, { version });
	const routes = analyses[0]?.routes.filter(({ intent }) => intent.level !== 'none') ?? [];
	const errands =
		args.url === undefined
			? errandsOf(mode.kind === 'socket-io' ? socketIoRoutes(routes, args.path) : routes)
			: [{ url: checkedUrl(args.url), connectTo: undefined, route: undefined }];
	if (errands.length === 0)
		throw new UsageFailure(
			`${args.path} has no WebSocket route that a URL leads to; give the URL: nginx-websocket test ${args.path} ws://…`,
		);

	const progress = (text: string): void => {
		if (output.colour) output.note(`\r${text.padEnd(60)}`);
	};
	if (args.export !== undefined) {
		output.data(exported(args.export, errands, options, args.connectTo, mode));
		return 0;
	}
	const results: TrialReport[] = [];
	for (const errand of errands) {
		const prediction = predictionOf(configuration, version, errand.url, options);
		const route = errand.route ?? routes.find(({ location }) => location === prediction?.location);
		const cures = findings
			.filter(
				({ routeId, severity }) =>
					routeId !== undefined && routeId === route?.id && (severity === 'error' || severity === 'warning'),
			)
			.flatMap((finding) => finding.fixes().filter(({ preferred }) => preferred))
			.map(({ title }) => title);
		const known = { prediction, configuration, cures };
		const probeOptions = { ...options, url: errand.url, connectTo: args.connectTo ?? errand.connectTo };
		const tried = await runTrial(mode, probeOptions, prediction?.upstream ?? undefined, progress);
		if (mode.kind !== 'handshake' && mode.kind !== 'direct') progress('\r');
		results.push(explainTrial(errand.url, tried, known));
	}
	if (args.format === 'json') output.data(`${JSON.stringify({ results: results.map(({ json }) => json) }, null, 2)}\n`);
	else output.data(results.map(({ text }) => `${text.join('\n')}\n`).join('\n'));
	const good = results.filter(({ ok }) => ok).length;
	if (results.length > 1 || args.format === 'json')
		output.note(
			mode.kind === 'handshake' || mode.kind === 'direct'
				? `${good} of ${results.length} upgraded.\n`
				: `${good} of ${results.length} passed.\n`,
		);
	return good === results.length ? 0 : 1;
}

/** The handshakes as text for another tool. A load test is one file, so it takes one URL. */
function exported(
	tool: string,
	errands: readonly Errand[],
	options: Omit<ProbeOptions, 'url'>,
	connectTo: string | undefined,
	mode: Trial,
): string {
	if (tool !== 'curl' && tool !== 'wscat' && tool !== 'k6' && tool !== 'artillery')
		throw new UsageFailure(`--export ${tool}: there is curl, wscat, k6 and artillery.`);
	if ((tool === 'k6' || tool === 'artillery') && errands.length > 1)
		throw new UsageFailure(
			`--export ${tool} writes a test for one URL; give it, one of ${errands.map(({ url }) => url).join(' ')}.`,
		);
	const plan =
		mode.kind === 'load' ? { count: mode.count, holdSeconds: Math.max(1, Math.ceil((mode.holdMs ?? 1000) / 1000)) } : undefined;
	return errands
		.map((errand) => {
			const wanted = { ...options, insecure: options.tls?.insecure, connectTo: connectTo ?? errand.connectTo };
			return `${handshakeText({ url: errand.url, options: wanted, tool }, plan).trimEnd()}\n`;
		})
		.join('');
}

/** @throws UsageFailure when no route's own path is that of socket.io */
function socketIoRoutes(routes: readonly Route[], path: string): readonly Route[] {
	const found = routes.filter(({ location }) => isSocketIo(location.opener?.node.args.at(-1)?.value ?? ''));
	if (found.length === 0)
		throw new UsageFailure(
			`No location of ${path} names socket.io; give the URL: nginx-websocket test ${path} ws://… --socket-io N.`,
		);
	return found;
}

/** One errand a route and listen; a host name that is not this machine's is asked for while loopback is connected to. */
function errandsOf(routes: readonly Route[]): readonly Errand[] {
	const errands = new Map<string, Errand>();
	for (const route of routes)
		for (const url of route.urls) {
			const { address, port } = url.listen;
			if (address.startsWith('unix:')) continue;
			const local = address === '*' || address === '0.0.0.0' ? '127.0.0.1' : address === '[::]' ? '[::1]' : address;
			const isHere = local === 'localhost' || isLoopbackAddress(local.replace(/^\[|\]$/g, ''));
			errands.set(formatUrl(url), { url: formatUrl(url), connectTo: isHere ? `${local}:${port}` : undefined, route });
		}
	return [...errands.values()];
}

function checkedUrl(url: string): string {
	if (readUrl(url) === undefined) throw new UsageFailure(`${url} is not a WebSocket URL; write it like ws://localhost:8080/ws.`);
	return url;
}

function predictionOf(configuration: Configuration, version: NginxVersion, url: string, options: Omit<ProbeOptions, 'url'>) {
	const parts = readUrl(url);
	if (parts === undefined) return undefined;
	return createPredictor(configuration, version).predict(requestOfUrl(configuration, parts, headersSent(url, options)));
}
