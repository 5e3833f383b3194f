import { Uri, window } from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import type { RouteDescription, RouteReference, RoutesParams, RoutesResult } from '../../../server/src/protocol/requests.ts';
import { ROUTES } from '../../../server/src/protocol/requests.ts';
import { isNginx } from './documents.ts';

const VERDICTS: Readonly<Record<RouteDescription['verdict'], string>> = {
	upgrades: 'should upgrade',
	fails: 'fails',
	unknown: 'cannot be told',
};

/**
 * The route that a command is about. `from` is a `RouteReference` (code lens), a `Uri` (context menu), or nothing (palette: the active
 * editor); several routes are offered for choice, the one that the caret stands in alone when there is one. Undefined, with a message
 * where one is due, when there is no route or the person leaves.
 */
export async function chooseRoute(
	client: BaseLanguageClient,
	from: unknown,
	title: string,
): Promise<RouteDescription | undefined> {
	const editor = window.activeTextEditor;
	const active = editor !== undefined && isNginx(editor.document) ? editor : undefined;
	const uri = isRouteReference(from) ? from.uri : from instanceof Uri ? from.toString() : active?.document.uri.toString();
	if (uri === undefined) {
		window.showInformationMessage('Open an nginx configuration first; its WebSocket routes are then known.');
		return undefined;
	}
	const position = active?.document.uri.toString() === uri && !isRouteReference(from) ? active.selection.active : undefined;
	const params: RoutesParams = {
		uri,
		...(position === undefined ? {} : { position: { line: position.line, character: position.character } }),
	};
	const { routes } = await client.sendRequest<RoutesResult>(ROUTES, params);
	if (isRouteReference(from)) {
		const named = routes.find((route) => route.routeId === from.routeId);
		if (named !== undefined) return named;
	}
	if (routes.length === 0) {
		window.showInformationMessage(
			'This configuration has no WebSocket route. Mark a location with the comment "# websocket", or proxy WebSockets there with the light bulb.',
		);
		return undefined;
	}
	return pickRoute(routes, title);
}

/** Says that a route has no URL, and why. */
export function whyNothingArrives(route: RouteDescription): string {
	return `${route.title} cannot be tested: no request from outside gets there. ${route.reason}`;
}

async function pickRoute(routes: readonly RouteDescription[], title: string): Promise<RouteDescription | undefined> {
	const [only] = routes;
	if (routes.length === 1) return only;
	const chosen = await window.showQuickPick(
		routes.map((route) => ({
			label: route.title,
			description: route.server,
			detail: `${VERDICTS[route.verdict]}: ${route.reason}`,
			route,
		})),
		{ title, placeHolder: 'Which route?', matchOnDescription: true },
	);
	return chosen?.route;
}

function isRouteReference(value: unknown): value is RouteReference {
	return typeof value === 'object' && value !== null && 'routeId' in value && 'uri' in value && typeof value.uri === 'string';
}
