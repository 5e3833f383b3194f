import { formatVersion } from '../core/reference/versions.ts';
import { toSteps } from '../core/request/explanation.ts';
import { createPredictor } from '../core/request/predict.ts';
import type { Prediction } from '../core/request/prediction.ts';
import { formatUrl } from '../core/routes/urls.ts';
import type { ExplainRouteParams, ExplainRouteResult } from '../protocol/requests.ts';
import type { Checked } from './checked.ts';
import { idleLimit } from './effectiveRequest.ts';
import { readUrl, requestOfUrl } from './requestOfUrl.ts';
import { findRoute, serverTitle } from './routeList.ts';
import { locationOf, type View } from './view.ts';

/** What nginx does with a handshake on a route or for a URL, step by step; a sentence when there is nothing to explain. */
export function explainRoute(view: View, params: ExplainRouteParams): ExplainRouteResult | { readonly problem: string } {
	const found = findRoute(view, params);
	const checked = found?.checked ?? view.checked[0];
	if (checked === undefined) return { problem: 'This document is no nginx configuration that can be read.' };
	if (params.url !== undefined) {
		const url = readUrl(params.url);
		if (url === undefined)
			return {
				problem: `${params.url} is no URL of a WebSocket; write one such as ws://example.com/ws/ or wss://example.com/ws/.`,
			};
		const request = requestOfUrl(checked.configuration, url);
		return explained(view, checked, createPredictor(checked.configuration, checked.version).predict(request), params.url);
	}
	if (found === undefined) return { problem: 'The document has changed since; pick the route again.' };
	const { route } = found;
	const url = route.urls[0];
	const name = url === undefined ? `${route.match?.pattern ?? 'stream server'} in ${serverTitle(route)}` : formatUrl(url);
	return explained(view, checked, route.outside ?? route.handshake, name);
}

function explained(view: View, checked: Checked, prediction: Prediction, name: string): ExplainRouteResult {
	const headline = `${name}: ${outcomeOf(prediction)}.`;
	const explanation = toSteps(prediction).map(({ text, at }) => {
		const place = at && locationOf(view, { path: at.file.path, span: at.node.name.span });
		return place === undefined ? { text } : { text, at: place };
	});
	const lines = explanation.map(({ text, at }, index) =>
		at === undefined
			? `${index + 1}. ${text}`
			: `${index + 1}. ${text} ([${at.uri.slice(at.uri.lastIndexOf('/') + 1)}, line ${at.range.start.line + 1}](${at.uri}#L${at.range.start.line + 1}))`,
	);
	return {
		headline,
		explanation,
		report: [`# ${name}`, headline, `As nginx ${formatVersion(checked.version)} does it:`, lines.join('\n')].join('\n\n'),
	};
}

/** One clause: whether it upgrades, and why not. */
function outcomeOf(prediction: Prediction): string {
	if (prediction.upgrade) return `the handshake upgrades, ${idleLimit(prediction)}`;
	if (prediction.outcome === 'unknown') return `what becomes of the handshake cannot be known: ${prediction.unknown ?? ''}`;
	if (prediction.outcome === 'refused') return 'nobody listens there';
	if (prediction.redirect !== null) return `nginx redirects the handshake to ${prediction.redirect}`;
	if (prediction.outcome === 'answered') return `nginx answers the handshake ${prediction.status ?? 'from files on disk'} itself`;
	return `the handshake does not upgrade: ${prediction.obstacles[0]?.text ?? 'no backend gets it'}`;
}
