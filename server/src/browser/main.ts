import { BrowserMessageReader, BrowserMessageWriter, createConnection, ProposedFeatures } from 'vscode-languageserver/browser';
import { startServer } from '../lsp/server.ts';

/** Where this script is. VS Code's hosts start a Worker from a blob, and the client says it in the Worker's name. */
const home = self.name.split(' ').find((word) => word.endsWith('/server.js')) ?? self.location.href;

/** The language server in a Worker: no files of its own, no processes, no connections. */
const connection = createConnection(ProposedFeatures.all, new BrowserMessageReader(self), new BrowserMessageWriter(self));
startServer(connection, {
	files: undefined,
	referenceTexts: async () => (await fetch(new URL('../reference/texts.json', home))).json(),
	defer: (callback) => void setTimeout(callback, 0),
	delay: (milliseconds, callback) => void setTimeout(callback, milliseconds),
});
