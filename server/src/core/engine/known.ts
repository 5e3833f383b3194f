import { editsByFile } from './edits.ts';
import type { Edit, Finding } from './finding.ts';
import type { ProjectAnalysis } from './project.ts';

/**
 * What was found before anything was fixed, followed through the edits: a fix must not lead to the next one on a location that was well.
 * On the locations that are being cured one fix may uncover what the next has to do.
 */
export class KnownFindings {
	#found = new Set<string>();
	#cured = new Set<string>();

	/** Takes what is found now as what was there from the start: nginx did not start before, or nothing is fixed yet. */
	startFrom({ findings }: ProjectAnalysis): void {
		for (const { ruleId, at } of findings) this.#found.add(keyOf({ path: at.path, offset: at.span.start, ruleId }));
	}

	/** True for a finding that was there, and for one about a location that a fix was made for. */
	has({ ruleId, at, routeId }: Finding, analysis: ProjectAnalysis): boolean {
		if (this.#found.has(keyOf({ path: at.path, offset: at.span.start, ruleId }))) return true;
		const route = routeId === undefined ? undefined : placeOfRoute(routeId, analysis);
		return route !== undefined && this.#cured.has(keyOf(route));
	}

	/** Notes fixes that are made for the texts as they are, and moves all places along. */
	follow(findings: readonly Finding[], edits: readonly Edit[], analysis: ProjectAnalysis): void {
		for (const { routeId } of findings) {
			const route = routeId === undefined ? undefined : placeOfRoute(routeId, analysis);
			if (route !== undefined) this.#cured.add(keyOf(route));
		}
		const byFile = editsByFile(edits);
		const moved = (keys: ReadonlySet<string>): Set<string> =>
			new Set([...keys].map(readKey).map((spot) => keyOf(afterEdits(spot, byFile.get(spot.path) ?? [], analysis))));
		this.#found = moved(this.#found);
		this.#cured = moved(this.#cured);
	}
}

interface Spot {
	readonly path: string;
	readonly offset: number;
	/** Empty for a location. */
	readonly ruleId?: string;
}

function keyOf({ path, offset, ruleId = '' }: Spot): string {
	return `${ruleId}\0${offset}\0${path}`;
}

function readKey(key: string): Spot {
	const [ruleId, offset, path = ''] = key.split('\0');
	return { path, offset: Number(offset), ruleId: ruleId ?? '' };
}

function placeOfRoute(id: string, { analyses }: ProjectAnalysis): Spot | undefined {
	for (const { routes } of analyses) {
		const route = routes.find((candidate) => candidate.id === id);
		if (route !== undefined) return { path: route.at.file.path, offset: route.at.node.span.start };
	}
	return undefined;
}

/** Where a place is after the edits of the text that it was found in; in text that was taken out and put elsewhere it goes along. */
function afterEdits(spot: Spot, own: readonly Edit[], { files }: ProjectAnalysis): Spot {
	const shift = (offset: number): number =>
		own
			.filter(({ span }) => (span.start === span.end ? span.start <= offset : span.end <= offset))
			.reduce((sum, { span, text }) => sum + text.length - (span.end - span.start), offset);
	const around = own.find(({ span }) => span.start <= spot.offset && spot.offset < span.end);
	if (around === undefined) return { ...spot, offset: shift(spot.offset) };
	const gone = around.text === '' ? (files.get(spot.path)?.tree.source.slice(around.span) ?? '') : '';
	const core = gone.trim();
	const target = core === '' ? undefined : own.find(({ text }) => text.includes(core));
	if (target === undefined) return { ...spot, offset: shift(around.span.start) };
	const inCore = spot.offset - around.span.start - gone.indexOf(core);
	return { ...spot, offset: shift(target.span.start) - target.text.length + target.text.indexOf(core) + inCore };
}
