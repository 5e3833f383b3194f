import { FileType, RelativePattern, Uri, workspace } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import type {
	FileFindParams,
	FileFindResult,
	FileListParams,
	FileListResult,
	FileReadParams,
	FileReadResult,
} from '../../../server/src/protocol/requests.ts';
import { FILE_FIND, FILE_LIST, FILE_READ } from '../../../server/src/protocol/requests.ts';

/** Lets the server read files through the editor: the only way in a browser and in a virtual workspace. */
export function answerFileRequests(client: BaseLanguageClient): void {
	client.onRequest<FileReadResult, Error>(FILE_READ, readFile);
	client.onRequest(FILE_LIST, listFolder);
	client.onRequest(FILE_FIND, findFiles);
}

async function readFile({ uri }: FileReadParams): Promise<FileReadResult> {
	try {
		const bytes = await workspace.fs.readFile(Uri.parse(uri));
		return { kind: 'text', text: await workspace.decode(bytes, { encoding: 'utf8' }) };
	} catch (error) {
		if (isNotFound(error)) return { kind: 'missing' };
		return { kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) };
	}
}

async function listFolder({ uri }: FileListParams): Promise<FileListResult> {
	try {
		const entries = await workspace.fs.readDirectory(Uri.parse(uri));
		return {
			entries: entries
				.filter(([, type]) => (type & (FileType.File | FileType.Directory)) !== 0)
				.map(([name, type]) => ({ name, kind: type & FileType.Directory ? ('directory' as const) : ('file' as const) }))
				.sort((a, b) => (a.name < b.name ? -1 : 1)),
		};
	} catch {
		return { entries: [] };
	}
}

async function findFiles({ uri, pattern, limit }: FileFindParams): Promise<FileFindResult> {
	const found = await workspace.findFiles(new RelativePattern(Uri.parse(uri), pattern), undefined, limit);
	return { uris: found.map(String) };
}

/** `FileSystemError` keeps its code on the object; a provider may throw any other error. */
function isNotFound(error: unknown): boolean {
	return typeof error === 'object' && error !== null && 'code' in error && error.code === 'FileNotFound';
}
