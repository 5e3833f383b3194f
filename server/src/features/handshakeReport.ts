import type { Configuration } from '../core/config/model.ts';
import type { Analysis } from '../core/engine/analyse.ts';
import type { Edit, Finding } from '../core/engine/finding.ts';
import { explainHandshake } from '../core/handshake/explain.ts';
import type { HandshakeLine } from '../core/handshake/explanation.ts';
import { reportMarkdown, reportSections } from '../core/handshake/report.ts';
import type { HandshakeTrace } from '../core/handshake/trace.ts';
import { createPredictor } from '../core/request/predict.ts';
import type { Prediction } from '../core/request/prediction.ts';
import type { ExplanationLine, FixReference, HandshakeReport, TestHandshakeParams } from '../protocol/requests.ts';
import { documentEdits } from './edits.ts';
import { fixAll } from './fixAll.ts';
import { headersSent, readUrl, requestOfUrl } from './requestOfUrl.ts';
import { findRoute } from './routeList.ts';
import { locationOf, type View } from './view.ts';

/** What a person reads about a recorded handshake: what happened and, joined with the model, why. Without a view only what happened. */
export function handshakeReport(view: View | undefined, params: TestHandshakeParams, trace: HandshakeTrace): HandshakeReport {
	const fixes = view === undefined || trace.outcome === 'upgraded' ? [] : fixesOf(view, params);
	const { configuration, prediction } = modelOf(view, params);
	const cures = fixes.filter(({ preferred }) => preferred).map(({ title }) => title);
	const explanation = explainHandshake(trace, { prediction, configuration, cures: cures.slice(0, 1) });
	const placeOf = ({ at }: HandshakeLine) => at && view && locationOf(view, at);
	const shown = (line: HandshakeLine): ExplanationLine => lineShown(view, line);
	return {
		trace,
		headline: explanation.headline,
		explanation: [...explanation.why, ...explanation.advice].map(shown),
		fixes,
		report: reportMarkdown(trace, explanation, (line) => {
			const place = placeOf(line);
			return place && `${place.uri}#L${place.range.start.line + 1}`;
		}),
		path: (explanation.path ?? []).map((station) => ({ ...shown(station), kind: station.kind, state: station.state })),
		parts: reportSections(trace, explanation).map((section) =>
			section.kind === 'lines' ? { ...section, lines: section.lines.map(shown) } : section,
		),
	};
}

/** A sentence with its place as the client knows it. */
export function lineShown(view: View | undefined, { text, at, where }: HandshakeLine): ExplanationLine {
	const place = at && view && locationOf(view, at);
	return { text, ...(place === undefined ? {} : { at: place }), ...(where === undefined ? {} : { where }) };
}

/** What the model says of the request that was really made: the URL's own path and name, and the headers that were sent in addition. */
export function modelOf(
	view: View | undefined,
	{ routeId, url, options }: TestHandshakeParams,
): { readonly configuration: Configuration | undefined; readonly prediction: Prediction | undefined } {
	const found = view === undefined || routeId === undefined ? undefined : findRoute(view, { routeId });
	const checked = found?.checked ?? view?.checked[0];
	const parts = readUrl(url);
	if (checked === undefined || parts === undefined) return { configuration: undefined, prediction: undefined };
	const { configuration, version } = checked;
	const request = requestOfUrl(configuration, parts, headersSent(url, options ?? {}));
	return { configuration, prediction: createPredictor(configuration, version).predict(request) };
}

/** The cures of what makes the route fail. When it takes several, the first is all of them at once: one click, and the next test succeeds. */
function fixesOf(view: View, { routeId }: TestHandshakeParams): FixReference[] {
	const isSevere = ({ severity }: Finding) => severity === 'error' || severity === 'warning';
	const wanted = (finding: Finding) => finding.routeId !== undefined && finding.routeId === routeId && isSevere(finding);
	// A cure moves what stands behind it, and with its place a route changes its id; which of the routes it is stays.
	const position = view.checked.flatMap(({ routes }) => routes).findIndex(({ id }) => id === routeId);
	const isOfRoute = (finding: Finding, { analyses }: { readonly analyses: readonly Pick<Analysis, 'routes'>[] }) =>
		isSevere(finding) && finding.routeId !== undefined && finding.routeId === idAt(position, analyses);
	const curable = new Map(
		view.checked
			.flatMap(({ findings }) => findings.filter(wanted))
			.map((finding) => [finding, finding.fixes()] as const)
			.filter(([, fixes]) => fixes.length > 0),
	);
	const fixes = [...curable].flatMap(([{ ruleId }, offered]) =>
		offered.map(({ title, safe, preferred, edits }) => ({ title, ruleId, safe, preferred, edits: editsOf(view, edits) })),
	);
	fixes.sort((a, b) => Number(b.preferred) - Number(a.preferred));
	const rules = new Set([...curable.keys()].map(({ ruleId }) => ruleId));
	if (rules.size < 2) return fixes;
	const title = `Solve the ${rules.size} problems of this route`;
	return [{ title, ruleId: '', safe: true, preferred: true, edits: editsOf(view, fixAll(view, isOfRoute)) }, ...fixes];
}

/** The id of one of all routes; undefined when there are not so many. */
function idAt(position: number, analyses: readonly Pick<Analysis, 'routes'>[]): string | undefined {
	let before = 0;
	for (const { routes } of analyses) {
		if (position < before + routes.length) return routes[position - before]?.id;
		before += routes.length;
	}
	return undefined;
}

function editsOf(view: View, edits: readonly Edit[]): FixReference['edits'] {
	return documentEdits(view, edits).map(({ textDocument: { uri, version }, edits: ofFile }) => ({
		uri,
		version,
		edits: ofFile.flatMap((edit) => ('newText' in edit ? [{ range: edit.range, newText: edit.newText }] : [])),
	}));
}
