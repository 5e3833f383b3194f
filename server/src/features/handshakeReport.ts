import type { Edit, Finding } from '../core/engine/finding.ts';
import type { HandshakeTrace } from '../core/handshake/trace.ts';
import type { ExplanationLine, FixReference, HandshakeReport, TestHandshakeParams } from '../protocol/requests.ts';
import { documentEdits } from './edits.ts';
import { fixAll } from './fixAll.ts';
import { findRoute } from './routeList.ts';
import { locationOf, type View } from './view.ts';

/** What a person reads about a recorded handshake: what happened and, joined with the model, why. Without a view only what happened. */
export function handshakeReport(view: View | undefined, params: TestHandshakeParams, trace: HandshakeTrace): HandshakeReport {
	const headline = headlineOf(trace);
	const explanation = view === undefined ? [] : reasons(view, params);
	const fixes = view === undefined || trace.outcome === 'upgraded' ? [] : fixesOf(view, params);
	return { trace, headline, explanation, fixes, report: `# ${params.url}\n\n${headline}\n` };
}

function headlineOf({ outcome, response, failure, timing }: HandshakeTrace): string {
	if (outcome === 'upgraded') return `The WebSocket handshake succeeded in ${Math.round(timing.totalMs)} ms.`;
	if (outcome === 'refused' && response !== undefined)
		return `The handshake was answered ${response.status} ${response.reason}, not 101.`;
	return failure?.message ?? `The handshake ended as ${outcome}.`;
}

function reasons(view: View, { routeId }: TestHandshakeParams): ExplanationLine[] {
	const found = routeId === undefined ? undefined : findRoute(view, { routeId });
	if (found === undefined) return [];
	return (found.route.outside ?? found.route.handshake).obstacles.map(({ text, at }) => {
		const [first] = at;
		const place = first && locationOf(view, { path: first.file.path, span: first.node.name.span });
		return place === undefined ? { text } : { text, at: place };
	});
}

/** The cures of what makes the route fail. When it takes several, the first is all of them at once: one click, and the next test succeeds. */
function fixesOf(view: View, { routeId }: TestHandshakeParams): FixReference[] {
	const wanted = (finding: Finding) =>
		finding.routeId !== undefined &&
		finding.routeId === routeId &&
		(finding.severity === 'error' || finding.severity === 'warning');
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
	const title = `Fix the ${rules.size} problems of this route`;
	return [{ title, ruleId: '', safe: true, preferred: true, edits: editsOf(view, fixAll(view, wanted)) }, ...fixes];
}

function editsOf(view: View, edits: readonly Edit[]): FixReference['edits'] {
	return documentEdits(view, edits).map(({ textDocument: { uri, version }, edits: ofFile }) => ({
		uri,
		version,
		edits: ofFile.flatMap((edit) => ('newText' in edit ? [{ range: edit.range, newText: edit.newText }] : [])),
	}));
}
