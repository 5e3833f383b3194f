import { variableTable } from '../core/config/variables.ts';
import type { Fix } from '../core/engine/finding.ts';
import { Prover } from '../core/engine/proof.ts';
import { createPredictor } from '../core/request/predict.ts';
import { repetitionIn } from '../core/rules/cures/placements.ts';
import { webSocketRouteCure } from '../core/rules/cures/webSocketRoute.ts';
import { placeOf } from '../core/rules/rule.ts';
import type { Directive } from '../core/syntax/nodes.ts';
import { namedAround } from '../core/syntax/query.ts';
import type { Span } from '../core/text/span.ts';
import type { View } from './view.ts';

/** "Proxy WebSockets here", for the innermost location at `span` when it proxies and nothing says that it is meant for WebSockets. */
export function webSocketRefactorings(view: View, span: Span): readonly Fix[] {
	const location = locationAround(view, span.start);
	if (location === undefined) return [];
	for (const checked of view.checked) {
		const route = checked.routes.find(({ at }) => at.node === location);
		if (route === undefined || route.handler === undefined || route.intent.level !== 'none') continue;
		const context = {
			configuration: checked.configuration,
			version: checked.version,
			isVersionStated: true,
			routes: [],
			allRoutes: checked.routes,
			predictor: createPredictor(checked.configuration, checked.version),
			directiveProblems: () => [],
			variables: () => variableTable(checked.configuration),
			isRepeated: repetitionIn(checked.configuration),
			isSpokenAbout: () => false,
		};
		const cure = webSocketRouteCure(route, context);
		if (cure === undefined) continue;
		const report = { at: placeOf(route.at), message: '', severity: 'hint' as const, route };
		const titled = { ...cure, title: 'Proxy WebSockets here', preferred: false };
		return new Prover(context, checked.options.files, checked.options.rebuild).prove(report, [titled]);
	}
	return [];
}

/** The innermost location whose header or block is at an offset. */
export function locationAround(view: View, offset: number): Directive | undefined {
	return namedAround(view.tree, offset, 'location');
}
