import type { Configuration } from '../config/model.ts';
import { definitionsOf } from '../reference/directives.ts';
import { compareVersions, formatVersion, type NginxVersion, parseVersion } from '../reference/versions.ts';
import { VERDICT_CHANGES } from '../rules/notices.ts';
import { RULES } from '../rules/rules.generated.ts';
import { walk } from '../syntax/query.ts';
import type { Finding } from './finding.ts';
import type { ProjectAnalysis, ProjectOptions } from './project.ts';
import { changeFinding, type VerdictChange, verdictChanges } from './verdictChanges.ts';

/** Two versions, the older one first. */
export interface VersionSpan {
	readonly from: NginxVersion;
	readonly to: NginxVersion;
}

/** The versions at which what nginx does with a handshake changed (semantics §0.2). */
const CHANGES: readonly string[] = ['1.25.1', '1.29.4', '1.29.7', '1.31.0', '1.31.4'];

/** The first version of a range, and every one in it at which nginx, or a directive that these configurations use, changed. */
export function versionsIn(range: VersionSpan, configurations: readonly Configuration[] = []): readonly NginxVersion[] {
	const inside = [...CHANGES, ...changesOf(configurations)]
		.map((text) => parseVersion(text))
		.filter((version) => version !== undefined)
		.filter((version) => compareVersions(version, range.from) > 0 && compareVersions(version, range.to) <= 0)
		.sort(compareVersions);
	return [
		range.from,
		...inside.filter((version, index) => index === 0 || compareVersions(version, inside[index - 1] ?? version) !== 0),
	];
}

/** When the directives of the configurations came, went, or took other arguments. */
function changesOf(configurations: readonly Configuration[]): ReadonlySet<string> {
	const trees = configurations.flatMap(({ files }) => [...files.values()].map(({ tree }) => tree));
	const names = new Set(trees.flatMap((tree) => [...walk(tree.directives)].map(({ name }) => name.value)));
	return new Set(
		[...names]
			.flatMap(definitionsOf)
			.flatMap(({ since, until, earlier }) => [since, until, earlier?.before])
			.filter((text) => text !== undefined),
	);
}

export interface RangeAnalysis extends ProjectAnalysis {
	/** The routes whose handshake does not end the same with all versions of the range. */
	readonly changes: readonly VerdictChange[];
}

/**
 * Findings over a range of versions: one that holds in a part of the range only says in which; a route whose handshake ends differently
 * is a finding too. `analyse` is asked once for each version at which something changes.
 */
export function analyseRange(
	range: VersionSpan,
	configurations: readonly Configuration[],
	severities: ProjectOptions['severities'],
	analyse: (version: NginxVersion) => ProjectAnalysis,
): RangeAnalysis {
	const versions = versionsIn(range, configurations);
	const results = versions.map((version) => ({ version, ...analyse(version) }));
	const first = results[0] ?? { version: range.from, ...analyse(range.from) };
	if (results.length === 1) return { ...first, changes: [] };
	const holds = new Map<
		string,
		{ finding: Finding; at: number[]; later?: { readonly version: NginxVersion; readonly message: string } }
	>();
	for (const [index, { version, findings }] of results.entries())
		for (const finding of findings) {
			const key = `${finding.ruleId}\0${finding.at.path}\0${finding.at.span.start}`;
			const known = holds.get(key);
			if (known === undefined) holds.set(key, { finding, at: [index] });
			else if (!known.at.includes(index)) {
				known.at.push(index);
				if (finding.message !== known.finding.message) known.later ??= { version, message: finding.message };
			}
		}
	const changes = first.analyses.flatMap((_, nth) =>
		verdictChanges(
			results.map(({ version, analyses }) => ({
				version,
				routes: analyses[nth]?.routes ?? [],
				refused: refusalOf(analyses[nth]?.findings ?? []),
			})),
		),
	);
	const severity = severities?.[VERDICT_CHANGES.id];
	const findings = [
		...[...holds.values()].map(({ finding, at, later }) => {
			const notes = [
				...(later === undefined ? [] : [`(From nginx ${formatVersion(later.version)} on: ${firstSentence(later.message)})`]),
				...(at.length === versions.length || finding.message.includes(' (Holds') ? [] : [whenItHolds(at, versions)]),
			];
			return notes.length === 0 ? finding : { ...finding, message: [finding.message, ...notes].join(' ') };
		}),
		...(severity === 'off'
			? []
			: changes.map(changeFinding).map((finding) => (severity === undefined ? finding : { ...finding, severity }))),
	];
	return { ...first, findings: findings.sort(byPlace), changes };
}

/** Why nginx does not start, where a finding says that it does not. */
function refusalOf(findings: readonly Finding[]): string | undefined {
	const refused = findings.find(({ ruleId }) => RULES.some((rule) => rule.id === ruleId && rule.refused === true));
	return refused && `nginx refuses to start, see ${refused.ruleId}`;
}

/** What is the case, without what to do about it. */
function firstSentence(message: string): string {
	return /^.*?\.(?= [A-Z]|$)/s.exec(message)?.[0] ?? message;
}

function byPlace(a: Finding, b: Finding): number {
	return (a.at.path < b.at.path ? -1 : a.at.path > b.at.path ? 1 : 0) || a.at.span.start - b.at.span.start;
}

function whenItHolds(at: readonly number[], versions: readonly NginxVersion[]): string {
	const first = versions[at[0] ?? 0];
	const next = versions[(at.at(-1) ?? 0) + 1];
	const from = at[0] === 0 || first === undefined ? '' : ` from nginx ${formatVersion(first)}`;
	const before = next === undefined ? '' : `${from === '' ? ' before nginx' : ' and before'} ${formatVersion(next)}`;
	return `(Holds${from}${before}.)`;
}
