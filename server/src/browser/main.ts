import { BrowserMessageReader, BrowserMessageWriter, createConnection, ProposedFeatures } from 'vscode-languageserver/browser';
import { startServer } from '../lsp/server.ts';

/** The language server in a Worker: no files of its own, no processes, no connections. */
const connection = createConnection(ProposedFeatures.all, new BrowserMessageReader(self), new BrowserMessageWriter(self));
startServer(connection, {
	files: undefined,
	referenceTexts: async () => (await fetch(new URL('../reference/texts.json', self.location.href))).json(),
	defer: (callback) => void setTimeout(callback, 0),
});
