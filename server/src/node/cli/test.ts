import type { Configuration } from '../../core/config/model.ts';
import { analyseProject } from '../../core/engine/project.ts';
import { explainHandshake } from '../../core/handshake/explain.ts';
import { reportText } from '../../core/handshake/report.ts';
import type { HandshakeTrace } from '../../core/handshake/trace.ts';
import type { NginxVersion } from '../../core/reference/versions.ts';
import { createPredictor } from '../../core/request/predict.ts';
import type { Route } from '../../core/routes/route.ts';
import { formatUrl } from '../../core/routes/urls.ts';
import { readUrl, requestOfUrl } from '../../features/requestOfUrl.ts';
import { diskFiles } from '../files.ts';
import { isLoopbackAddress } from '../handshake/addresses.ts';
import { probe } from '../handshake/probe.ts';
import { configurationOf, targetOf } from './discover.ts';
import { UsageFailure } from './failure.ts';
import { readHeaders } from './headers.ts';
import type { Output } from './output.ts';
import { readVersionRange } from './versions.ts';

export interface TestArguments {
	readonly path: string | undefined;
	readonly url: string | undefined;
	readonly format: string;
	readonly headers: readonly string[];
	readonly connectTo: string | undefined;
	readonly insecure: boolean;
	readonly anywhere: boolean;
	readonly nginxVersion: string | undefined;
	readonly timeout: string | undefined;
}

/** One handshake to make. */
interface Errand {
	readonly url: string;
	readonly connectTo: string | undefined;
	readonly route: Route | undefined;
}

interface Tested {
	readonly trace: HandshakeTrace;
	readonly explanation: ReturnType<typeof explainHandshake>;
}

/** `test`: real handshakes. Exit code 0 when all upgraded, 1 when not all did. */
export async function test(args: TestArguments, output: Output): Promise<number> {
	if (args.path === undefined) throw new UsageFailure('Which configuration? Write: nginx-websocket test CONFIG [URL].');
	if (args.format !== 'pretty' && args.format !== 'json')
		throw new UsageFailure(`--format ${args.format}: there is pretty and json.`);
	const timeoutMs = args.timeout === undefined ? 10_000 : Number(args.timeout) * 1000;
	if (!(timeoutMs > 0)) throw new UsageFailure(`--timeout ${args.timeout}: write the seconds as a number, for example 10.`);
	const configuration = configurationOf(args.path, diskFiles());
	const { from: version } = readVersionRange(args.nginxVersion);
	const target = targetOf(args.path, undefined);
	const { analyses, findings } = analyseProject(diskFiles(), target.read, { version });
	const routes = analyses[0]?.routes.filter(({ intent }) => intent.level !== 'none') ?? [];
	const errands =
		args.url === undefined ? errandsOf(routes) : [{ url: checkedUrl(args.url), connectTo: undefined, route: undefined }];
	if (errands.length === 0)
		throw new UsageFailure(
			`${args.path} has no WebSocket route that a URL leads to; give the URL: nginx-websocket test ${args.path} ws://…`,
		);

	const headers = readHeaders(args.headers);
	const results: Tested[] = [];
	for (const errand of errands) {
		const prediction = predictionOf(configuration, version, errand.url, headers);
		const route = errand.route ?? routes.find(({ location }) => location === prediction?.location);
		const trace = await probe({
			url: errand.url,
			connectTo: args.connectTo ?? errand.connectTo,
			reach: args.anywhere ? 'any' : 'loopback',
			headers,
			timeoutMs,
			...(args.insecure ? { tls: { insecure: true } } : {}),
		});
		const cures = findings
			.filter(
				({ routeId, severity }) =>
					routeId !== undefined && routeId === route?.id && (severity === 'error' || severity === 'warning'),
			)
			.flatMap((finding) => finding.fixes().filter(({ preferred }) => preferred))
			.map(({ title }) => title);
		results.push({ trace, explanation: explainHandshake(trace, { prediction, configuration, cures }) });
	}
	if (args.format === 'json') output.data(`${JSON.stringify({ results }, null, 2)}\n`);
	else output.data(results.map(({ trace, explanation }) => `${reportText(trace, explanation).join('\n')}\n`).join('\n'));
	const upgraded = results.filter(({ trace }) => trace.outcome === 'upgraded').length;
	if (results.length > 1 || args.format === 'json') output.note(`${upgraded} of ${results.length} upgraded.\n`);
	return upgraded === results.length ? 0 : 1;
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

function predictionOf(
	configuration: Configuration,
	version: NginxVersion,
	url: string,
	headers: readonly (readonly [string, string])[],
) {
	const parts = readUrl(url);
	return parts === undefined
		? undefined
		: // The probe sends no Origin unless a header says so.
			createPredictor(configuration, version).predict(requestOfUrl(configuration, parts, [['Origin', ''], ...headers]));
}
