import { type CheckReport, pathFromHere, rangeOf } from '../report.ts';

/** GitHub's workflow commands: an annotation a finding. */
export function reportGithub(report: CheckReport): string {
	return report.findings
		.map((finding) => {
			const { start, end } = rangeOf(finding, report.analysis);
			const level = finding.severity === 'error' ? 'error' : finding.severity === 'warning' ? 'warning' : 'notice';
			const place = `file=${property(pathFromHere(finding.at.path))},line=${start.line + 1},col=${start.character + 1},endLine=${end.line + 1},endColumn=${end.character + 1}`;
			return `::${level} ${place},title=${property(finding.ruleId)}::${data(finding.message)}\n`;
		})
		.join('');
}

function data(text: string): string {
	return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function property(text: string): string {
	return data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
