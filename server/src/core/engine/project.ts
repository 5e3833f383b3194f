import type { Configuration, Files } from '../config/model.ts';
import { IGNORE_COMMENT } from '../rules/notices.ts';
import { RULES } from '../rules/rules.generated.ts';
import { enclosingBlock, pathTo } from '../syntax/query.ts';
import { type AnalyseOptions, type Analysis, analyse } from './analyse.ts';
import { ApartEdits, applyEdits, editsByFile } from './edits.ts';
import type { Edit, Finding, Fix } from './finding.ts';
import { KnownFindings } from './known.ts';
import { overlaid } from './proof.ts';

/** How to get a project's configurations from files: again and again while fixes are applied. */
export type ReadConfigurations = (files: Files) => readonly Configuration[];

export type ProjectOptions = Omit<AnalyseOptions, 'files' | 'rebuild'>;

export interface ProjectAnalysis {
	readonly analyses: readonly Analysis[];
	/** Of all configurations, by file and place; one that several configurations share counts once. */
	readonly findings: readonly Finding[];
	/** Every file that was read, by path. */
	readonly files: ReadonlyMap<string, Configuration['main']>;
}

/** Analyses every configuration of a project. */
export function analyseProject(files: Files, read: ReadConfigurations, options: ProjectOptions): ProjectAnalysis {
	const configurations = read(files);
	const analyses = configurations.map((configuration, index) =>
		analyse(configuration, {
			...options,
			files,
			rebuild: (changed) =>
				read(changed).find(({ main }) => main.path === configuration.main.path) ?? configurations[index] ?? configuration,
		}),
	);
	const findings = new Map<string, Finding>();
	const all = analyses.flatMap(({ findings: own }) => own);
	const readersOf = (path: string): number => configurations.filter(({ files: read }) => read.has(path)).length;
	for (const finding of unlessUsedElsewhere(all, readersOf))
		if (!findings.has(keyOf(finding))) findings.set(keyOf(finding), finding);
	return {
		analyses,
		findings: [...findings.values()].sort((a, b) =>
			a.at.path < b.at.path ? -1 : a.at.path > b.at.path ? 1 : a.at.span.start - b.at.span.start,
		),
		files: new Map(configurations.flatMap((configuration) => [...configuration.files])),
	};
}

/**
 * Findings of several configurations, without the complaints about ignore comments that do their work in another configuration that
 * reads the same file. @param readersOf how many of the configurations read a file
 */
export function unlessUsedElsewhere<Shown extends Omit<Finding, 'fixes'>>(
	findings: readonly Shown[],
	readersOf: (path: string) => number,
): readonly Shown[] {
	const complaints = findings.filter(({ ruleId }) => ruleId === IGNORE_COMMENT.id);
	if (complaints.length === 0) return findings;
	const counts = new Map<string, number>();
	for (const complaint of complaints) counts.set(keyOf(complaint), (counts.get(keyOf(complaint)) ?? 0) + 1);
	return findings.filter(
		(finding) => finding.ruleId !== IGNORE_COMMENT.id || (counts.get(keyOf(finding)) ?? 0) >= readersOf(finding.at.path),
	);
}

/** What makes two findings the same one. */
export function keyOf(finding: Omit<Finding, 'fixes'>): string {
	return `${finding.ruleId}\0${finding.at.path}\0${finding.at.span.start}\0${finding.at.span.end}\0${finding.message}`;
}

export interface FixedProject {
	/** The new text of every file that changed, by path. */
	readonly texts: ReadonlyMap<string, string>;
	/** The fixes that were applied, in order. */
	readonly applied: readonly { readonly finding: Finding; readonly fix: Fix }[];
	/** The edits of each round, made for the texts that the round before left. */
	readonly rounds: readonly (readonly Edit[])[];
	/** What is found afterwards. */
	readonly after: ProjectAnalysis;
}

/** Rounds after which fixing stops: each round applies every fix that does not touch another one's place. */
const MOST_ROUNDS = 100;

/**
 * Applies the one preferred fix of every finding that `wanted` takes, as if one after the other: each round applies those that share no
 * place and reads the configurations again. What a fix brings to light elsewhere is left to the person. `wanted` hears what each round has found: routes have other ids when their place has moved.
 */
export function fixProject(
	files: Files,
	read: ReadConfigurations,
	options: ProjectOptions,
	wanted: (finding: Finding, analysis: ProjectAnalysis) => boolean,
	mayEdit: (path: string) => boolean = () => true,
): FixedProject {
	const texts = new Map<string, string>();
	const applied: { finding: Finding; fix: Fix }[] = [];
	const rounds: (readonly Edit[])[] = [];
	const tried = new Set<string>();
	const seen = new Set<string>();
	const known = new KnownFindings();
	const refusing = new Set((options.rules ?? RULES).filter(({ refused }) => refused).map(({ id }) => id));
	for (let round = 0, started = false; ; round++) {
		const now = overlaid(files, texts);
		const analysis = analyseProject(now, read, options);
		if (!started) known.startFrom(analysis);
		const chosen: { finding: Finding; fix: Fix }[] = [];
		const together = new Together(analysis);
		// What nginx refuses to start with comes first: nothing else is known until it does.
		const byRefusal = [true, false].map((refused) => analysis.findings.filter(({ ruleId }) => refusing.has(ruleId) === refused));
		for (const finding of round < MOST_ROUNDS ? byRefusal.flat() : []) {
			if (refusing.has(chosen[0]?.finding.ruleId ?? '') && !refusing.has(finding.ruleId)) break;
			if (!wanted(finding, analysis) || tried.has(keyOf(finding)) || !known.has(finding, analysis)) continue;
			const fix = finding.fixes().find(({ preferred }) => preferred);
			if (fix === undefined || !fix.edits.every(({ path }) => mayEdit(path))) tried.add(keyOf(finding));
			else if (together.takes(fix)) chosen.push({ finding, fix });
		}
		// Two cures that undo each other would go on for ever.
		const state = JSON.stringify([...texts]);
		if (chosen.length === 0 || seen.has(state)) return { texts, applied, rounds, after: analysis };
		seen.add(state);
		tried.clear();
		const edits: readonly Edit[] = chosen.flatMap(({ fix }) => fix.edits);
		for (const [path, own] of editsByFile(edits)) {
			const before = analysis.files.get(path)?.tree.source.text;
			const text = before === undefined ? undefined : applyEdits(before, own);
			if (typeof text === 'string') texts.set(path, text);
		}
		started = !chosen.some(({ finding }) => refusing.has(finding.ruleId));
		known.follow(
			chosen.map(({ finding }) => finding),
			edits,
			analysis,
		);
		applied.push(...chosen);
		rounds.push(edits);
	}
}

/** Fixes, made for one text, that do the same together as one after the other. */
export class Together {
	readonly #files: ProjectAnalysis['files'];
	readonly #edits = new ApartEdits();
	/** What all of them do outside of servers and locations. */
	#shared: string | undefined;

	constructor({ files }: Pick<ProjectAnalysis, 'files'>) {
		this.#files = files;
	}

	/** Takes a fix in; false when it has to wait until those that are here are done. */
	takes({ edits }: Fix): boolean {
		// A map that one brings or changes is what the other might have used.
		const shared = JSON.stringify(edits.filter((edit) => isShared(edit, this.#files)));
		if (this.#shared !== undefined && this.#shared !== shared) return false;
		if (!this.#edits.takes(edits)) return false;
		this.#shared = shared;
		this.#edits.add(edits);
		return true;
	}
}

/** True for an edit outside of every server and location: a map, or a file that several include. */
function isShared(edit: Edit, files: ProjectAnalysis['files']): boolean {
	const tree = files.get(edit.path)?.tree;
	const block = tree && enclosingBlock(tree, edit.span.start);
	return block === undefined || !pathTo(block).some(({ name }) => name.value === 'server' || name.value === 'location');
}
