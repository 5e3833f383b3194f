import { isUnder } from '../../core/config/paths.ts';
import { contextNamed } from '../../core/config/project.ts';
import type { Finding } from '../../core/engine/finding.ts';
import {
	analyseProject,
	fixProject,
	type ProjectAnalysis,
	type ProjectOptions,
	unlessUsedElsewhere,
} from '../../core/engine/project.ts';
import { analyseRange } from '../../core/engine/range.ts';
import type { VerdictChange } from '../../core/engine/verdictChanges.ts';
import { diskFiles } from '../files.ts';
import { writeText } from '../textFiles.ts';
import { type Target, targetOf } from './discover.ts';
import { UsageFailure } from './failure.ts';
import type { Output } from './output.ts';
import { type CheckReport, shownPath } from './report.ts';
import { reportGithub } from './reporters/github.ts';
import { reportJson } from './reporters/json.ts';
import { reportPretty } from './reporters/pretty.ts';
import { reportSarif } from './reporters/sarif.ts';
import { readSettingsFile } from './settingsFile.ts';
import { readVersionRange } from './versions.ts';

export interface CheckArguments {
	readonly paths: readonly string[];
	readonly format: string;
	readonly fix: boolean;
	readonly fixDryRun: boolean;
	readonly context: string | undefined;
	readonly nginxVersion: string | undefined;
}

/** `check`: exit code 0, or 1 when a finding of warning or error remains. */
export function check(args: CheckArguments, output: Output): number {
	const reporter = REPORTERS[args.format];
	if (reporter === undefined) throw new UsageFailure(`--format ${args.format}: there is pretty, json, sarif and github.`);
	const context = args.context === undefined ? undefined : contextNamed(args.context);
	if (args.context !== undefined && context === undefined)
		throw new UsageFailure(`--context ${args.context}: write http, server or location.`);

	const paths = args.paths.length === 0 ? ['.'] : args.paths;
	let failed = false;
	const reports = paths.map((path) => reportOf(targetOf(path, context), args, output));
	const merged = mergeReports(reports);
	failed = merged.findings.some(({ severity }) => severity === 'error' || severity === 'warning');
	output.data(reporter(merged, output.colour));
	if (args.format !== 'pretty') output.note(`Read as nginx ${merged.version}.\n`);
	return failed ? 1 : 0;
}

const REPORTERS: Readonly<Record<string, (report: CheckReport, colour: boolean) => string>> = {
	pretty: reportPretty,
	json: reportJson,
	sarif: reportSarif,
	github: reportGithub,
};

function reportOf(target: Target, args: CheckArguments, output: Output): CheckReport {
	const settings = readSettingsFile(target.workspace);
	const range = readVersionRange(args.nginxVersion ?? settings.nginxVersion);
	const options: ProjectOptions = {
		version: range.from,
		intent: settings.intent,
		severities: settings.severity,
		onRuleError: (ruleId, error) =>
			output.note(`The rule ${ruleId} failed and was left out: ${error instanceof Error ? error.message : String(error)}\n`),
	};
	const files = diskFiles();
	let analysis: ProjectAnalysis;
	let changes: readonly VerdictChange[] | undefined;
	if (args.fix || args.fixDryRun) {
		const fixed = fixProject(files, target.read, options, isFixed);
		const outside = [...fixed.texts.keys()].filter((path) => !isUnder(path, target.workspace));
		for (const [path, text] of fixed.texts) if (args.fix && !outside.includes(path)) write(path, text);
		for (const { finding, fix } of fixed.applied)
			output.note(
				`${args.fix ? 'fixed' : 'would fix'} ${shownPath(finding.at.path, target.workspace)}: ${fix.title} [${finding.ruleId}]\n`,
			);
		const left = fixed.after.findings.filter((finding) => !isFixed(finding) && finding.fixes().length > 0);
		if (left.length > 0)
			output.note(
				left.length === 1
					? 'Left as it is: 1 finding that only informs (see its own quick fix).\n'
					: `Left as they are: ${left.length} findings that only inform (see their own quick fixes).\n`,
			);
		analysis = args.fix ? fixed.after : analyseProject(files, target.read, options);
	} else if (range.isOne) analysis = analyseProject(files, target.read, options);
	else {
		const overRange = analyseRange(range, target.read(files), options.severities, (version) =>
			analyseProject(files, target.read, { ...options, version }),
		);
		analysis = overRange;
		changes = overRange.changes;
	}
	return { analysis, changes, findings: analysis.findings, version: range.text, workspace: target.workspace };
}

/** `--fix` takes errors and warnings; the idle timeout and the like are left to their own quick fix (design §3). */
function isFixed(finding: Finding): boolean {
	return finding.severity === 'error' || finding.severity === 'warning';
}

function write(path: string, text: string): void {
	const failure = writeText(path, text);
	if (failure !== undefined) throw new UsageFailure(`${path} cannot be written: ${failure}.`);
}

function mergeReports(reports: readonly CheckReport[]): CheckReport {
	const [only] = reports;
	if (only !== undefined && reports.length === 1) return only;
	const findings = unlessUsedElsewhere(
		reports.flatMap((report) => report.findings),
		(file) => reports.filter(({ analysis }) => analysis.files.has(file)).length,
	);
	return {
		analysis: {
			analyses: reports.flatMap(({ analysis }) => analysis.analyses),
			findings,
			files: new Map(reports.flatMap(({ analysis }) => [...analysis.files])),
		},
		findings,
		changes: only?.changes === undefined ? undefined : reports.flatMap(({ changes }) => changes ?? []),
		version: only?.version ?? '',
		workspace: process.cwd(),
	};
}
