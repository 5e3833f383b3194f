import { type Diagnostic, DiagnosticSeverity, type Range } from 'vscode-languageserver-types';
import type { Finding } from '../core/engine/finding.ts';
import { NOTICES } from '../core/rules/notices.ts';
import { rulePageUrl } from '../core/rules/page.ts';
import { RULES } from '../core/rules/rules.generated.ts';
import { distinct, type ShownFinding } from './findings.ts';
import { type Lines, locationOf, rangeOf, type View } from './view.ts';

/** What every diagnostic of ours is signed with. */
export const SOURCE = 'nginx-websocket';

/** A finding about the view's document, under a name that is stable for one text. */
export interface Named<T extends ShownFinding> {
	readonly id: string;
	readonly finding: T;
	readonly range: Range;
}

/** The findings about the view's document with all that can be done about them, from every configuration that it is part of, each once. */
export function findingsHere(view: View): readonly Named<Finding>[] {
	const here = view.checked.flatMap((checked) => checked.findings.filter(({ at }) => at.path === view.path));
	return named(view.lines, view.checked.length === 1 ? here : distinct(here));
}

/** Names by line and character: what is typed in one line leaves the names in all others as they are. */
function named<T extends ShownFinding>(lines: Lines, findings: readonly T[]): readonly Named<T>[] {
	return findings.map((finding, index) => {
		const range = rangeOf(lines, finding.at.span);
		const { start, end } = range;
		return { id: `${finding.ruleId}@${start.line}:${start.character}-${end.line}:${end.character}#${index}`, finding, range };
	});
}

/** The diagnostics of the view's document. */
export function diagnostics(view: View): Diagnostic[] {
	return named(view.lines, view.findings).map((one) => toDiagnostic(view, one));
}

const SEVERITIES = {
	error: DiagnosticSeverity.Error,
	warning: DiagnosticSeverity.Warning,
	information: DiagnosticSeverity.Information,
	hint: DiagnosticSeverity.Hint,
} as const;

/** One finding about the view's document as a diagnostic. `data` is the finding's id. */
export function toDiagnostic(view: View, { id, finding, range }: Named<ShownFinding>): Diagnostic {
	const related = finding.related.flatMap((place) => {
		const location = locationOf(view, place);
		return location === undefined ? [] : [{ location, message: place.message }];
	});
	return {
		range,
		severity: SEVERITIES[finding.severity],
		source: SOURCE,
		code: finding.ruleId,
		...(hasPage(finding.ruleId) ? { codeDescription: { href: rulePageUrl(finding.ruleId) } } : {}),
		message: finding.message,
		...(related.length > 0 ? { relatedInformation: related } : {}),
		data: id,
	};
}

const PAGES: ReadonlySet<string> = new Set([...RULES, ...NOTICES].map(({ id }) => id));

function hasPage(id: string): boolean {
	return PAGES.has(id);
}
