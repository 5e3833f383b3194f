import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver-types';
import type { Finding } from '../core/engine/finding.ts';
import { rulePageUrl } from '../core/rules/page.ts';
import { RULES } from '../core/rules/rules.generated.ts';
import { distinct, type ShownFinding } from './findings.ts';
import { locationOf, rangeOf, type View } from './view.ts';

/** What every diagnostic of ours is signed with. */
export const SOURCE = 'nginx-websocket';

/** A finding about the view's document, under a name that is stable for one text. */
export interface Named<T extends ShownFinding> {
	readonly id: string;
	readonly finding: T;
}

/** The findings about the view's document with all that can be done about them, from every configuration that it is part of, each once. */
export function findingsHere(view: View): readonly Named<Finding>[] {
	const here = view.checked.flatMap((checked) => checked.findings.filter(({ at }) => at.path === view.path));
	return named(view.checked.length === 1 ? here : distinct(here));
}

function named<T extends ShownFinding>(findings: readonly T[]): readonly Named<T>[] {
	return findings.map((finding, index) => ({
		id: `${finding.ruleId}@${finding.at.span.start}-${finding.at.span.end}#${index}`,
		finding,
	}));
}

/** The diagnostics of the view's document. */
export function diagnostics(view: View): Diagnostic[] {
	return named(view.findings).map((one) => toDiagnostic(view, one));
}

const SEVERITIES = {
	error: DiagnosticSeverity.Error,
	warning: DiagnosticSeverity.Warning,
	information: DiagnosticSeverity.Information,
	hint: DiagnosticSeverity.Hint,
} as const;

/** One finding about the view's document as a diagnostic. `data` is the finding's id. */
export function toDiagnostic(view: View, { id, finding }: Named<ShownFinding>): Diagnostic {
	const related = finding.related.flatMap((place) => {
		const location = locationOf(view, place);
		return location === undefined ? [] : [{ location, message: place.message }];
	});
	return {
		range: rangeOf(view.lines, finding.at.span),
		severity: SEVERITIES[finding.severity],
		source: SOURCE,
		code: finding.ruleId,
		...(isRule(finding.ruleId) ? { codeDescription: { href: rulePageUrl(finding.ruleId) } } : {}),
		message: finding.message,
		...(related.length > 0 ? { relatedInformation: related } : {}),
		data: id,
	};
}

function isRule(id: string): boolean {
	return RULES.some((rule) => rule.id === id);
}
