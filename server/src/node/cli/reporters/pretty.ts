import { styleText } from 'node:util';
import type { Finding, Severity } from '../../../core/engine/finding.ts';
import { printableLine } from '../../../core/handshake/printable.ts';
import { type CheckReport, pathFromHere, rangeOf } from '../report.ts';

const COLOURS = { error: 'red', warning: 'yellow', information: 'blue', hint: 'gray' } as const;

/** Findings whose fixes are named: proving one takes a moment, and nobody reads more. */
const MOST_FIXES = 1000;

/** For a person at a terminal: place, message, the line with the marked stretch, and the fix. */
export function reportPretty(report: CheckReport, colour: boolean): string {
	const paint = (severity: Severity, text: string): string => (colour ? styleText(COLOURS[severity], text) : text);
	const faint = (text: string): string => (colour ? styleText('gray', text) : text);
	const parts = report.findings.map((finding, index) => {
		const { start } = rangeOf(finding, report.analysis);
		const gutter = String(start.line + 1);
		const { line, before, width } = excerptOf(finding, report);
		const lines = [
			`${pathFromHere(finding.at.path)}:${start.line + 1}:${start.character + 1} ${paint(finding.severity, finding.severity)} ${printableLine(finding.message)} ${faint(`[${finding.ruleId}]`)}`,
			`${faint(`${gutter} |`)} ${line}`,
			`${faint(`${' '.repeat(gutter.length)} |`)} ${before.replace(/[^\t]/g, ' ')}${paint(finding.severity, `^${'~'.repeat(width - 1)}`)}`,
		];
		for (const related of finding.related) {
			const at = report.analysis.files.get(related.path)?.tree.source.positionAt(related.span.start);
			lines.push(faint(`  ${pathFromHere(related.path)}:${(at?.line ?? 0) + 1}: ${printableLine(related.message)}`));
		}
		const fix = index < MOST_FIXES ? finding.fixes().find(({ preferred }) => preferred) : undefined;
		if (fix !== undefined) lines.push(faint(`  fix: ${fix.title}`));
		return `${lines.join('\n')}\n`;
	});
	const many = report.findings.length > MOST_FIXES ? ` Fixes are named for the first ${MOST_FIXES}.` : '';
	const changed =
		report.changes === undefined
			? ''
			: ` ${report.changes.length === 0 ? 'No route' : report.changes.length === 1 ? '1 route' : `${report.changes.length} routes`} would end a handshake differently.`;
	return [...parts, `${summaryOf(report)}${changed}${many}\n`].join('\n');
}

/** The most characters of a line that are shown, and of those before what is marked. */
const WIDEST = 200;
const MOST_BEFORE = 120;

/** The line of a finding, cut to what a terminal shows, and where the mark stands in it. */
function excerptOf(
	finding: Finding,
	report: CheckReport,
): { readonly line: string; readonly before: string; readonly width: number } {
	const { start, end } = rangeOf(finding, report.analysis);
	const source = report.analysis.files.get(finding.at.path)?.tree.source;
	if (source === undefined) return { line: '', before: '', width: 1 };
	const lineStart = source.lineStarts[start.line] ?? 0;
	const at = lineStart + start.character;
	const from = start.character > MOST_BEFORE ? at - MOST_BEFORE / 2 : lineStart;
	const lineEnd = Math.min(source.lineStarts[start.line + 1] ?? source.text.length, from + WIDEST);
	const line = source.text.slice(from, lineEnd).replace(/[\r\n]+$/, '');
	const lead = from === lineStart ? '' : '…';
	const tabs = (text: string): string => text.split('\t').map(printableLine).join('\t');
	const marked = end.line === start.line ? end.character - start.character : line.length;
	return {
		line: `${lead}${tabs(line)}`,
		before: `${lead}${source.text.slice(from, at)}`,
		width: Math.max(1, Math.min(marked, from + line.length - at)),
	};
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
