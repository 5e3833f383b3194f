import type { Disposable, TextDocumentContentProvider } from 'vscode';
import { EventEmitter, Uri, ViewColumn, window, workspace } from 'vscode';

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

	/** Shows `markdown` in a tab called `name`, and leaves the caret where it is. */
	async show(name: string, markdown: string): Promise<void> {
		const uri = Uri.from({ scheme: SCHEME, path: `/${name}.md` });
		this.#texts.set(uri.path, markdown);
		this.#changed.fire(uri);
		const document = await workspace.openTextDocument(uri);
		await window.showTextDocument(document, { viewColumn: ViewColumn.Beside, preserveFocus: true, preview: false });
	}

	dispose(): void {
		this.#registration.dispose();
		this.#changed.dispose();
	}
}
