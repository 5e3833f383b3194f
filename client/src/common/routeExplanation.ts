import { window } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import type { ExplainRouteParams, ExplainRouteResult } from '../../../server/src/protocol/requests.ts';
import { EXPLAIN_ROUTE } from '../../../server/src/protocol/requests.ts';
import type { Reports } from './reports.ts';
import { chooseRoute } from './routeChoice.ts';

/** "NGINX: Explain WebSocket Route": what nginx would do with a handshake, from the configuration alone. */
export async function explainRoute(client: BaseLanguageClient, reports: Reports, from: unknown): Promise<void> {
	const route = await chooseRoute(client, from, 'Explain WebSocket Route');
	if (route === undefined) return;
	const params: ExplainRouteParams = { uri: route.uri, routeId: route.routeId };
	try {
		const { report } = await client.sendRequest<ExplainRouteResult>(EXPLAIN_ROUTE, params);
		await reports.show(`Explanation of ${route.title.replaceAll('/', '∕')}`, report);
	} catch (error) {
		window.showErrorMessage(`The route could not be explained: ${error instanceof Error ? error.message : String(error)}`);
	}
}
