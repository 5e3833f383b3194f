import { TextDocument, type TextDocumentContentChangeEvent } from 'vscode-languageserver-textdocument';
import { parseConfiguration } from '../core/config/parseConfiguration.ts';
import type { SyntaxTree } from '../core/syntax/nodes.ts';
import { followedBy, type Touched } from './edits.ts';
import { pathOfUri } from './paths.ts';

/** How many changes since the last check are remembered one by one. */
const MOST_CHANGES = 1_000;

/** A text, parsed when somebody asks: a keystroke needs no tree of the whole. */
class Reading {
	readonly #text: string;
	#tree: SyntaxTree | undefined;

	constructor(text: string) {
		this.#text = text;
	}

	get tree(): SyntaxTree {
		this.#tree ??= parseConfiguration(this.#text);
		return this.#tree;
	}
}

/** One open document. Its tree is made when it is asked for and belongs to the present version. */
export class OpenDocument {
	readonly path: string;
	/** The client's own spelling of the URI. */
	readonly uri: string;
	#document: TextDocument;
	#reading: Reading;
	/** Grows with every change; unlike the version it is ours. */
	#stamp = 0;
	/** Each change with the stamp that it led to, oldest first. */
	#changes: { readonly stamp: number; readonly touched: Touched }[] = [];

	constructor(uri: string, languageId: string, version: number, text: string) {
		this.uri = uri;
		this.path = pathOfUri(uri);
		this.#document = TextDocument.create(uri, languageId, version, text);
		this.#reading = new Reading(text);
	}

	get version(): number {
		return this.#document.version;
	}

	get stamp(): number {
		return this.#stamp;
	}

	get lines(): TextDocument {
		return this.#document;
	}

	get text(): string {
		return this.#document.getText();
	}

	get tree(): SyntaxTree {
		return this.#reading.tree;
	}

	/** The tree of the present version, also when the document has changed by the time it is looked at. */
	get reading(): { readonly tree: SyntaxTree } {
		return this.#reading;
	}

	update(changes: TextDocumentContentChangeEvent[], version: number): void {
		for (const change of changes) {
			const whole = { start: { line: 0, character: 0 }, end: { line: Number.MAX_SAFE_INTEGER, character: 0 } };
			const range = 'range' in change ? change.range : whole;
			// A client may name the ends the wrong way round; TextDocument takes them in order.
			const ends = [this.#document.offsetAt(range.start), this.#document.offsetAt(range.end)];
			const start = Math.min(...ends);
			const touched = { start, oldEnd: Math.max(...ends), newEnd: start + change.text.length };
			this.#document = TextDocument.update(this.#document, [change], version);
			this.#changes.push({ stamp: ++this.#stamp, touched });
		}
		if (this.#changes.length > MOST_CHANGES) this.#changes = this.#changes.slice(-MOST_CHANGES / 2);
		this.#reading = new Reading(this.#document.getText());
	}

	/** All that changed since a stamp, as one stretch; undefined when nothing did, or too much to remember. */
	touchedSince(stamp: number): Touched | undefined {
		const since = this.#changes.filter((change) => change.stamp > stamp);
		if (since.length !== this.#stamp - stamp) return undefined;
		return since
			.map(({ touched }) => touched)
			.reduce<Touched | undefined>((all, one) => (all === undefined ? one : followedBy(all, one)), undefined);
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
