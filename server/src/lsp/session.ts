import type { CancellationToken } from 'vscode-languageserver';
import type { ReferenceTexts } from '../core/reference/texts.ts';
import type { Lines, View } from '../features/view.ts';
import type { Bases } from './basis.ts';
import type { Documents } from './documents.ts';
import { DocumentView } from './documentView.ts';
import { type Log, Outdated } from './guard.ts';
import type { Host } from './host.ts';
import { pathOfUri, uriOfPath } from './paths.ts';
import type { Workspace } from './workspace.ts';

/** What one client's handlers share. */
export class Session {
	readonly documents: Documents;
	readonly workspace: Workspace;
	readonly bases: Bases;
	readonly commands: readonly string[];
	readonly log: Log;
	readonly host: Host;
	#ready: Promise<void> = Promise.resolve();
	#isReady = false;
	#texts: Promise<ReferenceTexts> | undefined;

	constructor(parts: Pick<Session, 'documents' | 'workspace' | 'bases' | 'commands' | 'log' | 'host'>) {
		this.documents = parts.documents;
		this.workspace = parts.workspace;
		this.bases = parts.bases;
		this.commands = parts.commands;
		this.log = parts.log;
		this.host = parts.host;
	}

	/** nginx's documentation; empty where it cannot be had. */
	texts(): Promise<ReferenceTexts> {
		this.#texts ??= this.host.referenceTexts().catch((error: unknown) => {
			this.log.error(`The documentation's texts cannot be read: ${String(error)}`);
			return { directives: {}, variables: {} };
		});
		return this.#texts;
	}

	/** Starts to learn the settings, the version and the workspace's files (anew). */
	prepare(pushed?: unknown): void {
		this.#isReady = false;
		const run = this.bases
			.refresh(this.workspace.folders, pushed)
			.then(() => this.workspace.ready())
			.catch((error: unknown) => this.log.error(`Preparing the workspace failed: ${String(error)}`))
			.then(() => {
				if (this.#ready === run) this.#isReady = true;
			});
		this.#ready = run;
	}

	/** Resolves when all is known that answers stand on. */
	async ready(): Promise<void> {
		await this.#ready;
	}

	/**
	 * The document as it is when all is known that the answer stands on; undefined for a document that is not open and not on disk.
	 * Throws `Outdated` when the document changed while files were fetched.
	 */
	async view(uri: string): Promise<View | undefined> {
		const before = this.documents.get(uri)?.version;
		if (!this.#isReady) await this.ready();
		await this.workspace.settle(pathOfUri(uri));
		if (this.documents.get(uri)?.version !== before) throw new Outdated();
		return this.viewNow(uri);
	}

	/** The same, when its findings are known too. Throws `Outdated` as well when the document changed while the rules ran, or nobody waits. */
	async checkedView(uri: string, token?: CancellationToken): Promise<View | undefined> {
		const view = await this.view(uri);
		if (view === undefined) return undefined;
		const isWanted = (): boolean => token?.isCancellationRequested !== true && this.documents.get(uri)?.version === version;
		const version = this.documents.get(uri)?.version;
		await this.workspace.check(view.path, isWanted);
		if (!isWanted()) throw new Outdated();
		return this.viewNow(uri);
	}

	/** The line table of an open document or of a file on disk; undefined when there is none. */
	linesOf(path: string): Lines | undefined {
		const open = this.documents.at(path);
		if (open !== undefined) return open.lines;
		const content = this.workspace.files.read(path);
		return content.kind === 'text' ? content.tree.source : undefined;
	}

	/** The document as it is now. */
	viewNow(uri: string): View | undefined {
		const path = pathOfUri(uri);
		const basis = this.bases.of(path);
		const open = this.documents.at(path);
		if (open !== undefined) return new DocumentView(open, basis, this.commands, this.workspace, this.documents);
		const content = this.workspace.files.read(path);
		if (content.kind !== 'text') return undefined;
		const document = { uri: uriOfPath(path), path, version: null, reading: content, lines: content.tree.source };
		return new DocumentView(document, basis, this.commands, this.workspace, this.documents);
	}
}
