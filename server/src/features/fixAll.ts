import { editsByFile } from '../core/engine/edits.ts';
import type { Edit, Finding } from '../core/engine/finding.ts';
import { fixProject, type ProjectAnalysis } from '../core/engine/project.ts';
import { Pieces } from './pieces.ts';
import type { View } from './view.ts';

/**
 * The safe preferred cures of all findings that `wanted` takes, one after another until none is left, as edits of the texts as they
 * are now. What a cure brings up in turn is cured too.
 */
export function fixAll(
	view: View,
	wanted: (finding: Finding, analysis: Pick<ProjectAnalysis, 'analyses'>) => boolean,
): readonly Edit[] {
	const [first] = view.checked;
	if (first === undefined) return [];
	const { rounds } = fixProject(
		first.options.files,
		(files) => view.checked.map(({ options }) => options.rebuild(files)),
		first.options,
		(finding, analysis) => wanted(finding, analysis) && finding.fixes().find(({ preferred }) => preferred)?.safe === true,
	);
	const pieces = new Map<string, Pieces>();
	for (const round of rounds)
		for (const [path, edits] of editsByFile(round)) {
			const text = view.checked
				.map(({ configuration }) => configuration.files.get(path)?.tree.source.text)
				.find((one) => one !== undefined);
			const piece = pieces.get(path) ?? new Pieces(text ?? '');
			piece.apply(edits);
			pieces.set(path, piece);
		}
	return [...pieces].flatMap(([path, piece]) => piece.edits().map((edit) => ({ path, ...edit })));
}
