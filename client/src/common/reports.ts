import type { TextDocument, TextDocumentContentProvider } from 'vscode';
import { commands, Disposable, DocumentLink, EventEmitter, languages, Range, Uri, ViewColumn, window, workspace } from 'vscode';

const SCHEME = 'nginx-websocket-report';

/** A Markdown link to a place in a file, or to a page. */
const LINK = /\[([^\]]+)\]\(([^)\s]+)\)/g;

/** Reports as read-only Markdown documents beside the configuration; a new report of the same name takes the place of the old one. */
export class Reports implements TextDocumentContentProvider, Disposable {
	readonly #texts = new Map<string, string>();
	/** Where the links of a report that is shown as text lead, by path of the report. */
	readonly #links = new Map<string, readonly { readonly text: string; readonly target: string; readonly at: number }[]>();
	readonly #changed = new EventEmitter<Uri>();
	readonly #registration: Disposable;
	readonly onDidChange = this.#changed.event;

	constructor() {
		this.#registration = Disposable.from(
			workspace.registerTextDocumentContentProvider(SCHEME, this),
			languages.registerDocumentLinkProvider({ scheme: SCHEME }, { provideDocumentLinks: (document) => this.#linksOf(document) }),
		);
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

	/** Shows `markdown` beside the configuration as text, where its links lead to the lines of files. */
	async showText(name: string, markdown: string): Promise<void> {
		const uri = Uri.from({ scheme: SCHEME, path: `/${name}.txt` });
		const links: { text: string; target: string; at: number }[] = [];
		let removed = 0;
		const text = markdown.replaceAll(LINK, (whole: string, shown: string, target: string, at: number) => {
			links.push({ text: shown, target, at: at - removed });
			removed += whole.length - shown.length;
			return shown;
		});
		this.#texts.set(uri.path, text);
		this.#links.set(uri.path, links);
		this.#changed.fire(uri);
		await window.showTextDocument(await workspace.openTextDocument(uri), {
			viewColumn: ViewColumn.Beside,
			preserveFocus: true,
			preview: false,
		});
	}

	#linksOf(document: TextDocument): DocumentLink[] {
		return (this.#links.get(document.uri.path) ?? []).map(
			({ text, target, at }) =>
				new DocumentLink(new Range(document.positionAt(at), document.positionAt(at + text.length)), Uri.parse(target)),
		);
	}

	dispose(): void {
		this.#registration.dispose();
		this.#changed.dispose();
	}
}
