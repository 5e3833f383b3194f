import type { Disposable, TextDocumentContentProvider } from 'vscode';
import { commands, EventEmitter, Uri, ViewColumn, window, workspace } from 'vscode';

const SCHEME = 'nginx-websocket-report';

/** Reports as read-only Markdown documents beside the configuration; a new report of the same name takes the place of the old one. */
export class Reports implements TextDocumentContentProvider, Disposable {
	readonly #texts = new Map<string, string>();
	readonly #changed = new EventEmitter<Uri>();
	readonly #registration: Disposable;
	readonly onDidChange = this.#changed.event;

	constructor() {
		this.#registration = workspace.registerTextDocumentContentProvider(SCHEME, this);
	}

	provideTextDocumentContent(uri: Uri): string {
		return this.#texts.get(uri.path) ?? 'This report is gone. Run the command again.\n';
	}

	/** Shows `markdown` beside the configuration under this name, rendered where the editor can, and leaves the caret where it is. */
	async show(name: string, markdown: string): Promise<void> {
		const uri = Uri.from({ scheme: SCHEME, path: `/${name}.md` });
		// The rendered view follows no link to a file; the place stays as text.
		this.#texts.set(uri.path, markdown.replaceAll(/\[([^\]]+)\]\((?!https?:)[^)\s]*\)/g, '$1'));
		this.#changed.fire(uri);
		const beside = { viewColumn: ViewColumn.Beside, preserveFocus: true, preview: false };
		try {
			await commands.executeCommand('vscode.openWith', uri, 'vscode.markdown.preview.editor', beside);
		} catch {
			// The editor's own Markdown extension is switched off.
			await window.showTextDocument(await workspace.openTextDocument(uri), beside);
		}
	}

	dispose(): void {
		this.#registration.dispose();
		this.#changed.dispose();
	}
}
