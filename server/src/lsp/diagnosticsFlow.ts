import {
	type CancellationToken,
	CodeLensRefreshRequest,
	type Connection,
	type Diagnostic,
	type DocumentDiagnosticReport,
	DocumentDiagnosticReportKind,
} from 'vscode-languageserver';
import { diagnostics } from '../features/diagnostics.ts';
import { guard } from './guard.ts';
import type { Session } from './session.ts';

export interface DiagnosticsCapabilities {
	/** The client asks for diagnostics; else they are sent to it. */
	readonly pull: boolean;
	/** The client can be told to ask again. */
	readonly refresh: boolean;
	readonly codeLensRefresh: boolean;
}

/**
 * Brings diagnostics to the client, by whichever way it has: it asks, or it is sent them with the version they belong to. Each result
 * is made in one go from the documents as they are, so it never mixes two versions.
 */
export class DiagnosticsFlow {
	readonly #connection: Connection;
	readonly #session: Session;
	readonly #capabilities: DiagnosticsCapabilities;
	/** What the client was last given, by URI, to spare it what it has. */
	readonly #given = new Map<string, { readonly id: string; readonly text: string }>();
	#count = 0;
	#isScheduled = false;

	constructor(connection: Connection, session: Session, capabilities: DiagnosticsCapabilities) {
		this.#connection = connection;
		this.#session = session;
		this.#capabilities = capabilities;
	}

	/** Answers a client that asks. */
	pull(uri: string, previousId: string | undefined, token: CancellationToken): Promise<DocumentDiagnosticReport> {
		const nothing: DocumentDiagnosticReport = { kind: DocumentDiagnosticReportKind.Full, items: [] };
		return guard('Checking', this.#session.log, token, nothing, async (): Promise<DocumentDiagnosticReport> => {
			const view = await this.#session.view(uri);
			if (view === undefined || token.isCancellationRequested) return nothing;
			const items = diagnostics(view);
			const text = JSON.stringify(items);
			const given = this.#given.get(uri);
			if (given?.text === text && given.id === previousId)
				return { kind: DocumentDiagnosticReportKind.Unchanged, resultId: given.id };
			const id = String(++this.#count);
			this.#given.set(uri, { id, text });
			return { kind: DocumentDiagnosticReportKind.Full, items, resultId: id };
		});
	}

	/** A document changed. A client that asks does so by itself. */
	changed(): void {
		if (!this.#capabilities.pull) this.#schedule();
	}

	closed(uri: string): void {
		this.#given.delete(uri);
		if (this.#capabilities.pull) return;
		void this.#connection.sendDiagnostics({ uri, diagnostics: [] });
		this.#schedule();
	}

	/** Something that every result may stand on changed: settings, files on disk, trust. */
	everythingChanged(): void {
		if (!this.#capabilities.pull) this.#schedule();
		else if (this.#capabilities.refresh) this.#connection.languages.diagnostics.refresh().catch(() => undefined);
		if (this.#capabilities.codeLensRefresh) this.#connection.sendRequest(CodeLensRefreshRequest.type).catch(() => undefined);
		this.#session.bases.tellStatus();
	}

	/** Sends after the messages that have come in already, so that a burst of keystrokes is checked once. */
	#schedule(): void {
		if (this.#isScheduled) return;
		this.#isScheduled = true;
		this.#session.host.defer(() => {
			this.#isScheduled = false;
			this.#publish().catch((error: unknown) => this.#session.log.error(`Checking failed: ${String(error)}`));
		});
	}

	async #publish(): Promise<void> {
		for (const document of this.#session.documents.all()) {
			const found = await this.#check(document.uri);
			if (found === undefined) continue;
			const { version, items } = found;
			const text = `${version} ${JSON.stringify(items)}`;
			if (this.#given.get(document.uri)?.text === text) continue;
			this.#given.set(document.uri, { id: '', text });
			await this.#connection.sendDiagnostics({ uri: document.uri, version, diagnostics: items });
		}
	}

	/** Undefined when the document changed meanwhile: another run is due then. */
	async #check(uri: string): Promise<{ readonly version: number; readonly items: Diagnostic[] } | undefined> {
		try {
			const view = await this.#session.view(uri);
			if (view === undefined || view.version === null) return undefined;
			return { version: view.version, items: diagnostics(view) };
		} catch (error) {
			this.#session.log.info(`Not checked: ${String(error)}`);
			return undefined;
		}
	}
}
