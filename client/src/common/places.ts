import type { ViewColumn } from 'vscode';
import { Range, Uri, window } from 'vscode';
import type { DocumentPlace } from '../../../server/src/protocol/requests.ts';

/** Opens a place and selects it. */
export async function showPlace({ uri, range: { start, end } }: DocumentPlace, viewColumn?: ViewColumn): Promise<void> {
	const selection = new Range(start.line, start.character, end.line, end.character);
	await window.showTextDocument(Uri.parse(uri), { selection, preview: false, ...(viewColumn && { viewColumn }) });
}
