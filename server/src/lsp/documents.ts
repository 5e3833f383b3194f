import { TextDocument, type TextDocumentContentChangeEvent } from 'vscode-languageserver-textdocument';
import { parseConfiguration } from '../core/config/parseConfiguration.ts';
import type { SyntaxTree } from '../core/syntax/nodes.ts';
import { pathOfUri } from './paths.ts';

/** One open document. Its tree is made when it is asked for and belongs to the present version. */
export class OpenDocument {
	readonly path: string;
	/** The client's own spelling of the URI. */
	readonly uri: string;
	#document: TextDocument;
	#tree: SyntaxTree | undefined;

	constructor(uri: string, languageId: string, version: number, text: string) {
		this.uri = uri;
		this.path = pathOfUri(uri);
		this.#document = TextDocument.create(uri, languageId, version, text);
	}

	get version(): number {
		return this.#document.version;
	}

	get lines(): TextDocument {
		return this.#document;
	}

	get tree(): SyntaxTree {
		this.#tree ??= parseConfiguration(this.#document.getText());
		return this.#tree;
	}

	update(changes: TextDocumentContentChangeEvent[], version: number): void {
		this.#document = TextDocument.update(this.#document, changes, version);
		this.#tree = undefined;
	}
}

/** The open documents, by path. */
export class Documents {
	readonly #byPath = new Map<string, OpenDocument>();

	open(uri: string, languageId: string, version: number, text: string): OpenDocument {
		const document = new OpenDocument(uri, languageId, version, text);
		this.#byPath.set(document.path, document);
		return document;
	}

	close(uri: string): string {
		const path = pathOfUri(uri);
		this.#byPath.delete(path);
		return path;
	}

	get(uri: string): OpenDocument | undefined {
		return this.#byPath.get(pathOfUri(uri));
	}

	at(path: string): OpenDocument | undefined {
		return this.#byPath.get(path);
	}

	all(): readonly OpenDocument[] {
		return [...this.#byPath.values()];
	}
}
