import { BrowserMessageReader, BrowserMessageWriter, createConnection, ProposedFeatures } from 'vscode-languageserver/browser';
import { startServer } from '../lsp/server.ts';

/** The language server in a Worker: no files of its own, no processes, no connections. */
const connection = createConnection(ProposedFeatures.all, new BrowserMessageReader(self), new BrowserMessageWriter(self));
startServer(connection, { files: undefined, defer: (callback) => void setTimeout(callback, 0) });
