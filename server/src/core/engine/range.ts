import type { Files } from '../config/model.ts';
import { compareVersions, formatVersion, type NginxVersion, parseVersion } from '../reference/versions.ts';
import type { Finding } from './finding.ts';
import { analyseProject, keyOf, type ProjectAnalysis, type ProjectOptions, type ReadConfigurations } from './project.ts';

/** The versions at which what nginx does with a handshake, or what it accepts, changed (semantics §0.2). */
const CHANGES: readonly string[] = ['1.25.1', '1.29.4', '1.29.7', '1.31.0', '1.31.4'];

/** The first version of a range, and every one in it at which something changed. */
export function versionsIn(range: { readonly from: NginxVersion; readonly to: NginxVersion }): readonly NginxVersion[] {
	const inside = CHANGES.map((text) => parseVersion(text)).filter(
		(version) => version !== undefined && compareVersions(version, range.from) > 0 && compareVersions(version, range.to) <= 0,
	);
	return [range.from, ...inside.filter((version) => version !== undefined)];
}

/** Findings over a range of versions: one that holds in a part of the range only says in which. */
export function applyRange(
	files: Files,
	read: ReadConfigurations,
	options: ProjectOptions,
	range: { readonly from: NginxVersion; readonly to: NginxVersion },
): ProjectAnalysis {
	const versions = versionsIn(range);
	const results = versions.map((version) => analyseProject(files, read, { ...options, version }));
	const [first] = results;
	if (first === undefined || results.length === 1) return first ?? analyseProject(files, read, options);
	const holds = new Map<string, { finding: Finding; at: number[] }>();
	for (const [index, { findings }] of results.entries())
		for (const finding of findings) {
			const key = `${finding.ruleId}\0${finding.at.path}\0${finding.at.span.start}`;
			const known = holds.get(key);
			if (known === undefined) holds.set(key, { finding, at: [index] });
			else if (!known.at.includes(index)) known.at.push(index);
		}
	const findings = [...holds.values()].map(({ finding, at }) =>
		at.length === versions.length ? finding : { ...finding, message: `${finding.message} ${whenItHolds(at, versions)}` },
	);
	return { ...first, findings: findings.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)) };
}

function whenItHolds(at: readonly number[], versions: readonly NginxVersion[]): string {
	const first = versions[at[0] ?? 0];
	const next = versions[(at.at(-1) ?? 0) + 1];
	const from = at[0] === 0 || first === undefined ? '' : ` from nginx ${formatVersion(first)}`;
	const before = next === undefined ? '' : `${from === '' ? ' before nginx' : ' and before'} ${formatVersion(next)}`;
	return `(Holds${from}${before}.)`;
}
