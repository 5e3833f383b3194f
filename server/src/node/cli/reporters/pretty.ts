import { styleText } from 'node:util';
import type { Severity } from '../../../core/engine/finding.ts';
import { type CheckReport, rangeOf, shownPath } from '../report.ts';

const COLOURS = { error: 'red', warning: 'yellow', information: 'blue', hint: 'gray' } as const;

/** For a person at a terminal: place, message, the line with the marked stretch, and the fix. */
export function reportPretty(report: CheckReport, colour: boolean): string {
	const paint = (severity: Severity, text: string): string => (colour ? styleText(COLOURS[severity], text) : text);
	const faint = (text: string): string => (colour ? styleText('gray', text) : text);
	const parts = report.findings.map((finding) => {
		const { start, end } = rangeOf(finding, report.analysis);
		const source = report.analysis.files.get(finding.at.path)?.tree.source;
		const lineStart = source?.lineStarts[start.line] ?? 0;
		const lineEnd = source?.lineStarts[start.line + 1] ?? source?.text.length ?? 0;
		const line = (source?.text.slice(lineStart, lineEnd) ?? '').replace(/[\r\n]+$/, '').slice(0, 500);
		const width = Math.max(1, (end.line === start.line ? end.character : line.length) - start.character);
		const gutter = String(start.line + 1);
		const pad = line.slice(0, start.character).replace(/[^\t]/g, ' ');
		const lines = [
			`${shownPath(finding.at.path, report.workspace)}:${start.line + 1}:${start.character + 1} ${paint(finding.severity, finding.severity)} ${finding.message} ${faint(`[${finding.ruleId}]`)}`,
			`${faint(`${gutter} |`)} ${line}`,
			`${faint(`${' '.repeat(gutter.length)} |`)} ${pad}${paint(finding.severity, `^${'~'.repeat(Math.min(width, 200) - 1)}`)}`,
		];
		for (const related of finding.related) {
			const at = report.analysis.files.get(related.path)?.tree.source.positionAt(related.span.start);
			lines.push(faint(`  ${shownPath(related.path, report.workspace)}:${(at?.line ?? 0) + 1}: ${related.message}`));
		}
		const fix = finding.fixes().find(({ preferred }) => preferred);
		if (fix !== undefined) lines.push(faint(`  fix: ${fix.title}`));
		return `${lines.join('\n')}\n`;
	});
	return [...parts, `${summaryOf(report)}\n`].join('\n');
}

/** `2 errors, 1 information in 3 files, read as nginx 1.28.0.` */
export function summaryOf(report: CheckReport): string {
	const counts = (['error', 'warning', 'information', 'hint'] as const)
		.map((severity) => ({ severity, count: report.findings.filter((finding) => finding.severity === severity).length }))
		.filter(({ count }) => count > 0)
		.map(({ severity, count }) => `${count} ${severity}${count === 1 || severity === 'information' ? '' : 's'}`);
	const files = report.analysis.files.size;
	return `${counts.length === 0 ? 'Nothing to report' : counts.join(', ')} in ${files} file${files === 1 ? '' : 's'}, read as nginx ${report.version}.`;
}
