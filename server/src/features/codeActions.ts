import {
	type CodeAction,
	type CodeActionContext,
	CodeActionKind,
	CodeActionTriggerKind,
	type Diagnostic,
	type Range,
} from 'vscode-languageserver-types';
import type { Edit, Finding, Fix } from '../core/engine/finding.ts';
import type { Span } from '../core/text/span.ts';
import { PROVE_FIX_COMMAND, type ProveFixParams } from '../protocol/sandbox.ts';
import { findingsHere, type Named, SOURCE, toDiagnostic } from './diagnostics.ts';
import { documentEdits } from './edits.ts';
import { fixAll } from './fixAll.ts';
import { webSocketRefactorings } from './refactorings.ts';
import type { View } from './view.ts';

/** The kind under which editors ask for all cures of a file at once. */
export const FIX_ALL = `${CodeActionKind.SourceFixAll}.nginxWebSocket`;

/** The kinds that this server answers. */
export const CODE_ACTION_KINDS: readonly string[] = [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite, FIX_ALL];

/** The light bulb: cures and a silencing comment for the findings that `range` touches, and what can be done with a location. */
export function codeActions(view: View, range: Range, context: CodeActionContext): CodeAction[] {
	const actions: CodeAction[] = [];
	const span = { start: view.lines.offsetAt(range.start), end: view.lines.offsetAt(range.end) };
	// What is shown is known at once; what can be done about it takes a whole check.
	const isTouched = view.findings.some(({ at }) => touches(at.span, span));
	if (isTouched && wants(context, CodeActionKind.QuickFix)) actions.push(...quickFixes(view, span, context, findingsHere(view)));
	// An editor asks with every move of the caret whether there is anything to light its bulb for.
	const isCasual = context.triggerKind === CodeActionTriggerKind.Automatic && view.lines.offsetAt(THE_END) > LARGE;
	if (!isCasual && wants(context, CodeActionKind.RefactorRewrite)) {
		for (const { title, edits } of webSocketRefactorings(view, span))
			actions.push({ title, kind: CodeActionKind.RefactorRewrite, edit: { documentChanges: documentEdits(view, edits) } });
	}
	// Fixing all is slow; it is done only for who asks for it by name, as editors do on save.
	if (context.only?.some((kind) => contains(kind, FIX_ALL)) === true) actions.push(...fixAllActions(view));
	return actions;
}

/** A text of more characters is not checked as a whole only because the caret moved. */
const LARGE = 200_000;
const THE_END = { line: Number.MAX_SAFE_INTEGER, character: 0 };

function touches(one: Span, other: Span): boolean {
	return one.start <= other.end && other.start <= one.end;
}

function quickFixes(view: View, span: Span, context: CodeActionContext, findings: readonly Named<Finding>[]): CodeAction[] {
	const touched = findings.filter(({ finding }) => touches(finding.at.span, span));
	const actions: CodeAction[] = [];
	for (const named of touched) {
		const diagnostic = shownAs(view, named, context.diagnostics);
		for (const fix of named.finding.fixes()) {
			// Several findings of one route share the cure that mends it as a whole: it is listed once, for all of them.
			const twin = actions.findIndex(({ title }) => title === fix.title && !fix.preferred);
			const known = actions[twin];
			if (known !== undefined) {
				actions[twin] = { ...known, diagnostics: [...(known.diagnostics ?? []), diagnostic] };
				continue;
			}
			actions.push({
				title: fix.title,
				kind: CodeActionKind.QuickFix,
				diagnostics: [diagnostic],
				...(fix.preferred ? { isPreferred: true } : {}),
				edit: { documentChanges: documentEdits(view, fix.edits) },
			});
			if (fix.preferred && view.commands.includes(PROVE_FIX_COMMAND)) actions.push(proof(view, fix, diagnostic));
		}
	}
	for (const ruleId of new Set(touched.map(({ finding }) => finding.ruleId))) {
		const same = findings.filter(({ finding }) => finding.ruleId === ruleId);
		const isCurable = touched.some(
			({ finding }) => finding.ruleId === ruleId && finding.fixes().some(({ preferred }) => preferred),
		);
		if (same.length < 2 || !isCurable) continue;
		const data: FixAllData = { uri: view.uri, version: view.version, ruleId };
		actions.push({
			title: `Fix all ${same.length} findings of ${ruleId} in this file`,
			kind: CodeActionKind.QuickFix,
			diagnostics: same.map((named) => shownAs(view, named, context.diagnostics)),
			data,
		});
	}
	for (const named of touched) {
		const edit = silencingComment(view, named.finding);
		if (edit !== undefined)
			actions.push({
				title: `Ignore ${named.finding.ruleId} here, with a reason`,
				kind: CodeActionKind.QuickFix,
				diagnostics: [shownAs(view, named, context.diagnostics)],
				edit: { documentChanges: documentEdits(view, [edit]) },
			});
	}
	return actions;
}

/** Runs the routes in a private nginx before and after the fix; changes nothing. */
function proof(view: View, { title, edits }: Fix, diagnostic: Diagnostic): CodeAction {
	const params: ProveFixParams = {
		uri: view.uri,
		title,
		edits: documentEdits(view, edits).map(({ textDocument: { uri, version }, edits: ofFile }) => ({
			uri,
			version,
			edits: ofFile.flatMap((edit) => ('newText' in edit ? [{ range: edit.range, newText: edit.newText }] : [])),
		})),
	};
	return {
		title: `Prove this fix: ${title}`,
		kind: CodeActionKind.QuickFix,
		diagnostics: [diagnostic],
		command: { title: 'Prove this fix', command: PROVE_FIX_COMMAND, arguments: [params] },
	};
}

/** What "fix all of this rule" carries until it is resolved. */
export interface FixAllData {
	readonly uri: string;
	readonly version: number | null;
	readonly ruleId: string;
}

/** Works out the edits of "fix all of this rule", which is too slow to do each time a light bulb shows. */
export function resolveCodeAction(view: View, action: CodeAction, { version, ruleId }: FixAllData): CodeAction {
	if (view.version !== version) return action;
	const edits = fixAll(view, (finding) => finding.ruleId === ruleId && finding.at.path === view.path);
	return { ...action, edit: { documentChanges: documentEdits(view, edits) } };
}

/** The diagnostic that the client already shows for a finding, else a new one. */
function shownAs(view: View, named: Named<Finding>, shown: readonly Diagnostic[]): Diagnostic {
	return shown.find(({ source, data }) => source === SOURCE && data === named.id) ?? toDiagnostic(view, named);
}

function fixAllActions(view: View): CodeAction[] {
	const edits = fixAll(view, ({ at, severity }) => at.path === view.path && (severity === 'error' || severity === 'warning'));
	if (edits.length === 0) return [];
	return [{ title: 'Fix all WebSocket problems', kind: FIX_ALL, edit: { documentChanges: documentEdits(view, edits) } }];
}

/** `# nginx-websocket-ignore RULE reason` on a line of its own above the finding; undefined where that is no comment. */
function silencingComment(view: View, finding: Finding): Edit | undefined {
	if (finding.ruleId === 'syntax-error' || finding.ruleId === 'ignore-comment') return undefined;
	const { source } = view.tree;
	const start = source.lineStarts[source.lineAt(finding.at.span.start)] ?? 0;
	const text = `${source.indentationAt(start)}# nginx-websocket-ignore ${finding.ruleId} TODO: say why${source.eol}`;
	return { path: view.path, span: { start, end: start }, text };
}

function wants(context: CodeActionContext, kind: string): boolean {
	return context.only === undefined || context.only.some((asked) => contains(asked, kind));
}

/** True when `kind` is `outer` or one of its sub-kinds. */
function contains(outer: string, kind: string): boolean {
	return kind === outer || outer === '' || kind.startsWith(`${outer}.`);
}
