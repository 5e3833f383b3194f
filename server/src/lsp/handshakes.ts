import { type CancellationToken, type Connection, ErrorCodes, ResponseError } from 'vscode-languageserver';
import {
	HANDSHAKE_STAGE,
	type HandshakeReport,
	type HandshakeStage,
	TEST_HANDSHAKE,
	type TestHandshakeParams,
} from '../protocol/requests.ts';
import {
	HANDSHAKE_TEXT,
	type HandshakeTextParams,
	type HandshakeTextResult,
	TRIAL_PROGRESS,
	TRY_ROUTE,
	type TrialProgress,
	type TryRouteParams,
	type TryRouteReport,
} from '../protocol/trials.ts';
import type { Cancellation } from './host.ts';
import type { Session } from './session.ts';

/** Makes real handshakes for a client, in a trusted workspace and where the machine can. */
export function answerHandshakes(connection: Connection, session: Session): void {
	const { host } = session;

	connection.onRequest(
		TEST_HANDSHAKE,
		async (params: TestHandshakeParams, token: CancellationToken): Promise<HandshakeReport> => {
			const handshake = allowed(host.handshake);
			const { progressToken } = params;
			const onStage = (stage: HandshakeStage['stage']): void => {
				if (progressToken === undefined || token.isCancellationRequested) return;
				const sent: HandshakeStage = { progressToken, stage };
				void connection.sendNotification(HANDSHAKE_STAGE, sent);
			};
			const trace = await handshake(params, onStage, cancellationOf(token));
			const { handshakeReport } = await import('../features/handshakeReport.ts');
			const view = await session.view(params.uri).catch(() => undefined);
			return handshakeReport(view, params, trace);
		},
	);

	connection.onRequest(TRY_ROUTE, async (params: TryRouteParams, token: CancellationToken): Promise<TryRouteReport> => {
		const trial = allowed(host.trial);
		const { trialReport, upstreamOf } = await import('../features/trialReport.ts');
		const view = await session.view(params.uri).catch(() => undefined);
		const { progressToken } = params;
		let last = -1;
		const onProgress = (text: string, share: number): void => {
			// A hundred steps are enough for a bar, however many handshakes there are.
			if (progressToken === undefined || token.isCancellationRequested || share - last < 0.01) return;
			last = share;
			const sent: TrialProgress = { progressToken, text, share };
			void connection.sendNotification(TRIAL_PROGRESS, sent);
		};
		const tried = await trial(params, upstreamOf(view, params), onProgress, cancellationOf(token));
		return trialReport(view, params, tried);
	});

	connection.onRequest(HANDSHAKE_TEXT, async (params: HandshakeTextParams): Promise<HandshakeTextResult> => {
		const { handshakeText } = await import('../features/handshakeText.ts');
		return { text: handshakeText(params) };
	});

	function allowed<T>(ability: T | undefined): T {
		if (ability === undefined)
			throw new ResponseError(
				ErrorCodes.InvalidRequest,
				'A browser cannot open a raw connection, so no route can be tested here.',
			);
		if (!session.bases.isTrusted)
			throw new ResponseError(
				ErrorCodes.InvalidRequest,
				'A WebSocket test makes a network connection to where the configuration says, so it runs only in a workspace that you trust.',
			);
		return ability;
	}
}

/** A request's token as the host knows it. */
export function cancellationOf(token: CancellationToken): Cancellation {
	return {
		get isCancelled() {
			return token.isCancellationRequested;
		},
		onCancelled(listener) {
			token.onCancellationRequested(listener);
		},
	};
}
