import type { Disposable } from 'vscode';
import { ProgressLocation, window } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import {
	TRIAL_PROGRESS,
	TRY_ROUTE,
	type TrialProgress,
	type TryRouteParams,
	type TryRouteReport,
} from '../../../server/src/protocol/trials.ts';
import type { HandshakeChoices } from './handshakeChoices.ts';
import type { ReportPanels } from './report/reportPanel.ts';
import { chooseRoute, whyNothingArrives } from './routeChoice.ts';
import { askForTarget, type Errand, ONE_HANDSHAKE, type RouteTarget } from './routeTarget.ts';
import { mayTest } from './routeTest.ts';

type Trial = TryRouteParams['trial'];

/** The most that is asked of a machine from the editor. */
const MOST = { seconds: 3_600, handshakes: 1_000, sessions: 200, tunnels: 2_000 } as const;

const KINDS = [
	{
		trial: 'direct',
		label: 'Compare with the Backend',
		detail: 'The same handshake through nginx and straight to where it passes it.',
	},
	{ trial: 'hold', label: 'Hold', detail: 'Leave the tunnel idle, see how long it lives and who ends it.' },
	{
		trial: 'spread',
		label: 'Spread',
		detail: 'Many handshakes one after the other: which backend gets how many, and whether one client stays.',
	},
	{
		trial: 'socket-io',
		label: 'socket.io Sessions',
		detail: 'The first plain request of a session, then its change to WebSocket: does the balancing keep it at one server?',
	},
	{ trial: 'load', label: 'Load', detail: 'Many tunnels at the same time: how many open, how long each handshake takes.' },
] as const;

/** "NGINX: Try WebSocket Route": the trials that take longer than one handshake, each with progress and a way to end it. */
export class RouteTrial {
	readonly #client: BaseLanguageClient;
	readonly #panels: ReportPanels;
	readonly #choices: HandshakeChoices;
	readonly #listening = new Map<string, (progress: TrialProgress) => void>();
	#count = 0;

	constructor(client: BaseLanguageClient, panels: ReportPanels, choices: HandshakeChoices) {
		this.#client = client;
		this.#choices = choices;
		this.#panels = panels;
	}

	listen(): Disposable {
		return this.#client.onNotification(TRIAL_PROGRESS, (progress: TrialProgress) =>
			this.#listening.get(progress.progressToken)?.(progress),
		);
	}

	/** `from` is like that of "Test WebSocket Route". */
	async run(from: unknown): Promise<void> {
		if (!(await mayTest(this.#client))) return;
		const route = await chooseRoute(this.#client, from, 'Try WebSocket Route');
		if (route === undefined) return;
		if (route.urls.length === 0) {
			window.showInformationMessage(whyNothingArrives(route));
			return;
		}
		const trial = await askForTrial();
		if (trial === undefined) return;
		const target = await askForTarget(route, errandOf(trial));
		if (target !== undefined) await this.try(target, trial);
	}

	/** One trial with its progress, and its report. */
	async try(target: RouteTarget, trial: Trial): Promise<void> {
		this.#count += 1;
		const progressToken = `trial-${this.#count}`;
		const params: TryRouteParams = { ...(await this.#choices.params(target)), trial, progressToken };
		const report = await window.withProgress(
			{ location: ProgressLocation.Notification, title: `Trying ${target.url}`, cancellable: true },
			async (progress, cancelled) => {
				let done = 0;
				this.#listening.set(progressToken, ({ text, share }) => {
					progress.report({ message: text, increment: Math.max(0, share - done) * 100 });
					done = Math.max(done, share);
				});
				try {
					// A trial that is cancelled still answers with what it measured until then.
					return await this.#client.sendRequest<TryRouteReport>(TRY_ROUTE, params, cancelled);
				} catch (error) {
					if (!cancelled.isCancellationRequested)
						window.showErrorMessage(`The trial did not run: ${error instanceof Error ? error.message : String(error)}`);
					return undefined;
				} finally {
					this.#listening.delete(progressToken);
				}
			},
		);
		if (report === undefined) return;
		const name = `WebSocket ${trial.kind} of ${target.url.replaceAll('/', '∕')}`;
		this.#panels.showTrial(name, target.url, report, { kind: 'trial', target, trial });
	}
}

/** What a trial sends, for the question before another machine is contacted. */
function errandOf(trial: Trial): Errand {
	switch (trial.kind) {
		case 'hold':
			return { sends: `one WebSocket handshake, kept idle for ${trial.holdMs / 1000} s,` };
		case 'direct':
			return { sends: 'one WebSocket handshake, and another to each of its backends,' };
		case 'spread':
			return { sends: `${trial.count} WebSocket handshakes, up to eight at a time,`, heavy: true };
		case 'socket-io':
			return { sends: `${trial.count} socket.io sessions, each a request and a handshake,`, heavy: true };
		case 'load':
			return { sends: `${trial.count} WebSocket handshakes, all open at the same time,`, heavy: true };
		default:
			return ONE_HANDSHAKE;
	}
}

async function askForTrial(): Promise<Trial | undefined> {
	const chosen = await window.showQuickPick(KINDS, { title: 'Try WebSocket route', placeHolder: 'What is to be tried?' });
	switch (chosen?.trial) {
		case undefined:
			return undefined;
		case 'direct':
			return { kind: 'direct' };
		case 'hold': {
			const seconds = await askNumber('For how many seconds is the tunnel to be left idle?', 60, MOST.seconds);
			return seconds === undefined ? undefined : { kind: 'hold', holdMs: seconds * 1000 };
		}
		case 'spread': {
			const count = await askNumber('How many handshakes, one after the other?', 20, MOST.handshakes);
			if (count === undefined) return undefined;
			const header = await window.showInputBox({
				title: 'Try WebSocket route',
				prompt: 'Which response header tells the backends apart? Empty: whatever differs.',
				validateInput: (value) => (/^[\w-]*$/.test(value) ? undefined : 'The name of a header has letters, digits and hyphens.'),
			});
			return header === undefined ? undefined : { kind: 'spread', count, ...(header === '' ? {} : { header }) };
		}
		case 'socket-io': {
			const count = await askNumber('How many sessions, one after the other?', 10, MOST.sessions);
			return count === undefined ? undefined : { kind: 'socket-io', count };
		}
		case 'load': {
			const count = await askNumber('How many tunnels at the same time?', 100, MOST.tunnels);
			return count === undefined ? undefined : { kind: 'load', count };
		}
	}
}

async function askNumber(prompt: string, usual: number, most: number): Promise<number | undefined> {
	const answer = await window.showInputBox({
		title: 'Try WebSocket route',
		prompt,
		value: String(usual),
		validateInput: (value) =>
			/^[1-9]\d*$/.test(value) && Number(value) <= most ? undefined : `A whole number from 1 to ${most}.`,
	});
	return answer === undefined ? undefined : Number(answer);
}
