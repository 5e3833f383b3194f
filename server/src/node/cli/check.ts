import { dirname } from 'node:path';
import type { Configuration, Files } from '../../core/config/model.ts';
import { isUnder } from '../../core/config/paths.ts';
import { contextNamed } from '../../core/config/project.ts';
import { analyseProject, fixProject, keyOf, type ProjectOptions, unlessUsedElsewhere } from '../../core/engine/project.ts';
import { overlaid } from '../../core/engine/proof.ts';
import { analyseRange } from '../../core/engine/range.ts';
import { diskFiles } from '../files.ts';
import { writeTexts } from '../textFiles.ts';
import { type Target, targetOf } from './discover.ts';
import { UsageFailure } from './failure.ts';
import { isFixed, reportFixes } from './fixes.ts';
import type { Output } from './output.ts';
import type { CheckReport } from './report.ts';
import { reportGithub } from './reporters/github.ts';
import { reportJson } from './reporters/json.ts';
import { reportPretty } from './reporters/pretty.ts';
import { reportSarif } from './reporters/sarif.ts';
import { readSettingsFile, settingsFileFor } from './settingsFile.ts';
import { oncePerFile, withoutReached } from './twins.ts';
import { readVersionRange } from './versions.ts';

export interface CheckArguments {
	readonly paths: readonly string[];
	readonly format: string;
	readonly fix: boolean;
	readonly fixDryRun: boolean;
	readonly context: string | undefined;
	readonly nginxVersion: string | undefined;
	/** Other rules than all; for tests. */
	readonly rules?: ProjectOptions['rules'];
}

/** `check`: exit code 0, 1 when a finding of warning or error remains, 2 when a rule failed and so what it finds is not known. */
export function check(args: CheckArguments, output: Output): number {
	const reporter = REPORTERS[args.format];
	if (reporter === undefined) throw new UsageFailure(`--format ${args.format}: there is pretty, json, sarif and github.`);
	const context = args.context === undefined ? undefined : contextNamed(args.context);
	if (args.context !== undefined && context === undefined)
		throw new UsageFailure(`--context ${args.context}: write http, server or location.`);

	const paths = args.paths.length === 0 ? ['.'] : args.paths;
	const crashed = new Set<string>();
	const onRuleError = (ruleId: string, error: unknown): void => {
		if (!crashed.has(ruleId))
			output.note(`The rule ${ruleId} failed and was left out: ${error instanceof Error ? error.message : String(error)}\n`);
		crashed.add(ruleId);
	};
	const targets = paths.map((path) => targetOf(path, context));
	const mayEdit = (path: string): boolean => targets.some(({ workspace }) => isUnder(path, workspace));
	const reports = apart(targets)
		.flatMap(bySettings)
		.map((part, index) =>
			// What --fix writes for one part is read anew for the next.
			reportOf(args.fix && index > 0 ? { ...part, files: diskFiles() } : part, args, mayEdit, output, onRuleError),
		);
	const merged = onceReported(mergeReports(reports));
	output.data(reporter(merged, output.colour));
	if (args.format !== 'pretty') output.note(`Read as nginx ${merged.version}.\n`);
	if (crashed.size > 0) return 2;
	return merged.findings.some(({ severity }) => severity === 'error' || severity === 'warning') ? 1 : 0;
}

/** Targets of which none holds loosely what a main file of another one reaches: they would be found, and cured, in two ways. */
function apart(targets: readonly Target[]): readonly Target[] {
	if (targets.length < 2) return targets;
	const files = diskFiles();
	const all = targets.flatMap(({ read }) => read(files));
	return targets.map((target) => ({ ...target, read: withoutReached(target.read, all) }));
}

function onceReported(report: CheckReport): CheckReport {
	return { ...report, findings: oncePerFile(report.findings) };
}

/** The configurations of a target that one settings file holds for. */
interface Part {
	readonly target: Target;
	readonly files: Files;
	readonly settingsFile: string | undefined;
}

/** A target by the settings files of its main files, each found upwards from there, as the language server does. */
function bySettings(target: Target): readonly Part[] {
	const fileOf = ({ main }: Configuration): string | undefined => settingsFileFor(dirname(main.path));
	const files = diskFiles();
	const found = [...new Set(target.read(files).map(fileOf))];
	if (found.length <= 1)
		return [{ target, files, settingsFile: found.length === 0 ? settingsFileFor(target.workspace) : found[0] }];
	return found.map((settingsFile) => ({
		target: { ...target, read: (now) => target.read(now).filter((one) => fileOf(one) === settingsFile) },
		files,
		settingsFile,
	}));
}

const REPORTERS: Readonly<Record<string, (report: CheckReport, colour: boolean) => string>> = {
	pretty: reportPretty,
	json: reportJson,
	sarif: reportSarif,
	github: reportGithub,
};

function reportOf(
	{ target, files, settingsFile }: Part,
	args: CheckArguments,
	mayEdit: (path: string) => boolean,
	output: Output,
	onRuleError: NonNullable<ProjectOptions['onRuleError']>,
): CheckReport {
	const settings = readSettingsFile(settingsFile);
	const stated = args.nginxVersion ?? settings.nginxVersion;
	const range = readVersionRange(stated);
	const options: ProjectOptions = {
		version: range.from,
		isVersionStated: stated !== undefined,
		intent: settings.intent,
		severities: settings.severity,
		onRuleError,
		...(args.rules === undefined ? {} : { rules: args.rules }),
	};
	let now = files;
	if (args.fix || args.fixDryRun) {
		const fixed = fixProject(files, target.read, options, isFixed, mayEdit);
		if (args.fix) write(fixed.texts);
		reportFixes(fixed, target.workspace, args.fix ? 'fixed' : 'would fix', output);
		if (args.fix) now = overlaid(files, fixed.texts);
	}
	const common = { version: range.text, workspace: target.workspace };
	if (range.isOne) {
		const analysis = analyseProject(now, target.read, options);
		return { ...common, analysis, changes: undefined, findings: analysis.findings };
	}
	const analysis = analyseRange(range, target.read(now), options.severities, (version) =>
		analyseProject(now, target.read, { ...options, version }),
	);
	return { ...common, analysis, changes: analysis.changes, findings: analysis.findings };
}

function write(texts: ReadonlyMap<string, string>): void {
	const failure = writeTexts(texts);
	if (failure === undefined) return;
	const { path, reason, changed } = failure;
	const rest =
		changed.length > 0
			? `; ${changed.join(' and ')} could not be put back and must be looked at`
			: texts.size > 1
				? `; none of the ${texts.size} files to fix was changed`
				: '';
	throw new UsageFailure(`${path} cannot be written: ${reason}${rest}.`);
}

function mergeReports(reports: readonly CheckReport[]): CheckReport {
	const [only] = reports;
	if (only !== undefined && reports.length === 1) return only;
	const all = unlessUsedElsewhere(
		reports.flatMap((report) => report.findings),
		(file) => reports.filter(({ analysis }) => analysis.files.has(file)).length,
	);
	const findings = [...new Map(all.map((finding) => [keyOf(finding), finding])).values()];
	const changes = reports.flatMap((report) => report.changes ?? []);
	return {
		analysis: {
			analyses: reports.flatMap(({ analysis }) => analysis.analyses),
			findings,
			files: new Map(reports.flatMap(({ analysis }) => [...analysis.files])),
		},
		findings,
		changes: reports.every((report) => report.changes === undefined) ? undefined : changes,
		version: [...new Set(reports.map(({ version }) => version))].join(' and '),
		workspace: commonFolder(reports.map(({ workspace }) => workspace)),
	};
}

/** The innermost folder that all folders lie in. */
function commonFolder(folders: readonly string[]): string {
	const [first = '/', ...rest] = folders;
	let common = first;
	while (!rest.every((folder) => isUnder(folder, common)) && dirname(common) !== common) common = dirname(common);
	return common;
}
