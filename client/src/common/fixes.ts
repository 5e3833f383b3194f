import { Range, Uri, ViewColumn, WorkspaceEdit, window, workspace } from 'vscode';
import type { FixReference } from '../../../server/src/protocol/requests.ts';

/** Applies a fix, and offers the next test for when it is saved and nginx has read it. */
export async function applyFixAndTest(fix: FixReference, again: () => Promise<void>): Promise<void> {
	if (!(await applyFix(fix))) return;
	const testAgain = 'Test Again';
	const message = 'The fix is in the editor. Save it, reload nginx, and test again.';
	if ((await window.showInformationMessage(message, testAgain)) === testAgain) await again();
}

/**
 * Applies a fix in the editor, unsaved, as one step that can be undone. False, with a message, when a document has changed since
 * the fix was made or the editor refuses.
 */
async function applyFix(fix: FixReference): Promise<boolean> {
	const change = new WorkspaceEdit();
	for (const { uri, version, edits } of fix.edits) {
		const target = Uri.parse(uri);
		const document = await workspace.openTextDocument(target);
		if (version !== null && document.version !== version) {
			window.showWarningMessage(
				`${workspace.asRelativePath(target)} has changed since the test. Test the route again to get a fix for it.`,
			);
			return false;
		}
		for (const { range, newText } of edits) {
			change.replace(target, new Range(range.start.line, range.start.character, range.end.line, range.end.character), newText);
		}
	}
	if (!(await workspace.applyEdit(change))) return false;
	// Every changed file gets a tab, for the person to see and save; the one that they were in stays in front.
	const before = window.activeTextEditor;
	for (const { uri } of fix.edits) await window.showTextDocument(Uri.parse(uri), { preview: false, viewColumn: columnOf(uri) });
	if (before !== undefined) await window.showTextDocument(before.document, before.viewColumn);
	return true;
}

/** Where a file stands already, else beside no report. */
function columnOf(uri: string): ViewColumn {
	return window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri)?.viewColumn ?? ViewColumn.One;
}
