import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Configuration } from '../../core/config/model.ts';
import { formatVersion } from '../../core/reference/versions.ts';
import { toExplanation, toSteps } from '../../core/request/explanation.ts';
import { createPredictor } from '../../core/request/predict.ts';
import type { ClientRequest, Prediction } from '../../core/request/prediction.ts';
import { whereIs } from '../../core/rules/wording.ts';
import { readUrl, requestOfUrl } from '../../features/requestOfUrl.ts';
import { diskFiles } from '../files.ts';
import { configurationOf } from './discover.ts';
import { UsageFailure } from './failure.ts';
import { readHeaders } from './headers.ts';
import type { Output } from './output.ts';
import { versionRangeFor } from './settingsFile.ts';

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
	const range = versionRangeFor(args.path, args.nginxVersion);
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
	const url = readUrl(text);
	if (url === undefined) throw new UsageFailure(`${text} is not a WebSocket URL; write it like ws://localhost:8080/ws.`);
	return requestOfUrl(configuration, url, readHeaders(headers));
}

function pretty(prediction: Prediction, configuration: Configuration, version: string): string {
	const lines = [headline(prediction)];
	for (const step of toSteps(prediction))
		lines.push(`  ${step.at === undefined ? '' : `${whereIs(step.at, configuration)}: `}${step.text}`);
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
