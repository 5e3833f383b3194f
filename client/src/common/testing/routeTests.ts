import type { CancellationToken, Memento, TestItem, TestRun } from 'vscode';
import { Disposable, Location, Range, TestMessage, TestRunProfileKind, TestRunRequest, tests, Uri, workspace } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import { State } from 'vscode-languageclient';
import type { HandshakeReport, WorkspaceRoutesResult } from '../../../../server/src/protocol/requests.ts';
import { TEST_HANDSHAKE, WORKSPACE_ROUTES } from '../../../../server/src/protocol/requests.ts';
import { isNginx } from '../documents.ts';
import { applyFixAndTest } from '../fixes.ts';
import type { HandshakeChoices } from '../handshakeChoices.ts';
import type { ReportPanels } from '../report/reportPanel.ts';
import { type RouteTarget, targetWithoutAsking, urlText } from '../routeTarget.ts';
import { Debounce, pause } from './clock.ts';
import { EXPECTED, type Outcome, outcomeOf } from './outcome.ts';
import { type Leaf, leavesOf, showRoutes } from './routeTree.ts';

/** Where the results are kept from one window to the next. */
const RESULTS = 'nginxWebSocket.testResults';
/** How long nobody must have typed before the view follows. In milliseconds. */
const QUIET_MS = 800;
/** How many handshakes are under way at the same time. */
const AT_ONCE = 4;
/** Pauses between the attempts after a save: nginx is reloaded by hand, some time later. In milliseconds. */
const PATIENCE = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
/** The context value of a message that comes with a fix (package.json). */
const FIXABLE = 'nginxWebSocket.fixable';

/** Every WebSocket route of the workspace in the editor's Testing view. In a workspace that is not trusted the view is empty and says why (package.json). */
export class RouteTests implements Disposable {
	readonly #client: BaseLanguageClient;
	readonly #state: Memento;
	readonly #panels: ReportPanels;
	readonly #choices: HandshakeChoices;
	readonly #controller = tests.createTestController('nginxWebSocket.routes', 'NGINX WebSocket routes');
	readonly #disposables: Disposable[] = [this.#controller];
	readonly #refresh = new Debounce(QUIET_MS, () => {
		// A server that stops meanwhile answers no more; the view is asked for anew when it runs again.
		this.refresh().catch(() => undefined);
	});
	#leaves: ReadonlyMap<string, Leaf> = new Map();
	/** The last report of each leaf, by id. */
	readonly #reports = new Map<string, HandshakeReport>();
	#results: Readonly<Record<string, Outcome>>;
	#areShown = false;

	constructor(client: BaseLanguageClient, state: Memento, panels: ReportPanels, choices: HandshakeChoices) {
		this.#choices = choices;
		this.#client = client;
		this.#state = state;
		this.#panels = panels;
		this.#results = state.get(RESULTS, {});
		if (workspace.isTrusted) this.#begin();
		else this.#disposables.push(workspace.onDidGrantWorkspaceTrust(() => this.#begin()));
	}

	#begin(): void {
		const controller = this.#controller;
		const profile = (label: string, isDefault: boolean, insecure: boolean) =>
			controller.createRunProfile(
				label,
				TestRunProfileKind.Run,
				(request, token) => (request.continuous ? this.#afterEachSave(request, token) : this.#run(request, token, insecure)),
				isDefault,
				undefined,
				isDefault,
			);
		profile('Test', true, false);
		profile('Test, Taking Any Certificate', false, true);
		controller.refreshHandler = () => this.refresh();
		const watcher = workspace.createFileSystemWatcher('**/*.{conf,nginx,nginxconf}');
		const ask = () => this.#refresh.ask();
		this.#disposables.push(
			this.#refresh,
			watcher,
			watcher.onDidCreate(ask),
			watcher.onDidDelete(ask),
			watcher.onDidChange(ask),
			workspace.onDidOpenTextDocument((document) => isNginx(document) && ask()),
			workspace.onDidCloseTextDocument((document) => isNginx(document) && ask()),
			workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
				if (contentChanges.length === 0 || !isNginx(document)) return;
				const file = controller.items.get(document.uri.toString());
				if (file !== undefined) controller.invalidateTestResults(file);
				ask();
			}),
			this.#client.onDidChangeState(({ newState }) => newState === State.Running && ask()),
		);
		ask();
	}

	/** Asks the server anew which routes there are. */
	async refresh(): Promise<void> {
		if (this.#client.state !== State.Running) return;
		const { routes } = await this.#client.sendRequest<WorkspaceRoutesResult>(WORKSPACE_ROUTES);
		this.#leaves = showRoutes(this.#controller, routes);
		if (!this.#areShown && this.#leaves.size > 0) this.#showLast();
	}

	/** Applies the fix that a failure came with, and offers to run the test again. */
	async applyFix(item: TestItem): Promise<void> {
		const [fix] = this.#reports.get(item.id)?.fixes ?? [];
		if (fix !== undefined) await applyFixAndTest(fix, () => this.again(item.id));
	}

	/** Shows the last report of a test. */
	showReport({ id }: TestItem): void {
		const report = this.#reports.get(id);
		if (report !== undefined) this.#panels.show(reportName(report.trace.url), report, { kind: 'item', id });
	}

	/** Runs one test of the view once more. */
	async again(id: string): Promise<void> {
		const leaf = this.#leaves.get(id);
		if (leaf !== undefined) await this.#run(new TestRunRequest([leaf.item]), undefined, false);
	}

	async #run(request: TestRunRequest, token: CancellationToken | undefined, insecure: boolean): Promise<void> {
		const run = this.#controller.createTestRun(request, undefined, false);
		const leaves = leavesOf(this.#leaves, request.include, request.exclude);
		await this.#test(run, leaves, token ?? run.token, insecure);
		run.end();
	}

	/** Tests after each save, and again for a while what still fails: it turns green by itself once nginx has been reloaded. */
	#afterEachSave(request: TestRunRequest, token: CancellationToken): void {
		let saves = 0;
		const onSave = async (): Promise<void> => {
			const save = ++saves;
			const isCurrent = () => save === saves && !token.isCancellationRequested;
			await this.refresh();
			if (!isCurrent()) return;
			let left = leavesOf(this.#leaves, request.include, request.exclude);
			for (const ms of [0, ...PATIENCE]) {
				await pause(ms);
				if (!isCurrent() || left.length === 0) break;
				// A request and a run of their own each time: within one, the editor takes no failure back.
				const attempt = new TestRunRequest(request.include, request.exclude, request.profile, true);
				const run = this.#controller.createTestRun(attempt, undefined, false);
				left = await this.#test(run, left, token, false);
				run.end();
			}
		};
		const listener = workspace.onDidSaveTextDocument((document) => isNginx(document) && void onSave());
		token.onCancellationRequested(() => listener.dispose());
	}

	/** Tests some leaves, a few at a time; those that failed. */
	async #test(run: TestRun, leaves: readonly Leaf[], token: CancellationToken, insecure: boolean): Promise<readonly Leaf[]> {
		for (const { item } of leaves) run.enqueued(item);
		const errands: { readonly leaf: Leaf; readonly target: RouteTarget }[] = [];
		for (const leaf of leaves) {
			// One question at a time, and each host once.
			const target = token.isCancellationRequested ? undefined : await targetWithoutAsking(leaf.route, leaf.url);
			if (target !== undefined) errands.push({ leaf, target: insecure ? { ...target, insecure } : target });
			else {
				run.appendOutput(`${urlText(leaf.url)}: not tested.\r\n`, undefined, leaf.item);
				run.skipped(leaf.item);
			}
		}
		const failed: Leaf[] = [];
		const work = async (): Promise<void> => {
			for (let errand = errands.shift(); errand !== undefined; errand = errands.shift()) {
				const { leaf, target } = errand;
				if (token.isCancellationRequested) run.skipped(leaf.item);
				else if (!(await this.#testOne(run, leaf, target, token))) failed.push(leaf);
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, work));
		await this.#state.update(RESULTS, this.#results);
		return failed;
	}

	/** One handshake; false when it failed. */
	async #testOne(run: TestRun, { item, route }: Leaf, target: RouteTarget, token: CancellationToken): Promise<boolean> {
		run.started(item);
		try {
			const report = await this.#client.sendRequest<HandshakeReport>(TEST_HANDSHAKE, await this.#choices.params(target), token);
			const outcome = outcomeOf(report, Date.now());
			this.#reports.set(item.id, report);
			if (outcome.state !== 'skipped') this.#results = { ...this.#results, [item.id]: outcome };
			run.appendOutput(`${report.report.replaceAll(/\r?\n/g, '\r\n')}\r\n`, undefined, item);
			this.#tell(run, item, { at: { uri: route.uri, range: route.range }, ...outcome }, report.fixes.length > 0);
			return outcome.state !== 'failed';
		} catch (error) {
			if (token.isCancellationRequested) run.skipped(item);
			else run.errored(item, new TestMessage(error instanceof Error ? error.message : String(error)));
			return true;
		}
	}

	#tell(run: TestRun, item: TestItem, outcome: Outcome, fixable: boolean): void {
		if (outcome.state === 'skipped') {
			run.skipped(item);
			return;
		}
		if (outcome.state === 'passed') {
			run.passed(item, outcome.durationMs);
			return;
		}
		const message = TestMessage.diff(outcome.message, EXPECTED, outcome.actual);
		const { at } = outcome;
		if (at !== undefined) {
			const { start, end } = at.range;
			message.location = new Location(Uri.parse(at.uri), new Range(start.line, start.character, end.line, end.character));
		}
		if (fixable) message.contextValue = FIXABLE;
		run.failed(item, message, outcome.durationMs);
	}

	/** Shows what the window knew before it was reloaded. */
	#showLast(): void {
		this.#areShown = true;
		const known = [...this.#leaves.values()].flatMap(({ item }) => {
			const outcome = this.#results[item.id];
			return outcome === undefined ? [] : [{ item, outcome }];
		});
		if (known.length === 0) return;
		const run = this.#controller.createTestRun(
			new TestRunRequest(known.map(({ item }) => item)),
			'Results from before this window was loaded',
			false,
		);
		for (const { item, outcome } of known) {
			run.appendOutput(
				`Tested ${new Date(outcome.when).toLocaleString()}: ${outcome.message.replaceAll('\n', '\r\n')}\r\n`,
				undefined,
				item,
			);
			this.#tell(run, item, outcome, false);
		}
		run.end();
		// Routes that are gone are forgotten with their results.
		this.#results = Object.fromEntries(known.map(({ item, outcome }) => [item.id, outcome]));
	}

	dispose(): void {
		Disposable.from(...this.#disposables).dispose();
	}
}

function reportName(url: string): string {
	return `WebSocket test of ${url.replaceAll('/', '∕')}`;
}
