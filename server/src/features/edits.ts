import type { TextDocumentEdit } from 'vscode-languageserver-types';
import { editsByFile } from '../core/engine/edits.ts';
import type { Edit } from '../core/engine/finding.ts';
import { rangeOf, type View } from './view.ts';

/** Edits by document, with the version they were made for, so that a client refuses them for any other. */
export function documentEdits(view: View, edits: readonly Edit[]): TextDocumentEdit[] {
	const changes: TextDocumentEdit[] = [];
	for (const [path, ofFile] of editsByFile(edits)) {
		const lines = path === view.path ? view.lines : view.linesOf(path);
		if (lines === undefined) continue;
		changes.push({
			textDocument: { uri: view.uriOf(path), version: view.versionOf(path) },
			edits: ofFile.map((edit) => ({ range: rangeOf(lines, edit.span), newText: edit.text })),
		});
	}
	return changes;
}
