import { type CancellationToken, type Connection, ErrorCodes, ResponseError } from 'vscode-languageserver';
import {
	HANDSHAKE_STAGE,
	type HandshakeReport,
	type HandshakeStage,
	TEST_HANDSHAKE,
	type TestHandshakeParams,
} from '../protocol/requests.ts';
import type { Cancellation } from './host.ts';
import type { Session } from './session.ts';

/** Makes real handshakes for a client, in a trusted workspace and where the machine can. */
export function answerHandshakes(connection: Connection, session: Session): void {
	connection.onRequest(
		TEST_HANDSHAKE,
		async (params: TestHandshakeParams, token: CancellationToken): Promise<HandshakeReport> => {
			const { host, bases } = session;
			if (host.handshake === undefined)
				throw new ResponseError(
					ErrorCodes.InvalidRequest,
					'A browser cannot open a raw connection, so no route can be tested here.',
				);
			if (!bases.isTrusted)
				throw new ResponseError(
					ErrorCodes.InvalidRequest,
					'A WebSocket test makes a network connection to where the configuration says, so it runs only in a workspace that you trust.',
				);
			const { progressToken } = params;
			const onStage = (stage: HandshakeStage['stage']): void => {
				if (progressToken === undefined || token.isCancellationRequested) return;
				const sent: HandshakeStage = { progressToken, stage };
				void connection.sendNotification(HANDSHAKE_STAGE, sent);
			};
			const trace = await host.handshake(params, onStage, cancellationOf(token));
			const { handshakeReport } = await import('../features/handshakeReport.ts');
			const view = await session.view(params.uri).catch(() => undefined);
			return handshakeReport(view, params, trace);
		},
	);
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
