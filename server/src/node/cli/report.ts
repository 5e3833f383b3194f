import { relative, sep } from 'node:path';
import type { Finding } from '../../core/engine/finding.ts';
import type { ProjectAnalysis } from '../../core/engine/project.ts';
import type { VerdictChange } from '../../core/engine/verdictChanges.ts';

/** What a reporter gets. Everything is known; nothing is computed but the fixes' titles. */
export interface CheckReport {
	readonly analysis: ProjectAnalysis;
	readonly findings: readonly Finding[];
	/** Routes whose handshake ends differently within the range of versions; undefined when one version was asked about. */
	readonly changes: readonly VerdictChange[] | undefined;
	/** `1.28.0`, or a range `1.22.0..1.30.0`. */
	readonly version: string;
	/** The folder that paths are shown relative to. */
	readonly workspace: string;
}

/** A path as a person sees it: relative to the workspace when it lies in it. */
export function shownPath(path: string, workspace: string): string {
	const shown = relative(workspace, path).split(sep).join('/');
	return shown === '' || shown.startsWith('..') ? path : shown;
}

/** A path as a terminal, or a tool that runs in the checkout's root, opens it: relative to the working directory when it lies in it, else whole. */
export function pathFromHere(path: string): string {
	const shown = relative(process.cwd(), path).split(sep).join('/');
	return shown === '' || shown.startsWith('..') ? path : shown;
}

/** Zero-based LSP range of a finding. */
export function rangeOf(finding: Pick<Finding, 'at'>, analysis: ProjectAnalysis) {
	const source = analysis.files.get(finding.at.path)?.tree.source;
	return {
		start: source?.positionAt(finding.at.span.start) ?? { line: 0, character: 0 },
		end: source?.positionAt(finding.at.span.end) ?? { line: 0, character: 0 },
	};
}
