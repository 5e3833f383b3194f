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

/** After how long without a change a burst of them counts as over, and how long it is waited for that at most. In milliseconds. */
const PAUSE = 20;
const LONGEST_WAIT = 150;

interface Given {
	readonly id: string;
	/** The document's, of what was sent without being asked for. */
	readonly version: number | null;
	readonly items: readonly Diagnostic[];
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
	readonly #given = new Map<string, Given>();
	#count = 0;
	#isScheduled = false;
	/** When a change came last, and by when it is checked whatever comes after it. */
	#changedAt = 0;
	#latest = 0;
	/** More than one change waits, or the one came close behind another. */
	#isBurst = false;

	constructor(connection: Connection, session: Session, capabilities: DiagnosticsCapabilities) {
		this.#connection = connection;
		this.#session = session;
		this.#capabilities = capabilities;
	}

	/** Answers a client that asks. */
	pull(uri: string, previousId: string | undefined, token: CancellationToken): Promise<DocumentDiagnosticReport> {
		const nothing: DocumentDiagnosticReport = { kind: DocumentDiagnosticReportKind.Full, items: [] };
		return guard('Checking', this.#session.log, token, nothing, async (): Promise<DocumentDiagnosticReport> => {
			const view = await this.#session.checkedView(uri, token);
			if (view === undefined || token.isCancellationRequested) return nothing;
			const items = diagnostics(view);
			const given = this.#given.get(uri);
			if (given !== undefined && given.id === previousId && isSameJson(given.items, items))
				return { kind: DocumentDiagnosticReportKind.Unchanged, resultId: given.id };
			const id = String(++this.#count);
			this.#given.set(uri, { id, version: null, items });
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

	/** A lone keystroke is checked at once; a burst of them when it pauses, and now and then while it goes on. */
	#schedule(): void {
		const now = Date.now();
		const isBurst = now - this.#changedAt < PAUSE || this.#isScheduled;
		this.#changedAt = now;
		if (isBurst) this.#isBurst = true;
		if (this.#isScheduled) return;
		this.#isScheduled = true;
		this.#latest = now + LONGEST_WAIT;
		this.#publishIn(isBurst ? PAUSE : 0);
	}

	#publishIn(milliseconds: number): void {
		this.#session.host.delay(milliseconds, () => {
			const rest = Math.min(this.#changedAt + PAUSE, this.#latest) - Date.now();
			if (this.#isBurst && rest > 0) return this.#publishIn(rest);
			this.#isScheduled = false;
			this.#isBurst = false;
			this.#publish().catch((error: unknown) => this.#session.log.error(`Checking failed: ${String(error)}`));
		});
	}

	async #publish(): Promise<void> {
		for (const document of this.#session.documents.all()) {
			const found = await this.#check(document.uri);
			if (found === undefined) continue;
			const { version, items } = found;
			const given = this.#given.get(document.uri);
			if (given !== undefined && given.version === version && isSameJson(given.items, items)) continue;
			this.#given.set(document.uri, { id: '', version, items });
			await this.#connection.sendDiagnostics({ uri: document.uri, version, diagnostics: items });
		}
	}

	/** Undefined when the document changed meanwhile: another run is due then. */
	async #check(uri: string): Promise<{ readonly version: number; readonly items: Diagnostic[] } | undefined> {
		try {
			const view = await this.#session.checkedView(uri);
			if (view === undefined || view.version === null) return undefined;
			return { version: view.version, items: diagnostics(view) };
		} catch (error) {
			this.#session.log.info(`Not checked: ${String(error)}`);
			return undefined;
		}
	}
}

/** True for two values that JSON writes alike. Quicker than writing them. */
function isSameJson(one: unknown, other: unknown): boolean {
	if (one === other) return true;
	if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
	if (Array.isArray(one) || Array.isArray(other))
		return (
			Array.isArray(one) &&
			Array.isArray(other) &&
			one.length === other.length &&
			one.every((value, index) => isSameJson(value, other[index]))
		);
	const names = Object.keys(one);
	return (
		names.length === Object.keys(other).length &&
		names.every((name) => isSameJson(Reflect.get(one, name), Reflect.get(other, name)))
	);
}
