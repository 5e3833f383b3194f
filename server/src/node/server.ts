import { createConnection, ProposedFeatures, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { startServer } from '../lsp/server.ts';
import { nodeHost } from './host.ts';

/** Starts the language server: over standard input and output, or as the process's own arguments say (`--node-ipc`, `--pipe=…`). */
export function startNodeServer(transport: 'stdio' | 'arguments'): void {
	const connection =
		transport === 'stdio'
			? createConnection(ProposedFeatures.all, new StreamMessageReader(process.stdin), new StreamMessageWriter(process.stdout))
			: createConnection(ProposedFeatures.all);
	startServer(connection, nodeHost());
}
