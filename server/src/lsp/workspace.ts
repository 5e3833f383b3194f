import { buildConfiguration } from '../core/config/build.ts';
import type { Configuration, Files } from '../core/config/model.ts';
import { folderOf, joinPath } from '../core/config/paths.ts';
import { isMainFile, readLooseFile } from '../core/config/project.ts';
import { unlessUsedElsewhere } from '../core/engine/project.ts';
import type { NginxVersion } from '../core/reference/versions.ts';
import { Checked } from '../features/checked.ts';
import { distinct, type ShownFinding } from '../features/findings.ts';
import type { Settings } from '../protocol/settings.ts';
import type { Documents } from './documents.ts';
import { Focus } from './focus.ts';
import type { Log } from './guard.ts';
import { folderAround, mayBeMain, type WorkspaceFiles } from './workspaceFiles.ts';

/** What a check stands on beside the texts. Compared by identity: a new object makes every check anew. */
export interface Basis {
	readonly settings: Settings;
	readonly version: NginxVersion;
	/** False when the version is only assumed. */
	readonly isVersionStated: boolean;
}

/** One configuration that was read, and the check of it once somebody asked. */
interface Entry {
	readonly structure: number;
	readonly configuration: Configuration;
	readonly rebuild: (files: Files) => Configuration;
	/** Of the open documents among its files, when it was read. */
	readonly stamps: ReadonlyMap<string, number>;
	checked: { readonly basis: Basis; readonly result: Checked } | undefined;
}

/** A check that is kept up to date by its changed part alone. */
interface Followed {
	readonly structure: number;
	readonly basis: Basis;
	readonly focus: Focus;
	readonly mainPath: string;
	readonly stamps: Map<string, number>;
}

/** How long the rules run before other questions have their turn, in milliseconds. */
const LONGEST_RUN = 50;

/** How far above a file outside every workspace folder its nginx.conf is looked for. */
const LEVELS_ABOVE = 3;

/**
 * The configurations of the workspace: which main files there are, what each includes, and what the rules say, read again when a
 * text they stand on has changed and not before.
 */
export class Workspace {
	readonly files: WorkspaceFiles;
	readonly #documents: Documents;
	readonly #log: Log;
	readonly #entries = new Map<string, Entry>();
	readonly #basisOf: (path: string) => Basis;
	readonly #pause: () => Promise<void>;
	readonly #followed = new Map<string, Followed>();
	/** The keys of the configurations that a file was shown with last. */
	readonly #shown = new Map<string, { readonly structure: number; readonly keys: readonly string[] }>();
	#folders: readonly string[] = [];
	/** Paths in the folders that may be nginx's. */
	#index: Promise<void> | undefined;
	readonly #found = new Set<string>();

	/** @param pause resolves when the messages that have arrived are seen to */
	constructor(
		files: WorkspaceFiles,
		documents: Documents,
		log: Log,
		basisOf: (path: string) => Basis,
		pause: () => Promise<void>,
	) {
		this.files = files;
		this.#documents = documents;
		this.#log = log;
		this.#basisOf = basisOf;
		this.#pause = pause;
	}

	get folders(): readonly string[] {
		return this.#folders;
	}

	setFolders(folders: readonly string[]): void {
		this.#folders = folders;
		this.forgetIndex();
	}

	/** Files may have appeared or gone. */
	forgetIndex(): void {
		this.#index = undefined;
	}

	/** Resolves when the folders have been searched. */
	ready(): Promise<void> {
		this.#index ??= this.#search();
		return this.#index;
	}

	async #search(): Promise<void> {
		const found = (await Promise.all(this.#folders.map((folder) => this.files.find(folder)))).flat();
		this.#found.clear();
		for (const path of found) this.#found.add(path);
		this.files.structure++;
	}

	/** Reads what the client must be asked for until nothing is missing any more. */
	async settle(path: string): Promise<void> {
		await this.ready();
		if (!this.files.isRemote) return;
		for (let round = 0; round < 50; round++) {
			this.including(path);
			if (!this.files.isWaiting) return;
			await this.files.load();
		}
	}

	/** The checked configurations that a file is part of; one for itself when no main file includes it. Empty when it cannot be read. */
	including(path: string): readonly Checked[] {
		return this.#entriesFor(path).map(({ entry }) => this.#checked(entry));
	}

	/**
	 * Runs the rules that the findings of a file wait for. A long run is interrupted for what else comes in, begun anew when a text that it
	 * stands on has changed, and given up when `isWanted` says no.
	 */
	async check(path: string, isWanted: () => boolean): Promise<void> {
		const begun = Date.now();
		this.files.read(path);
		if (Date.now() - begun > LONGEST_RUN) await this.#pause();
		while (isWanted() && this.#followedFor(path) === undefined) {
			const until = Date.now() + LONGEST_RUN;
			const waiting = this.#entriesFor(path).find(({ entry }) => !this.#checked(entry).isChecked);
			if (waiting === undefined) return;
			const checked = this.#checked(waiting.entry);
			while (Date.now() < until && !checked.checkOn());
			if (!checked.isChecked) await this.#pause();
		}
	}

	/** What is to be shown in a file, from every configuration that it is part of. The way that every keystroke takes. */
	findingsIn(path: string): readonly ShownFinding[] {
		const known = this.#followedFor(path) ?? this.#followAnew(path);
		const found = known.flatMap(({ focus }) => focus.findings(path));
		return known.length === 1 ? found : distinct(unlessUsedElsewhere(found, () => known.length));
	}

	/** The checks that a file was shown with, when they could follow all that has changed since. */
	#followedFor(path: string): readonly Followed[] | undefined {
		const shown = this.#shown.get(path);
		if (shown === undefined || shown.structure !== this.files.structure) return undefined;
		const found: Followed[] = [];
		for (const key of shown.keys) {
			const followed = this.#followed.get(key);
			if (followed === undefined || followed.structure !== this.files.structure) return undefined;
			if (followed.basis !== this.#basisOf(followed.mainPath) || !this.#catchUp(followed)) {
				this.#followed.delete(key);
				return undefined;
			}
			found.push(followed);
		}
		return found;
	}

	/** Tells a check what has changed since it was looked at last. */
	#catchUp({ focus, stamps }: Followed): boolean {
		for (const [path, stamp] of stamps) {
			const document = this.#documents.at(path);
			if (document === undefined) return false;
			if (document.stamp === stamp) continue;
			const touched = document.touchedSince(stamp);
			if (touched === undefined || !focus.follow(path, document.text, touched)) return false;
			stamps.set(path, document.stamp);
		}
		return true;
	}

	#followAnew(path: string): readonly Followed[] {
		const entries = this.#entriesFor(path);
		const { structure } = this.files;
		this.#shown.set(path, { structure, keys: entries.map(({ key }) => key) });
		return entries.map(({ key, entry }) => {
			const mainPath = entry.configuration.main.path;
			const basis = this.#basisOf(mainPath);
			const focus = new Focus(this.#checked(entry));
			const followed: Followed = { structure, basis, focus, mainPath, stamps: new Map(entry.stamps) };
			this.#followed.set(key, followed);
			return followed;
		});
	}

	#entriesFor(path: string): readonly { readonly key: string; readonly entry: Entry }[] {
		const found = this.#mainsFor(path)
			.map((main) => ({ key: main, entry: this.#entry(main) }))
			.filter(({ entry }) => entry.configuration.files.has(path));
		if (found.length > 0) return found;
		const loose = this.#looseEntry(path);
		return loose === undefined ? [] : [{ key: path, entry: loose }];
	}

	/** Every main file's configuration, for what concerns the workspace as a whole. */
	mains(): readonly Checked[] {
		return this.#mains().map((main) => this.#checked(this.#entry(main)));
	}

	/** The same, and after them each open document that no main file includes, by itself. */
	withLoose(): readonly Checked[] {
		const mains = this.mains();
		const known = new Set(mains.flatMap(({ configuration }) => [...configuration.files.keys()]));
		const loose = [...this.#documents.all()].filter(({ path }) => !known.has(path));
		return [...mains, ...loose.flatMap(({ path }) => this.including(path))];
	}

	/** The main files that may include a file. A main file is taken to stand for itself. */
	#mainsFor(path: string): readonly string[] {
		if (this.#isMain(path)) return [path];
		const mains = this.#mains();
		if (folderAround(path, this.#folders) !== undefined) return mains;
		const above = this.#mainAbove(path);
		return above === undefined || mains.includes(above) ? mains : [...mains, above];
	}

	#mains(): readonly string[] {
		const paths = new Set(this.#found);
		for (const { path } of this.#documents.all()) paths.add(path);
		return [...paths].filter((path) => this.#isMain(path));
	}

	#isMain(path: string): boolean {
		if (this.#documents.at(path) === undefined) {
			const content = this.files.text(path);
			if (content.kind !== 'text' || !mayBeMain(path, content.text)) return false;
		}
		const content = this.files.read(path);
		return content.kind === 'text' && isMainFile(content.tree, path);
	}

	/** `nginx.conf` in one of the folders above a file that lies in no workspace folder. */
	#mainAbove(path: string): string | undefined {
		let folder = folderOf(path);
		for (let level = 0; level < LEVELS_ABOVE && folder !== '' && folder !== '/'; level++) {
			const candidate = joinPath(folder, 'nginx.conf');
			if (this.files.text(candidate).kind === 'text') return candidate;
			folder = folderOf(folder);
		}
		return undefined;
	}

	#entry(main: string): Entry {
		const workspace = folderAround(main, this.#folders);
		const options = workspace === undefined ? {} : { workspace };
		return this.#upToDate(main, (files) => buildConfiguration(main, files, options));
	}

	#looseEntry(path: string): Entry | undefined {
		if (this.files.read(path).kind !== 'text') return undefined;
		const workspace = folderAround(path, this.#folders);
		const options = workspace === undefined ? {} : { workspace };
		return this.#upToDate(path, (files) => readLooseFile(path, files, options) ?? buildConfiguration(path, files, options));
	}

	#upToDate(key: string, rebuild: (files: Files) => Configuration): Entry {
		const known = this.#entries.get(key);
		if (known !== undefined && known.structure === this.files.structure && this.#isCurrent(known)) return known;
		const configuration = rebuild(this.files);
		const open = [...configuration.files.keys()]
			.map((path) => this.#documents.at(path))
			.filter((document) => document !== undefined);
		const stamps = new Map(open.map(({ path, stamp }): [string, number] => [path, stamp]));
		const entry: Entry = { structure: this.files.structure, configuration, rebuild, stamps, checked: undefined };
		this.#entries.set(key, entry);
		return entry;
	}

	/** True when no file of a configuration has changed since it was read. */
	#isCurrent({ configuration, stamps }: Entry): boolean {
		for (const [path, file] of configuration.files) {
			const open = this.#documents.at(path);
			if (open !== undefined) {
				if (stamps.get(path) !== open.stamp) return false;
				continue;
			}
			const now = this.files.read(path);
			if (now.kind !== 'text' || now.tree !== file.tree) return false;
		}
		return true;
	}

	#checked(entry: Entry): Checked {
		const basis = this.#basisOf(entry.configuration.main.path);
		if (entry.checked?.basis === basis) return entry.checked.result;
		const result = new Checked(entry.configuration, {
			version: basis.version,
			isVersionStated: basis.isVersionStated,
			severities: basis.settings.severity,
			intent: basis.settings.intent,
			files: this.files,
			rebuild: entry.rebuild,
			onRuleError: (rule, error) =>
				this.#log.error(`Rule ${rule} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
		});
		entry.checked = { basis, result };
		return result;
	}
}
