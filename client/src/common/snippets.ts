import { SnippetString, window } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import type { SnippetsParams, SnippetsResult } from '../../../server/src/protocol/requests.ts';
import { SNIPPETS } from '../../../server/src/protocol/requests.ts';
import { isNginx } from './documents.ts';

/** "NGINX: Insert Snippet": those that fit where the caret stands. */
export async function insertSnippet(client: BaseLanguageClient): Promise<void> {
	const editor = window.activeTextEditor;
	if (editor === undefined || !isNginx(editor.document)) {
		window.showInformationMessage('Open an nginx configuration first; its snippets depend on where the caret stands.');
		return;
	}
	const { line, character } = editor.selection.active;
	const params: SnippetsParams = { uri: editor.document.uri.toString(), position: { line, character } };
	const { snippets, context } = await client.sendRequest<SnippetsResult>(SNIPPETS, params);
	if (snippets.length === 0) {
		window.showInformationMessage(`No snippet fits here (${context}).`);
		return;
	}
	const chosen = await window.showQuickPick(
		snippets.map((snippet) => ({ label: snippet.name, detail: snippet.description, snippet })),
		{ title: 'Insert Snippet', placeHolder: `Fits here (${context})`, matchOnDetail: true },
	);
	if (chosen !== undefined) await editor.insertSnippet(new SnippetString(chosen.snippet.body));
}
