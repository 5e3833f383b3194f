import { URI } from 'vscode-uri';

/** A document's URI as the core names files: the '/'-separated path of a file of this machine, else the URI itself. */
export function pathOfUri(uri: string): string {
	const parsed = URI.parse(uri);
	if (parsed.scheme !== 'file') return parsed.toString();
	return parsed.fsPath.replace(/\\/g, '/');
}

/** The URI of a path of the core. */
export function uriOfPath(path: string): string {
	return /^[a-z][a-z0-9+.-]+:/i.test(path) ? path : URI.file(path).toString();
}
