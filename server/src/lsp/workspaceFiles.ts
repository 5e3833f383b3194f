import { globRegex } from '../core/config/glob.ts';
import type { FileContent, Files } from '../core/config/model.ts';
import { parseConfiguration } from '../core/config/parseConfiguration.ts';
import { baseName, folderOf, isUnder } from '../core/config/paths.ts';
import type { Documents } from './documents.ts';
import type { DiskFiles, DiskText } from './host.ts';

/** Files asked of the client, one question at a time. */
export interface RemoteFiles {
	read(path: string): Promise<DiskText>;
	list(folder: string): Promise<readonly { readonly name: string; readonly kind: 'file' | 'directory' }[]>;
	find(folder: string, pattern: string, limit: number): Promise<readonly string[]>;
}

type Entries = readonly { readonly name: string; readonly kind: 'file' | 'directory' }[];

/** A file or folder of the project that is larger, deeper or more than this is left out of the search for configurations. */
const MOST_FOLDERS = 4_000;
const MOST_FOUND = 5_000;
const DEEPEST = 12;
const SKIPPED: ReadonlySet<string> = new Set(['node_modules', 'vendor', 'target', 'dist', 'build', 'out', '__pycache__', 'venv']);
const FIND_PATTERN = '**/{*.conf,*.nginx,*.nginxconf,sites-available/*,sites-enabled/*}';

/**
 * The files of the workspace as the core asks for them: open documents before the disk, everything kept until somebody says that it
 * changed. Where the disk can only be asked through the client, a file that was not asked for yet counts as missing and is noted;
 * `load` fetches what was noted.
 */
export class WorkspaceFiles implements Files {
	readonly #documents: Documents;
	readonly #disk: DiskFiles | undefined;
	readonly #remote: RemoteFiles | undefined;
	readonly #texts = new Map<string, DiskText>();
	readonly #trees = new Map<string, FileContent>();
	readonly #entries = new Map<string, Entries>();
	readonly #globs = new Map<string, readonly string[]>();
	readonly #wantedFiles = new Set<string>();
	readonly #wantedFolders = new Set<string>();
	/** Grows with every change that may alter which files an include finds. */
	structure = 0;

	constructor(documents: Documents, disk: DiskFiles | undefined, remote: RemoteFiles | undefined) {
		this.#documents = documents;
		this.#disk = disk;
		this.#remote = remote;
	}

	read(path: string): FileContent {
		const open = this.#documents.at(path);
		if (open !== undefined) return { kind: 'text', tree: open.tree };
		const known = this.#trees.get(path);
		if (known !== undefined) return known;
		const content = this.text(path);
		const read: FileContent = content.kind === 'text' ? { kind: 'text', tree: parseConfiguration(content.text) } : content;
		if (!this.#wantedFiles.has(path)) this.#trees.set(path, read);
		return read;
	}

	/** The text of a file on disk, not that of an open document. */
	text(path: string): DiskText {
		const known = this.#texts.get(path);
		if (known !== undefined) return known;
		if (this.#disk === undefined) {
			if (this.#remote !== undefined) this.#wantedFiles.add(path);
			return { kind: 'missing' };
		}
		const content = this.#disk.read(path);
		this.#texts.set(path, content);
		return content;
	}

	glob(pattern: string): readonly string[] {
		const known = this.#globs.get(pattern);
		if (known !== undefined) return known;
		const found = this.#glob(pattern);
		if (this.#wantedFolders.size === 0) this.#globs.set(pattern, found);
		return found;
	}

	/** The paths under a folder whose names say that they may be nginx's. Empty at first where the client must be asked. */
	async find(folder: string): Promise<readonly string[]> {
		if (this.#disk === undefined) {
			const found = await (this.#remote?.find(folder, FIND_PATTERN, MOST_FOUND) ?? []);
			return found.filter((path) => mayBeNginx(path));
		}
		const found: string[] = [];
		let folders: string[] = [folder];
		let visited = 0;
		for (let depth = 0; depth < DEEPEST && folders.length > 0; depth++) {
			const next: string[] = [];
			for (const at of folders) {
				if (++visited > MOST_FOLDERS || found.length >= MOST_FOUND) return found;
				for (const { name, kind } of this.#disk.list(at)) {
					const path = at === '/' ? `/${name}` : `${at}/${name}`;
					if (kind === 'directory') {
						if (!name.startsWith('.') && !SKIPPED.has(name)) next.push(path);
					} else if (mayBeNginx(path)) found.push(path);
				}
			}
			folders = next;
		}
		return found;
	}

	/** True when files must be asked of the client. */
	get isRemote(): boolean {
		return this.#remote !== undefined;
	}

	/** True when something was asked for that must be fetched first. */
	get isWaiting(): boolean {
		return this.#wantedFiles.size > 0 || this.#wantedFolders.size > 0;
	}

	/** Fetches what was asked for in vain. */
	async load(): Promise<void> {
		const remote = this.#remote;
		if (remote === undefined) return;
		const files = [...this.#wantedFiles];
		const folders = [...this.#wantedFolders];
		await Promise.all([
			...files.map(async (path) => {
				this.#texts.set(path, await remote.read(path));
				this.#trees.delete(path);
			}),
			...folders.map(async (folder) => this.#entries.set(folder, await remote.list(folder))),
		]);
		for (const path of files) this.#wantedFiles.delete(path);
		for (const folder of folders) this.#wantedFolders.delete(folder);
		this.#globs.clear();
		this.structure++;
	}

	/** A file changed on disk, appeared or went. */
	forget(path: string): void {
		this.#texts.delete(path);
		this.#trees.delete(path);
		this.#entries.delete(folderOf(path));
		this.#globs.clear();
		this.structure++;
	}

	/** Anything may have changed on disk. */
	forgetAll(): void {
		this.#texts.clear();
		this.#trees.clear();
		this.#entries.clear();
		this.#globs.clear();
		this.structure++;
	}

	/** A document was opened or closed: which files there are may have changed with it. */
	documentsChanged(): void {
		this.#globs.clear();
		this.structure++;
	}

	#glob(pattern: string): readonly string[] {
		const parts = pattern.split('/');
		const firstOpen = parts.findIndex((part) => /[*?[]/.test(part));
		if (firstOpen === -1) return [];
		let folders = [parts.slice(0, firstOpen).join('/') || '/'];
		for (let index = firstOpen; index < parts.length; index++) {
			const part = parts[index] ?? '';
			const isLast = index === parts.length - 1;
			const fits = /[*?[]/.test(part) ? globRegex(part) : undefined;
			folders = folders.flatMap((folder) =>
				this.#list(folder)
					.filter(({ name, kind }) => kind === (isLast ? 'file' : 'directory') && (fits?.test(name) ?? name === part))
					.map(({ name }) => (folder === '/' ? `/${name}` : `${folder}/${name}`)),
			);
		}
		const whole = globRegex(pattern);
		const found = new Set(folders);
		for (const { path } of this.#documents.all()) if (whole.test(path)) found.add(path);
		return [...found].sort((a, b) => (a < b ? -1 : 1));
	}

	#list(folder: string): Entries {
		const known = this.#entries.get(folder);
		if (known !== undefined) return known;
		if (this.#disk === undefined) {
			if (this.#remote !== undefined) this.#wantedFolders.add(folder);
			return [];
		}
		const entries = this.#disk.list(folder);
		this.#entries.set(folder, entries);
		return entries;
	}
}

/** True for a path that an nginx configuration may well have. Its content decides. */
export function mayBeNginx(path: string): boolean {
	const name = baseName(path);
	if (/\.(?:conf|nginx|nginxconf)$/.test(name)) return true;
	return /^sites-(?:available|enabled)$/.test(baseName(folderOf(path)));
}

/** True for a text that has a block of nginx's top level: quick, and without reading it properly. */
export function mayBeMain(path: string, text: string): boolean {
	return baseName(path) === 'nginx.conf' || /(?:^|[\s;{}])(?:http|events|stream|mail)\s*\{/.test(text);
}

/** The innermost of some folders that a path lies in. */
export function folderAround(path: string, folders: readonly string[]): string | undefined {
	return folders.filter((folder) => isUnder(path, folder)).sort((a, b) => b.length - a.length)[0];
}
