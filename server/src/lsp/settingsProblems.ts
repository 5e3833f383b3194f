import { type Connection, type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver';
import { SOURCE } from '../features/diagnostics.ts';
import { uriOfPath } from './paths.ts';
import type { UnusedSettings } from './settings.ts';

/** Shows in the settings files of projects why they are not used: every client shows diagnostics. */
export class SettingsProblems {
	readonly #connection: Connection;
	readonly #isThere: (path: string) => boolean;
	readonly #problems = new Map<string, UnusedSettings>();
	/** What the client was told last, by path. */
	readonly #told = new Map<string, string>();

	/** @param isThere whether there is a file of this path */
	constructor(connection: Connection, isThere: (path: string) => boolean) {
		this.#connection = connection;
		this.#isThere = isThere;
	}

	/** One sentence, of one of the files. */
	get first(): string | undefined {
		return this.#problems.values().next().value?.sentence;
	}

	/** Notes what is wrong with a file, or that nothing is, and tells the client what is news. */
	note(path: string, problem: UnusedSettings | undefined): void {
		if (problem === undefined) this.#problems.delete(path);
		else this.#problems.set(path, problem);
		this.tell();
	}

	/** Tells the client what is news, also of files that are gone. */
	tell(): void {
		for (const path of this.#problems.keys()) if (!this.#isThere(path)) this.#problems.delete(path);
		for (const path of new Set([...this.#problems.keys(), ...this.#told.keys()])) {
			const problem = this.#problems.get(path);
			const key = problem === undefined ? '' : JSON.stringify(problem);
			if ((this.#told.get(path) ?? '') === key) continue;
			this.#told.set(path, key);
			const diagnostics = problem === undefined ? [] : [toDiagnostic(problem)];
			void this.#connection.sendDiagnostics({ uri: uriOfPath(path), diagnostics });
		}
	}
}

function toDiagnostic({ line, width, problem }: UnusedSettings): Diagnostic {
	return {
		range: { start: { line, character: 0 }, end: { line, character: width } },
		severity: DiagnosticSeverity.Error,
		source: SOURCE,
		message: `Nothing in this file is used: ${problem}.`,
	};
}
