import { pathToFileURL } from 'node:url';
import type { Log, Result } from 'sarif';
import { NOTICES } from '../../../core/rules/notices.ts';
import { rulePageUrl } from '../../../core/rules/page.ts';
import { RULES } from '../../../core/rules/rules.generated.ts';
import { type CheckReport, pathFromHere, rangeOf } from '../report.ts';

/** SARIF 2.1.0 (one-based positions). */
export function reportSarif(report: CheckReport): string {
	const log: Log = {
		$schema: 'https://json.schemastore.org/sarif-2.1.0.json',
		version: '2.1.0',
		runs: [
			{
				tool: {
					driver: {
						name: 'nginx-websocket',
						informationUri: 'https://github.com/nginx-websocket/nginx-websocket',
						rules: [...RULES, ...NOTICES].map((rule) => ({
							id: rule.id,
							shortDescription: { text: rule.summary },
							fullDescription: { text: rule.why.replace(/\s*\n\s*/g, ' ') },
							helpUri: rulePageUrl(rule.id),
							defaultConfiguration: { level: levelOf(rule.severity) },
						})),
					},
				},
				columnKind: 'utf16CodeUnits',
				results: report.findings.map((finding): Result => {
					const place = (path: string, range: ReturnType<typeof rangeOf>) => ({
						physicalLocation: {
							artifactLocation: { uri: uriOf(path) },
							region: {
								startLine: range.start.line + 1,
								startColumn: range.start.character + 1,
								endLine: range.end.line + 1,
								endColumn: range.end.character + 1,
							},
						},
					});
					return {
						ruleId: finding.ruleId,
						level: levelOf(finding.severity),
						message: { text: finding.message },
						locations: [place(finding.at.path, rangeOf(finding, report.analysis))],
						relatedLocations: finding.related.map((related) => ({
							...place(related.path, rangeOf({ ...finding, at: related }, report.analysis)),
							message: { text: related.message },
						})),
					};
				}),
			},
		],
	};
	return `${JSON.stringify(log, null, 2)}\n`;
}

/** Relative to the working directory, which is the checkout's root where SARIF is uploaded; else a whole file URI. */
function uriOf(path: string): string {
	const shown = pathFromHere(path);
	return shown === path ? pathToFileURL(path).href : shown.split('/').map(encodeURIComponent).join('/');
}

function levelOf(severity: 'error' | 'warning' | 'information' | 'hint'): 'error' | 'warning' | 'note' {
	return severity === 'error' || severity === 'warning' ? severity : 'note';
}
