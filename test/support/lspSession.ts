import { PassThrough } from 'node:stream';
import type {
	ClientCapabilities,
	CodeAction,
	Diagnostic,
	DocumentDiagnosticReport,
	FileChangeType,
	InitializeResult,
	Position,
	ProtocolConnection,
	PublishDiagnosticsParams,
	TextDocumentContentChangeEvent,
	TextDocumentEdit,
} from 'vscode-languageserver/node';
import {
	createConnection,
	createProtocolConnection,
	ProposedFeatures,
	StreamMessageReader,
	StreamMessageWriter,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import texts from '../../server/src/core/reference/texts.generated.json';
import type { DiskFiles, Host } from '../../server/src/lsp/host.ts';
import { startServer } from '../../server/src/lsp/server.ts';
import type { InitializationOptions, Status } from '../../server/src/protocol/requests.ts';
import { STATUS } from '../../server/src/protocol/requests.ts';
import { readMarks } from './marked.ts';

/** A disk in memory that a test may write to. Folders are whatever the paths have. */
export class MemoryDisk implements DiskFiles {
	readonly texts: Map<string, string>;
	/** Paths that exist and cannot be read. */
	readonly locked = new Set<string>();

	constructor(texts: Readonly<Record<string, string>>) {
		this.texts = new Map(Object.entries(texts));
	}

	read(path: string) {
		if (this.locked.has(path)) return { kind: 'unreadable', reason: 'reading it is not allowed' } as const;
		const text = this.texts.get(path);
		return text === undefined ? ({ kind: 'missing' } as const) : ({ kind: 'text', text } as const);
	}

	list(folder: string) {
		const entries = new Map<string, 'file' | 'directory'>();
		const prefix = folder === '/' ? '/' : `${folder}/`;
		for (const path of [...this.texts.keys(), ...this.locked]) {
			if (!path.startsWith(prefix)) continue;
			const [name = '', ...rest] = path.slice(prefix.length).split('/');
			entries.set(name, rest.length === 0 ? 'file' : 'directory');
		}
		return [...entries].map(([name, kind]) => ({ name, kind })).sort((a, b) => (a.name < b.name ? -1 : 1));
	}
}

export interface SessionOptions {
	/** What is on disk, by path. */
	readonly files?: Readonly<Record<string, string>>;
	/** The workspace folders; `/w` unless said. */
	readonly folders?: readonly string[];
	readonly initializationOptions?: InitializationOptions;
	/** What the client answers to `workspace/configuration`. */
	readonly settings?: unknown;
	/** `pull` (unless said): the client asks for diagnostics. */
	readonly diagnostics?: 'pull' | 'push';
	readonly host?: Partial<Host>;
	/** Requests that the client answers, by method. */
	readonly answers?: Readonly<Record<string, (params: unknown) => unknown>>;
	readonly capabilities?: ClientCapabilities;
}

/** A client of the real server, over two streams in this process. */
export class LspSession {
	readonly client: ProtocolConnection;
	readonly disk: MemoryDisk;
	readonly initialized: InitializeResult;
	/** Diagnostics that the server sent, in order. */
	readonly published: PublishDiagnosticsParams[] = [];
	readonly statuses: Status[] = [];
	readonly logged: string[] = [];
	/** How often the server asked the client to ask again. */
	refreshes = 0;
	settings: unknown;
	readonly #documents = new Map<string, TextDocument>();
	readonly #waiting: (() => void)[] = [];

	private constructor(client: ProtocolConnection, disk: MemoryDisk, settings: unknown) {
		this.client = client;
		this.disk = disk;
		this.settings = settings;
		this.initialized = { capabilities: {} };
	}

	static async start(options: SessionOptions = {}): Promise<LspSession> {
		const toServer = new PassThrough();
		const toClient = new PassThrough();
		const disk = new MemoryDisk(options.files ?? {});
		startServer(createConnection(ProposedFeatures.all, new StreamMessageReader(toServer), new StreamMessageWriter(toClient)), {
			files: disk,
			referenceTexts: async () => texts,
			defer: (callback) => void setImmediate(callback),
			delay: (milliseconds, callback) => void setTimeout(callback, milliseconds),
			...options.host,
		});
		const client = createProtocolConnection(new StreamMessageReader(toClient), new StreamMessageWriter(toServer));
		const session = new LspSession(client, disk, options.settings ?? null);
		session.#listen(options);
		const folders = options.folders ?? ['/w'];
		const pull = options.diagnostics !== 'push';
		const result: InitializeResult = await client.sendRequest('initialize', {
			processId: null,
			rootUri: null,
			workspaceFolders: folders.map((path) => ({ uri: uriOf(path), name: path })),
			initializationOptions: options.initializationOptions,
			capabilities: {
				workspace: {
					configuration: true,
					workspaceFolders: true,
					didChangeWatchedFiles: { dynamicRegistration: true },
					...(pull ? { diagnostics: { refreshSupport: true } } : {}),
				},
				textDocument: {
					...(pull ? { diagnostic: {} } : {}),
					publishDiagnostics: { versionSupport: true },
					codeAction: { dataSupport: true, resolveSupport: { properties: ['edit'] } },
				},
				...options.capabilities,
			},
		});
		Object.assign(session.initialized, result);
		await client.sendNotification('initialized', {});
		return session;
	}

	#listen(options: SessionOptions): void {
		const { client } = this;
		client.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
			this.published.push(params);
			for (const wake of this.#waiting.splice(0)) wake();
		});
		client.onNotification(STATUS, (status: Status) => {
			this.statuses.push(status);
			for (const wake of this.#waiting.splice(0)) wake();
		});
		client.onNotification('window/logMessage', ({ message }: { message: string }) => void this.logged.push(message));
		client.onRequest('workspace/configuration', ({ items }: { items: readonly unknown[] }) => items.map(() => this.settings));
		client.onRequest('client/registerCapability', () => null);
		client.onRequest('workspace/diagnostic/refresh', () => {
			this.refreshes++;
			for (const wake of this.#waiting.splice(0)) wake();
			return null;
		});
		for (const [method, answer] of Object.entries(options.answers ?? {})) client.onRequest(method, answer);
		client.listen();
	}

	/** Opens a document whose text may have `«…»` marks and a caret `‸`. */
	async open(path: string, marked: string): Promise<Opened> {
		const caret = marked.indexOf('‸');
		const { text, spans } = readMarks(marked.replace('‸', ''));
		const plain = TextDocument.create(uriOf(path), 'nginx', 1, text);
		this.#documents.set(path, plain);
		await this.client.sendNotification('textDocument/didOpen', {
			textDocument: { uri: uriOf(path), languageId: 'nginx', version: 1, text },
		});
		const caretOffset = caret - (marked.slice(0, Math.max(0, caret)).match(/[«»]/g)?.length ?? 0);
		return { uri: uriOf(path), text, spans, caret: plain.positionAt(caret === -1 ? 0 : caretOffset) };
	}

	/** Changes an open document as an editor does; each change is made for what the one before it left. */
	async change(path: string, ...changes: TextDocumentContentChangeEvent[]): Promise<number> {
		const before = this.document(path);
		const after = TextDocument.update(before, changes, before.version + 1);
		this.#documents.set(path, after);
		await this.client.sendNotification('textDocument/didChange', {
			textDocument: { uri: uriOf(path), version: after.version },
			contentChanges: changes,
		});
		return after.version;
	}

	document(path: string): TextDocument {
		const document = this.#documents.get(path);
		if (document === undefined) throw new Error(`${path} is not open`);
		return document;
	}

	/** Writes to the disk and tells the server, as an editor's watcher does. */
	async write(path: string, text: string | undefined): Promise<void> {
		const known = this.disk.texts.has(path);
		if (text === undefined) this.disk.texts.delete(path);
		else this.disk.texts.set(path, text);
		const type: FileChangeType = text === undefined ? 3 : known ? 2 : 1;
		await this.client.sendNotification('workspace/didChangeWatchedFiles', { changes: [{ uri: uriOf(path), type }] });
	}

	/** Asks for the diagnostics of a document. */
	async diagnostics(path: string): Promise<Diagnostic[]> {
		const report: DocumentDiagnosticReport = await this.client.sendRequest('textDocument/diagnostic', {
			textDocument: { uri: uriOf(path) },
		});
		return report.kind === 'full' ? report.items : [];
	}

	/** The diagnostics as `rule: marked text`, in order, without mere information. */
	async findings(path: string): Promise<string[]> {
		const document = this.document(path);
		return (await this.diagnostics(path))
			.filter(({ severity }) => severity !== undefined && severity <= 2)
			.map(({ code, range }) => `${code}: ${document.getText(range)}`);
	}

	/** A request about a place in a document. */
	at<T>(method: string, path: string, position: Position, more: object = {}): Promise<T> {
		return this.client.sendRequest(method, { textDocument: { uri: uriOf(path) }, position, ...more });
	}

	/** A request about a document. */
	about<T>(method: string, path: string, more: object = {}): Promise<T> {
		return this.client.sendRequest(method, { textDocument: { uri: uriOf(path) }, ...more });
	}

	/** The texts after an action, by path; the action is resolved first where it has no edit. */
	async applied(action: CodeAction): Promise<Record<string, string>> {
		const resolved = action.edit === undefined ? await this.client.sendRequest<CodeAction>('codeAction/resolve', action) : action;
		const texts: Record<string, string> = {};
		for (const change of (resolved.edit?.documentChanges ?? []) as TextDocumentEdit[]) {
			const path = decodeURIComponent(change.textDocument.uri.replace('file://', ''));
			const open = this.#documents.get(path);
			if ((open?.version ?? null) !== change.textDocument.version) throw new Error(`an edit for another version of ${path}`);
			const document = open ?? TextDocument.create(change.textDocument.uri, 'nginx', 0, this.disk.texts.get(path) ?? '');
			texts[path] = TextDocument.applyEdits(
				document,
				change.edits.flatMap((edit) => ('newText' in edit ? [edit] : [])),
			);
		}
		return texts;
	}

	/** Waits until the server has sent something for which `seen` holds. */
	async until(seen: () => boolean): Promise<void> {
		while (!seen()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	async stop(): Promise<void> {
		await this.client.sendRequest('shutdown');
		this.client.dispose();
	}
}

export interface Opened {
	readonly uri: string;
	readonly text: string;
	readonly spans: readonly { readonly start: number; readonly end: number }[];
	readonly caret: Position;
}

export function uriOf(path: string): string {
	return `file://${path}`;
}
