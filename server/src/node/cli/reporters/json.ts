import { formatVersion } from '../../../core/reference/versions.ts';
import { placeOf } from '../../../core/rules/rule.ts';
import { titleOf } from '../../../core/rules/wording.ts';
import { type CheckReport, rangeOf, shownPath } from '../report.ts';

/** The JSON of `check --format json`: zero-based positions, as in LSP. */
export function reportJson(report: CheckReport): string {
	return `${JSON.stringify(
		{
			findings: report.findings.map((finding) => ({
				rule: finding.ruleId,
				severity: finding.severity,
				message: finding.message,
				file: shownPath(finding.at.path, report.workspace),
				range: rangeOf(finding, report.analysis),
				fixes: finding.fixes().map(({ title, safe }) => ({ title, safe })),
			})),
			...(report.changes === undefined
				? {}
				: {
						changes: report.changes.map(({ route, verdicts }) => ({
							route: titleOf(route),
							file: shownPath(route.at.file.path, report.workspace),
							range: rangeOf({ at: placeOf(route.at) }, report.analysis),
							verdicts: verdicts.map(({ from, verdict, reason }) => ({ from: formatVersion(from), verdict, reason })),
						})),
					}),
			files: report.analysis.files.size,
			nginxVersion: report.version,
		},
		null,
		2,
	)}\n`;
}
