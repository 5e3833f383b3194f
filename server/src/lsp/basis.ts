import type { Connection } from 'vscode-languageserver';
import { folderOf, joinPath } from '../core/config/paths.ts';
import {
	DEFAULT_VERSION,
	FIRST_WITH_TUNNELS,
	formatVersion,
	isAtLeast,
	type NginxVersion,
	parseVersion,
} from '../core/reference/versions.ts';
import { STATUS, type Status } from '../protocol/requests.ts';
import { DEFAULT_SETTINGS, SETTINGS_SECTION, type Settings } from '../protocol/settings.ts';
import { SETTINGS_FILE } from '../protocol/settingsFile.ts';
import type { Host } from './host.ts';
import { uriOfPath } from './paths.ts';
import { readSettings, withSettingsFile } from './settings.ts';
import { SettingsProblems } from './settingsProblems.ts';
import type { Basis } from './workspace.ts';
import { folderAround, type WorkspaceFiles } from './workspaceFiles.ts';

/** What the client can do about settings. */
export interface SettingsSource {
	readonly connection: Connection;
	/** The client answers `workspace/configuration`. */
	readonly pull: boolean;
}

/** The settings in force for each file, and the nginx version that follows from them. */
export class Bases {
	readonly #source: SettingsSource;
	readonly #host: Host;
	readonly #files: WorkspaceFiles;
	#folders: readonly string[] = [];
	#trusted: boolean;
	/** By workspace folder; '' for what lies in none. */
	#settings = new Map<string, Settings>();
	#detected: { readonly program: string; readonly version?: NginxVersion; readonly problem?: string } | undefined;
	#bases = new Map<string, Basis>();
	#basesStructure = -1;
	readonly #problems: SettingsProblems;
	#told = '';

	constructor(source: SettingsSource, host: Host, files: WorkspaceFiles, trusted: boolean) {
		this.#source = source;
		this.#host = host;
		this.#files = files;
		this.#trusted = trusted;
		this.#problems = new SettingsProblems(source.connection, (path) => files.text(path).kind === 'text');
	}

	get isTrusted(): boolean {
		return this.#trusted;
	}

	trust(): void {
		this.#trusted = true;
	}

	/** Asks the client for the settings of each folder, and the local nginx for its version where that is wanted and allowed. */
	async refresh(folders: readonly string[], pushed?: unknown): Promise<void> {
		this.#folders = folders;
		const scopes = ['', ...folders];
		const answers = this.#source.pull ? await this.#pull(scopes) : scopes.map(() => pushed);
		this.#settings = new Map(scopes.map((scope, index) => [scope, readSettings(answers[index])]));
		this.#bases.clear();
		await this.#detect();
		this.tellStatus();
	}

	/** The basis of a file's check; the same object until something about it changes. */
	of(path: string): Basis {
		if (this.#basesStructure !== this.#files.structure) {
			this.#bases.clear();
			this.#basesStructure = this.#files.structure;
		}
		const folder = folderOf(path);
		const known = this.#bases.get(folder);
		if (known !== undefined) return known;
		const settings = this.#settingsOf(path);
		const version = this.#versionFor(settings);
		// One object for equal bases, so that a check that stands on it stays valid.
		const isVersionStated = this.#isStated(settings);
		const made = [...this.#bases.values()].find(
			(basis) => basis.isVersionStated === isVersionStated && isSame(basis, settings, version),
		) ?? { settings, version, isVersionStated };
		this.#bases.set(folder, made);
		return made;
	}

	/** Tells the client which version the answers stand on, when that is news. */
	tellStatus(): void {
		this.#problems.tell();
		const settings = this.#settings.get(this.#folders[0] ?? '') ?? DEFAULT_SETTINGS;
		const basis = this.of(joinPath(this.#folders[0] ?? '/', 'nginx.conf'));
		const written = statedVersion(settings);
		const problem =
			this.#problems.first ??
			(settings.nginxVersion !== 'auto' && written === undefined
				? `The setting nginxWebSocket.nginxVersion is ${JSON.stringify(settings.nginxVersion)}; write "auto" or a version such as 1.26.3, none before ${FIRST_WITH_TUNNELS}.`
				: this.#detected?.problem);
		const status: Status = {
			nginxVersion: formatVersion(basis.version),
			versionSource:
				statedVersion(basis.settings) !== undefined ? 'setting' : this.#detected?.version !== undefined ? 'nginx' : 'default',
			...(problem === undefined ? {} : { problem }),
		};
		const text = JSON.stringify(status);
		if (text === this.#told) return;
		this.#told = text;
		void this.#source.connection.sendNotification(STATUS, status);
	}

	async #pull(scopes: readonly string[]): Promise<readonly unknown[]> {
		try {
			return await this.#source.connection.workspace.getConfiguration(
				scopes.map((scope) =>
					scope === '' ? { section: SETTINGS_SECTION } : { section: SETTINGS_SECTION, scopeUri: uriOfPath(scope) },
				),
			);
		} catch {
			return [];
		}
	}

	async #detect(): Promise<void> {
		const settings = this.#settings.get(this.#folders[0] ?? '') ?? DEFAULT_SETTINGS;
		const ask = this.#host.nginxVersion;
		if (!this.#trusted || ask === undefined || settings.nginxVersion !== 'auto') return;
		if (this.#detected?.program === settings.nginxPath) return;
		const program = settings.nginxPath;
		const answer = await ask(program);
		const version = 'text' in answer ? parseVersion(answer.text) : undefined;
		if (version !== undefined) this.#detected = { program, version };
		else if (program === '') this.#detected = { program };
		else
			this.#detected = {
				program,
				problem: 'problem' in answer ? answer.problem : `${program} -v names no version: ${answer.text.trim()}`,
			};
		this.#bases.clear();
	}

	#versionFor(settings: Settings): NginxVersion {
		return statedVersion(settings) ?? this.#detected?.version ?? DEFAULT_VERSION;
	}

	/** True when the person, or the nginx that runs here, said the version. */
	#isStated(settings: Settings): boolean {
		return statedVersion(settings) !== undefined || this.#detected?.version !== undefined;
	}

	#settingsOf(path: string): Settings {
		const folder = folderAround(path, this.#folders);
		const base = this.#settings.get(folder ?? '') ?? DEFAULT_SETTINGS;
		// Upwards to the workspace folder; a file outside of all looks in its own folder and the two above.
		let at = folderOf(path);
		for (let level = 0; at !== '' && level < (folder === undefined ? 3 : 64); level++) {
			const content = this.#files.text(joinPath(at, SETTINGS_FILE));
			if (content.kind === 'text') {
				const merged = withSettingsFile(base, content.text);
				const isUsed = !('problem' in merged);
				this.#problems.note(joinPath(at, SETTINGS_FILE), isUsed ? undefined : merged);
				return isUsed ? merged : base;
			}
			if (at === folder || at === '/') break;
			at = folderOf(at);
		}
		return base;
	}
}

/** The version that a person wrote; undefined where there is none that could pass a WebSocket on. */
function statedVersion({ nginxVersion }: Settings): NginxVersion | undefined {
	const written = nginxVersion === 'auto' ? undefined : parseVersion(nginxVersion);
	return written !== undefined && isAtLeast(written, FIRST_WITH_TUNNELS) ? written : undefined;
}

function isSame(basis: Basis, settings: Settings, version: NginxVersion): boolean {
	return (
		basis.version.major === version.major &&
		basis.version.minor === version.minor &&
		basis.version.patch === version.patch &&
		JSON.stringify(basis.settings) === JSON.stringify(settings)
	);
}
