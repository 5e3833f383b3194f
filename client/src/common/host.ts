import type { Uri } from 'vscode';
import type { BaseLanguageClient, LanguageClientOptions } from 'vscode-languageclient';

/** What differs between the desktop and the web: how a server is started. */
export interface Host {
	/** A language client for a server that is not started yet. */
	createClient(extension: Uri, options: LanguageClientOptions): BaseLanguageClient;
	/** False where no process and no connection can be had: a browser. */
	readonly hasSockets: boolean;
}
