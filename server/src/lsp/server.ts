import {
	type Connection,
	DidChangeConfigurationNotification,
	DidChangeWatchedFilesNotification,
	type InitializeParams,
	type InitializeResult,
	TextDocumentSyncKind,
} from 'vscode-languageserver';
import { CODE_ACTION_KINDS } from '../features/codeActions.ts';
import type {
	ExperimentalCapabilities,
	FileFindResult,
	FileListResult,
	FileReadResult,
	InitializationOptions,
} from '../protocol/requests.ts';
import { FILE_FIND, FILE_LIST, FILE_READ, TRUST_GRANTED } from '../protocol/requests.ts';
import { SETTINGS_SECTION } from '../protocol/settings.ts';
import { SETTINGS_FILE } from '../protocol/settingsFile.ts';
import { Bases } from './basis.ts';
import { DiagnosticsFlow } from './diagnosticsFlow.ts';
import { Documents } from './documents.ts';
import type { Log } from './guard.ts';
import { answerRequests } from './handlers.ts';
import type { Host } from './host.ts';
import { pathOfUri, uriOfPath } from './paths.ts';
import { Session } from './session.ts';
import { Workspace } from './workspace.ts';
import { type RemoteFiles, WorkspaceFiles } from './workspaceFiles.ts';

/** Serves one client over a connection that nobody listens to yet. Returns when the connection listens. */
export function startServer(connection: Connection, host: Host): void {
	const log: Log = {
		error: (message) => connection.console.error(message),
		info: (message) => connection.console.info(message),
	};
	connection.onInitialize((params) => initialize(connection, host, log, params));
	connection.listen();
}

function initialize(connection: Connection, host: Host, log: Log, params: InitializeParams): InitializeResult {
	const options = initializationOptions(params.initializationOptions);
	const { workspace, textDocument } = params.capabilities;
	const pullsDiagnostics = textDocument?.diagnostic !== undefined;
	const pullsSettings = workspace?.configuration === true;
	const throughClient = options.filesThroughClient === true || host.files === undefined;

	const documents = new Documents();
	const files = new WorkspaceFiles(
		documents,
		throughClient ? undefined : host.files,
		options.filesThroughClient === true ? filesOfClient(connection) : undefined,
	);
	const bases = new Bases({ connection, pull: pullsSettings }, host, files, options.trusted === true);
	// What has come in is read in one turn, taken from the protocol's queue in the next, and answered after that.
	const pause = (): Promise<void> => new Promise((resolve) => host.defer(() => host.defer(() => host.defer(resolve))));
	const project = new Workspace(files, documents, log, (path) => bases.of(path), pause);
	const session = new Session({ documents, workspace: project, bases, commands: options.commands ?? [], log, host });
	const flow = new DiagnosticsFlow(connection, session, {
		pull: pullsDiagnostics,
		refresh: workspace?.diagnostics?.refreshSupport === true,
		codeLensRefresh: workspace?.codeLens?.refreshSupport === true,
	});
	project.setFolders(
		(params.workspaceFolders ?? (params.rootUri ? [{ uri: params.rootUri }] : [])).map(({ uri }) => pathOfUri(uri)),
	);
	followDocuments(connection, session, flow, workspace?.didChangeWatchedFiles?.dynamicRegistration === true);
	answerRequests(connection, session, flow);

	connection.onInitialized(async () => {
		if (workspace?.didChangeWatchedFiles?.dynamicRegistration === true)
			void connection.client.register(DidChangeWatchedFilesNotification.type, {
				watchers: [
					{ globPattern: '**/*.{conf,nginx,nginxconf}' },
					{ globPattern: '**/{sites-available,sites-enabled,snippets,nginx}/**' },
					{ globPattern: `**/${SETTINGS_FILE}` },
				],
			});
		if (workspace?.didChangeConfiguration?.dynamicRegistration === true)
			void connection.client.register(DidChangeConfigurationNotification.type, { section: SETTINGS_SECTION });
		if (params.capabilities.workspace?.workspaceFolders === true)
			connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
				const gone = new Set(removed.map(({ uri }) => pathOfUri(uri)));
				project.setFolders([...project.folders.filter((folder) => !gone.has(folder)), ...added.map(({ uri }) => pathOfUri(uri))]);
				session.prepare();
				flow.everythingChanged();
			});
		session.prepare();
		await session.ready();
		flow.everythingChanged();
	});
	connection.onDidChangeConfiguration(async ({ settings }) => {
		session.prepare(isRecord(settings) ? settings[SETTINGS_SECTION] : undefined);
		await session.ready();
		flow.everythingChanged();
	});
	connection.onNotification(TRUST_GRANTED, async () => {
		bases.trust();
		session.prepare();
		await session.ready();
		flow.everythingChanged();
	});

	const experimental: ExperimentalCapabilities = {
		handshake: host.handshake !== undefined,
		sandbox: host.sandbox !== undefined,
		explain: true,
	};
	return {
		serverInfo: { name: 'nginx-websocket' },
		capabilities: {
			textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: { includeText: false } },
			...(pullsDiagnostics
				? {
						diagnosticProvider: {
							identifier: SETTINGS_SECTION,
							interFileDependencies: true,
							workspaceDiagnostics: false,
						},
					}
				: {}),
			codeActionProvider: { codeActionKinds: [...CODE_ACTION_KINDS], resolveProvider: true },
			hoverProvider: true,
			completionProvider: { triggerCharacters: ['$', '@', '{'], resolveProvider: true },
			definitionProvider: true,
			referencesProvider: true,
			documentHighlightProvider: true,
			renameProvider: { prepareProvider: true },
			documentSymbolProvider: true,
			workspaceSymbolProvider: true,
			foldingRangeProvider: true,
			selectionRangeProvider: true,
			documentLinkProvider: {},
			codeLensProvider: { resolveProvider: true },
			workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
			experimental: { nginxWebSocket: experimental },
		},
	};
}

/** Keeps the documents in step with the client, and the workspace with the disk. */
function followDocuments(connection: Connection, session: Session, flow: DiagnosticsFlow, isWatching: boolean): void {
	const { documents, workspace } = session;
	connection.onDidOpenTextDocument(({ textDocument: { uri, languageId, version, text } }) => {
		if (!isWatching) workspace.files.forgetAll();
		documents.open(uri, languageId, version, text);
		workspace.files.documentsChanged();
		flow.changed();
	});
	connection.onDidChangeTextDocument(({ textDocument: { uri, version }, contentChanges }) => {
		documents.get(uri)?.update(contentChanges, version);
		flow.changed();
	});
	connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
		const path = documents.close(uri);
		workspace.files.forget(path);
		flow.closed(uri);
	});
	connection.onDidSaveTextDocument(({ textDocument: { uri } }) => {
		workspace.files.forget(pathOfUri(uri));
		if (!isWatching) workspace.files.forgetAll();
		flow.changed();
	});
	connection.onDidChangeWatchedFiles(({ changes }) => {
		for (const { uri } of changes) workspace.files.forget(pathOfUri(uri));
		workspace.forgetIndex();
		flow.everythingChanged();
	});
}

/** Files of a virtual workspace: the client reads them. What it cannot answer counts as unreadable. */
function filesOfClient(connection: Connection): RemoteFiles {
	return {
		async read(path) {
			try {
				return await connection.sendRequest<FileReadResult>(FILE_READ, { uri: uriOfPath(path) });
			} catch (error) {
				return { kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) };
			}
		},
		async list(folder) {
			try {
				return (await connection.sendRequest<FileListResult>(FILE_LIST, { uri: uriOfPath(folder) })).entries;
			} catch {
				return [];
			}
		},
		async find(folder, pattern, limit) {
			try {
				const params = { uri: uriOfPath(folder), pattern, limit };
				return (await connection.sendRequest<FileFindResult>(FILE_FIND, params)).uris.map(pathOfUri);
			} catch {
				return [];
			}
		},
	};
}

function initializationOptions(value: unknown): InitializationOptions {
	if (!isRecord(value)) return {};
	return {
		trusted: value.trusted === true,
		filesThroughClient: value.filesThroughClient === true,
		commands: Array.isArray(value.commands) ? value.commands.filter((command) => typeof command === 'string') : [],
	};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null;
}
