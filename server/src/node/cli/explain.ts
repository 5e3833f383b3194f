import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { listensOf } from '../../core/config/listen.ts';
import type { Configuration, Scope } from '../../core/config/model.ts';
import { formatVersion } from '../../core/reference/versions.ts';
import { toExplanation, toSteps } from '../../core/request/explanation.ts';
import { createPredictor } from '../../core/request/predict.ts';
import type { ClientRequest, Prediction } from '../../core/request/prediction.ts';
import { whereIs } from '../../core/rules/wording.ts';
import { diskFiles } from '../files.ts';
import { configurationOf } from './discover.ts';
import { UsageFailure } from './failure.ts';
import type { Output } from './output.ts';
import { readVersionRange } from './versions.ts';

export interface ExplainArguments {
	readonly path: string | undefined;
	readonly url: string | undefined;
	/** `Name: value`, as curl takes them. */
	readonly headers: readonly string[];
	readonly requests: string | undefined;
	readonly format: string;
	readonly nginxVersion: string | undefined;
}

/** `explain`: what nginx does with one handshake, or with each of a file of requests. */
export async function explain(args: ExplainArguments, output: Output): Promise<number> {
	if (args.path === undefined) throw new UsageFailure('Which configuration? Write: nginx-websocket explain CONFIG URL.');
	const configuration = configurationOf(args.path, diskFiles());
	const range = readVersionRange(args.nginxVersion);
	const predictor = createPredictor(configuration, range.from);
	if (args.requests !== undefined) {
		if (args.format !== 'jsonl' && args.format !== 'pretty')
			throw new UsageFailure(`--format ${args.format}: --requests gives jsonl.`);
		output.note(`Read as nginx ${formatVersion(range.from)}.\n`);
		await explainLines(args.requests, (request) => toExplanation(predictor.predict(request), configuration), output);
		return 0;
	}
	if (args.url === undefined)
		throw new UsageFailure('Which URL? Write: nginx-websocket explain CONFIG URL, for example ws://localhost:8080/ws.');
	if (args.format !== 'pretty' && args.format !== 'json')
		throw new UsageFailure(`--format ${args.format}: there is pretty and json, and jsonl with --requests.`);
	const request = requestFor(args.url, args.headers, configuration);
	const prediction = predictor.predict(request);
	if (args.format === 'json') output.data(`${JSON.stringify(toExplanation(prediction, configuration), null, 2)}\n`);
	else output.data(pretty(prediction, configuration, formatVersion(range.from)));
	return 0;
}

async function explainLines(path: string, answer: (request: ClientRequest) => unknown, output: Output): Promise<void> {
	const input = createReadStream(path, 'utf8');
	const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
	let number = 0;
	try {
		for await (const line of lines) {
			number++;
			if (line.trim() === '') continue;
			output.data(`${JSON.stringify(answer(readRequest(line, path, number)))}\n`);
		}
	} catch (error) {
		if (error instanceof UsageFailure) throw error;
		const code = error instanceof Error && 'code' in error ? String(error.code) : '';
		if (code === 'ENOENT') throw new UsageFailure(`There is no file ${path}.`);
		throw error;
	}
}

/** One line of `--requests` (design §3). */
function readRequest(line: string, path: string, number: number): ClientRequest {
	const wrong = (what: string): never => {
		throw new UsageFailure(`${path}, line ${number}: ${what}.`);
	};
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch {
		return wrong('this is not JSON');
	}
	if (typeof value !== 'object' || value === null) return wrong('a request is a JSON object');
	const { listen, tls = false, method = 'GET', uri, headers = [], httpVersion, remoteAddress } = value as Record<string, unknown>;
	if (typeof uri !== 'string') return wrong('uri is missing; it is the raw request target');
	if (listen !== undefined && typeof listen !== 'string') return wrong('listen must be a text such as "127.0.0.1:8080"');
	if (typeof method !== 'string' || typeof tls !== 'boolean') return wrong('method must be a text and tls true or false');
	if (!Array.isArray(headers) || !headers.every(isPair)) return wrong('headers must be a list of [name, value] pairs');
	return {
		listen,
		tls,
		method,
		uri,
		headers,
		...(httpVersion === '1.0' || httpVersion === '1.1' ? { httpVersion } : {}),
		...(typeof remoteAddress === 'string' ? { remoteAddress } : {}),
	};
}

function isPair(value: unknown): value is readonly [string, string] {
	return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'string';
}

/** The handshake for a URL, on the listen of the configuration that takes it. */
function requestFor(text: string, headers: readonly string[], configuration: Configuration): ClientRequest {
	const match = /^(wss?|https?):\/\/([^/?#]*)([^#]*)/i.exec(text);
	if (match === null) throw new UsageFailure(`${text} is not a WebSocket URL; write it like ws://localhost:8080/ws.`);
	const tls = /^(?:wss|https)$/i.test(match[1] ?? '');
	const authority = (match[2] ?? '').replace(/^[^@]*@/, '');
	const port = Number(/:(\d+)$/.exec(authority)?.[1] ?? (tls ? 443 : 80));
	const host = authority.replace(/:\d+$/, '');
	const own = headers.map((header): [string, string] => {
		const colon = header.indexOf(':');
		if (colon < 1) throw new UsageFailure(`-H '${header}' is not a header; write it like -H 'Name: value'.`);
		return [header.slice(0, colon).trim(), header.slice(colon + 1).trim()];
	});
	const standard: readonly [string, string][] = [
		['Host', authority],
		['Connection', 'Upgrade'],
		['Upgrade', 'websocket'],
		['Origin', `${tls ? 'https' : 'http'}://${authority}`],
		['Sec-WebSocket-Version', '13'],
		['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
	];
	const target = match[3] === undefined || match[3] === '' ? '/' : match[3].startsWith('?') ? `/${match[3]}` : match[3];
	return {
		listen: listenAddress(host, port, configuration),
		tls,
		method: 'GET',
		uri: target,
		headers: [...standard.filter(([name]) => !own.some(([other]) => other.toLowerCase() === name.toLowerCase())), ...own],
	};
}

/** The address a connection to the host comes in on: the host itself when it is one, else one that a server listens on at that port. */
function listenAddress(host: string, port: number, configuration: Configuration): string {
	if (/^[\d.]+$/.test(host) || host.startsWith('[')) return `${host}:${port}`;
	const listens = servers(configuration.root)
		.flatMap((server) => listensOf(server))
		.filter((listen) => listen.port === port);
	const specific = listens.find(({ address }) => address === host.toLowerCase());
	const wildcard = listens.find(({ address }) => address === '*' || address === '0.0.0.0');
	const chosen = specific ?? wildcard ?? listens[0];
	if (chosen === undefined || chosen.address === '*' || chosen.address === '0.0.0.0' || chosen.address === 'localhost')
		return `127.0.0.1:${port}`;
	return chosen.address === '[::]' ? `[::1]:${port}` : `${chosen.address}:${port}`;
}

function servers(root: Scope): readonly Scope[] {
	return root.directives.flatMap(({ body }) =>
		body === undefined
			? []
			: body.context === 'server' || body.context === 'stream server'
				? [body]
				: body.context === 'http' || body.context === 'stream'
					? servers(body)
					: [],
	);
}

function pretty(prediction: Prediction, configuration: Configuration, version: string): string {
	const lines = [headline(prediction)];
	for (const step of toSteps(prediction))
		lines.push(`  ${step.at === undefined ? '' : `${whereIs(step.at, configuration)}: `}${step.text}`);
	for (const obstacle of prediction.obstacles) {
		const [at] = obstacle.at;
		lines.push(`  ! ${obstacle.text}${at === undefined ? '' : ` (${whereIs(at, configuration)})`}`);
	}
	lines.push(`Read as nginx ${version}.`);
	return `${lines.join('\n')}\n`;
}

function headline(prediction: Prediction): string {
	switch (prediction.outcome) {
		case 'refused':
			return 'Nobody listens there: the connection is refused.';
		case 'unknown':
			return `What nginx does cannot be told: ${prediction.unknown ?? ''}.`;
		case 'answered':
			return prediction.redirect === null
				? `nginx answers ${prediction.status ?? 'from files on disk'} itself; no backend sees the handshake.`
				: `nginx answers ${prediction.status} with a redirect to ${prediction.redirect}; WebSocket clients do not follow it.`;
		case 'proxied':
			return prediction.upgrade
				? 'The handshake reaches the backend complete: a conforming backend upgrades, and nginx tunnels.'
				: 'nginx passes the handshake on, but no conforming backend upgrades it.';
	}
}
