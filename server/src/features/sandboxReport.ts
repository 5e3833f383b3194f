import type { Configuration } from '../core/config/model.ts';
import { applyEdits, editsByFile } from '../core/engine/edits.ts';
import type { Edit } from '../core/engine/finding.ts';
import { overlaid } from '../core/engine/proof.ts';
import { relativePath } from '../core/request/explanation.ts';
import { fileNamed, placeOfProblem } from '../core/sandbox/locate.ts';
import { readMessages } from '../core/sandbox/messages.ts';
import { beforeAndAfter, sandboxMarkdown, verdictLine } from '../core/sandbox/report.ts';
import { isProved, type SandboxResult } from '../core/sandbox/result.ts';
import type { NginxDiagnostic, ProveFixParams, SandboxReport } from '../protocol/sandbox.ts';
import { locationOf, type View } from './view.ts';

/** What a person reads about a run in the sandbox. */
export function sandboxReport(view: View, configuration: Configuration, results: readonly SandboxResult[]): SandboxReport {
	const linkOf = (path: string, line: number): string => `${view.uriOf(path)}#L${line}`;
	return {
		headline: verdictLine(results),
		proved: isProved(results),
		report: `# Sandbox\n\n${sandboxMarkdown(results, pathOf(configuration), linkOf)}`,
	};
}

/** The same before and after a fix. */
export function fixReport(
	configuration: Configuration,
	title: string,
	before: SandboxResult,
	after: SandboxResult,
): SandboxReport {
	return {
		headline: `Before: ${verdictLine([before])} After: ${verdictLine([after])}`,
		proved: isProved([after]),
		report: beforeAndAfter(title, before, after, pathOf(configuration)),
	};
}

/** The configuration as it would be with the edits; a sentence when they do not fit it any more. */
export function configurationAfter(view: View, { edits }: ProveFixParams): Configuration | { readonly problem: string } {
	const [checked] = view.checked;
	if (checked === undefined) return { problem: 'This file is no nginx configuration.' };
	const { configuration, options } = checked;
	const made: Edit[] = [];
	for (const { uri, version, edits: ofFile } of edits) {
		const path = [...configuration.files.keys()].find((candidate) => view.uriOf(candidate) === uri);
		const lines = path === view.path ? view.lines : path === undefined ? undefined : view.linesOf(path);
		if (path === undefined || lines === undefined || (version !== null && view.versionOf(path) !== version))
			return { problem: 'The file has changed since the fix was made; open the light bulb again.' };
		for (const { range, newText } of ofFile)
			made.push({ path, span: { start: lines.offsetAt(range.start), end: lines.offsetAt(range.end) }, text: newText });
	}
	const texts = new Map<string, string>();
	for (const [path, ofFile] of editsByFile(made)) {
		const text = applyEdits(configuration.files.get(path)?.tree.source.text ?? '', ofFile);
		if (typeof text !== 'string') return { problem: 'Two edits of the fix touch one place.' };
		texts.set(path, text);
	}
	return options.rebuild(overlaid(options.files, texts));
}

/** What nginx complains of, on the lines of the person's own files; also what it names no line for. */
export function nginxDiagnostics(view: View, output: string): readonly NginxDiagnostic[] {
	const configuration = view.checked[0]?.configuration;
	if (configuration === undefined) return [];
	return readMessages(output, (path) => fileNamed(path, configuration)).flatMap((problem) => {
		const place = locationOf(view, placeOfProblem(problem, configuration));
		return place === undefined ? [] : [{ ...place, severity: problem.severity, message: problem.message }];
	});
}

function pathOf(configuration: Configuration): (path: string) => string {
	return (path) => relativePath(path, configuration.prefix);
}
