import type { Disposable } from 'vscode';
import { Diagnostic, DiagnosticSeverity, languages, ProgressLocation, Range, Uri, window, workspace } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import type { RunNginxParams, RunNginxResult } from '../../../server/src/protocol/sandbox.ts';
import { RUN_NGINX } from '../../../server/src/protocol/sandbox.ts';
import { SETTINGS_SECTION } from '../../../server/src/protocol/settings.ts';
import { isNginx } from './documents.ts';
import { mayStartNginx } from './sandbox.ts';

type Action = 'reload' | 'restart';

const DEFAULTS: Readonly<Record<Action | 'test', readonly string[]>> = {
	test: ['nginx', '-t'],
	reload: ['nginx', '-s', 'reload'],
	restart: ['systemctl', 'restart', 'nginx'],
};

/** "NGINX: Test Configuration", "Reload" and "Restart": the person's own nginx, by commands that are shown before they run. */
export class NginxControl {
	readonly #client: BaseLanguageClient;
	readonly #problems = languages.createDiagnosticCollection('nginx');

	constructor(client: BaseLanguageClient) {
		this.#client = client;
	}

	/** What nginx complained of goes when the file is changed: it may not be so any more. */
	listen(): Disposable {
		const changes = workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
			if (contentChanges.length > 0) this.#problems.delete(document.uri);
		});
		return { dispose: () => [changes, this.#problems].forEach((part) => void part.dispose()) };
	}

	/** `nginx -t`: its problems on their lines. True when it finds none. */
	async test(): Promise<boolean> {
		const uri = await this.#start();
		if (uri === undefined) return false;
		const command = commandFor('test', uri);
		const result = await this.#tested(uri, command);
		if (result?.ok === true) window.showInformationMessage(`${shown(command)}: the configuration is fine.`);
		else if (result !== undefined) window.showErrorMessage(`${shown(command)} fails: ${summary(result)}`);
		return result?.ok === true;
	}

	/** Refused while the test fails. True when it was done. */
	async control(action: Action): Promise<boolean> {
		const uri = await this.#start();
		if (uri === undefined) return false;
		const test = commandFor('test', uri);
		const command = commandFor(action, uri);
		const yes = action === 'reload' ? 'Reload' : 'Restart';
		const answer = await window.showWarningMessage(
			`${yes} nginx?`,
			{
				modal: true,
				detail: `These commands run, the second only when the first finds nothing:\n\n${shown(test)}\n${shown(command)}`,
			},
			yes,
		);
		if (answer !== yes) return false;
		const tested = await this.#tested(uri, test);
		if (tested === undefined) return false;
		if (!tested.ok) {
			window.showErrorMessage(`nginx was not ${action}ed: ${shown(test)} fails. ${summary(tested)}`);
			return false;
		}
		const result = await this.#run(uri, command);
		if (result?.ok === true) window.showInformationMessage(`${shown(command)}: done.`);
		else if (result !== undefined) window.showErrorMessage(`${shown(command)} failed: ${summary(result)}`);
		return result?.ok === true;
	}

	/** The document that it is about; undefined, with a message, when nothing may run or none is open. */
	async #start(): Promise<Uri | undefined> {
		if (!(await mayStartNginx(this.#client))) return undefined;
		const editor = window.activeTextEditor;
		if (editor !== undefined && isNginx(editor.document)) return editor.document.uri;
		window.showInformationMessage('Open an nginx configuration first.');
		return undefined;
	}

	async #tested(uri: Uri, command: readonly string[]): Promise<RunNginxResult | undefined> {
		const result = await this.#run(uri, command);
		this.#problems.clear();
		const byFile = new Map<string, Diagnostic[]>();
		for (const { uri: file, range, severity, message } of result?.problems ?? []) {
			const diagnostic = new Diagnostic(
				new Range(range.start.line, range.start.character, range.end.line, range.end.character),
				message,
				severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
			);
			diagnostic.source = 'nginx -t';
			byFile.set(file, [...(byFile.get(file) ?? []), diagnostic]);
		}
		for (const [file, diagnostics] of byFile) this.#problems.set(Uri.parse(file), diagnostics);
		return result;
	}

	#run(uri: Uri, command: readonly string[]): Thenable<RunNginxResult | undefined> {
		return window.withProgress(
			{ location: ProgressLocation.Notification, title: shown(command), cancellable: true },
			async (_progress, cancelled) => {
				try {
					const params: RunNginxParams = { uri: uri.toString(), command };
					return await this.#client.sendRequest<RunNginxResult>(RUN_NGINX, params, cancelled);
				} catch (error) {
					if (!cancelled.isCancellationRequested)
						window.showErrorMessage(`${shown(command)} did not run: ${error instanceof Error ? error.message : String(error)}`);
					return undefined;
				}
			},
		);
	}
}

function commandFor(action: Action | 'test', uri: Uri): readonly string[] {
	const set = workspace.getConfiguration(SETTINGS_SECTION, uri).get<readonly string[]>(`commands.${action}`, []);
	return set.length > 0 ? set : DEFAULTS[action];
}

/** A command as a person would type it. */
function shown(command: readonly string[]): string {
	return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

function summary({ problems, output }: RunNginxResult): string {
	const [first] = problems.filter(({ severity }) => severity === 'error');
	return first?.message ?? output.trim().split('\n').at(-1) ?? '';
}
