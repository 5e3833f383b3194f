import type { Configuration } from '../../core/config/model.ts';
import { sandboxGithub, sandboxJunit, sandboxMarkdown, sandboxText } from '../../core/sandbox/report.ts';
import { isProved, type SandboxResult } from '../../core/sandbox/result.ts';
import { diskFiles } from '../files.ts';
import { sandboxWith } from '../sandbox/sandboxWith.ts';
import { configurationOf } from './discover.ts';
import { UsageFailure } from './failure.ts';
import type { Output } from './output.ts';
import { pathFromHere } from './report.ts';

export interface SandboxArguments {
	readonly path: string | undefined;
	readonly format: string;
	/** The nginx program; undefined: the one on PATH, and so on. */
	readonly nginx: string | undefined;
	/** `1.26`, `1.22..1.30`, `1.22,1.26.3,1.30`. */
	readonly nginxVersion: string | undefined;
}

const FORMATS = ['pretty', 'json', 'junit', 'github', 'markdown'];

/** `test --sandbox`: proves every WebSocket route in a private nginx. Exit code 0 when all upgraded, 1 when not, nothing was proved, or nginx rejects it. */
export async function testInSandbox(args: SandboxArguments, output: Output): Promise<number> {
	if (args.path === undefined) throw new UsageFailure('Which configuration? Write: nginx-websocket test CONFIG --sandbox.');
	if (!FORMATS.includes(args.format))
		throw new UsageFailure(`--format ${args.format}: there is pretty, json, junit, github and markdown.`);
	const versions = versionsOf(args.nginxVersion);
	const configuration = configurationOf(args.path, diskFiles());
	const cancel = new AbortController();
	const stop = (): void => cancel.abort();
	process.once('SIGINT', stop);
	process.once('SIGTERM', stop);
	const results: SandboxResult[] = [];
	try {
		for (const version of versions) {
			if (cancel.signal.aborted) break;
			results.push(await runOne(configuration, version, args.nginx ?? '', cancel.signal, output));
		}
	} finally {
		process.off('SIGINT', stop);
		process.off('SIGTERM', stop);
	}
	if (args.format === 'json') output.data(`${JSON.stringify({ results: results.map(withLines) }, null, 2)}\n`);
	else if (args.format === 'junit') output.data(sandboxJunit(results, pathFromHere));
	else if (args.format === 'github') output.data(sandboxGithub(results, pathFromHere));
	else if (args.format === 'markdown')
		output.data(sandboxMarkdown(results, pathFromHere, (path, line) => `${pathFromHere(path)}#L${line}`));
	else output.data(sandboxText(results, pathFromHere));
	if (results.some(({ nginxVersion, outcome }) => outcome === 'failed' && nginxVersion === '')) return 2;
	return isProved(results) && !cancel.signal.aborted ? 0 : 1;
}

async function runOne(
	configuration: Configuration,
	version: string | undefined,
	program: string,
	signal: AbortSignal,
	output: Output,
): Promise<SandboxResult> {
	const result = await sandboxWith({ program, version, onStage: (text) => output.note(`Fetching ${text} …\n`) }, configuration, {
		signal,
	});
	if (result.nginxVersion === '') output.note(`${result.problems[0]?.message ?? ''}\n`);
	return result;
}

/** Spans of text mean nothing to who reads the data: lines do. */
function withLines(result: SandboxResult) {
	const rewritings = result.rewritings.map(({ at, ...rest }) => ({
		...rest,
		file: at === undefined ? null : pathFromHere(at.path),
	}));
	return { ...result, rewritings, routes: result.routes.map(({ path, ...rest }) => ({ file: pathFromHere(path), ...rest })) };
}

/** The versions that were asked for, each once: one, the two ends of a range, or a list. */
function versionsOf(text: string | undefined): readonly (string | undefined)[] {
	if (text === undefined) return [undefined];
	const versions = text.split(/\.\.|,/).map((part) => part.trim());
	for (const version of versions)
		if (!/^\d+\.\d+(?:\.\d+)?$/.test(version))
			throw new UsageFailure(`--nginx-version ${text}: write versions like 1.26.3, 1.22..1.30 or 1.22,1.26,1.30.`);
	return [...new Set(versions)];
}
