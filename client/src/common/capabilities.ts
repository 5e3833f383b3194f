import type { BaseLanguageClient } from 'vscode-languageclient';
import type { ExperimentalCapabilities } from '../../../server/src/protocol/requests.ts';

/** What the running server offers beyond LSP; undefined while none runs. */
export function offeredBy(client: BaseLanguageClient): ExperimentalCapabilities | undefined {
	const experimental = client.initializeResult?.capabilities.experimental as
		| { readonly nginxWebSocket?: ExperimentalCapabilities }
		| undefined;
	return experimental?.nginxWebSocket;
}
