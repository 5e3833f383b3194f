import { placeBlock } from '../config/build.ts';
import type { Configuration, Files, Scope } from '../config/model.ts';
import { parseConfiguration } from '../config/parseConfiguration.ts';
import { createPredictor, type Predictor } from '../request/predict.ts';
import type { Route } from '../routes/route.ts';
import { plainRequest } from '../routes/urls.ts';
import type { Cure, Edit, Report, RuleContext } from '../rules/rule.ts';
import type { SyntaxTree } from '../syntax/nodes.ts';
import { walk } from '../syntax/query.ts';
import { Comparison, Judge, type Outcome, type Proposal, type Verdict } from './comparison.ts';
import { applyEdits, editsByFile } from './edits.ts';
import type { Fix } from './finding.ts';
import { type Site, sitesOf } from './sites.ts';

/**
 * Proves the cures of one analysis. Outcomes are kept: cures that share an edit elsewhere (the one map that a hundred routes want) read
 * the configuration once, and edits inside one location are proved on that location alone.
 */
export class Prover {
	readonly #context: RuleContext;
	readonly #files: Files;
	readonly #rebuild: (files: Files) => Configuration;
	readonly #outcomes = new Map<string, Outcome | undefined>();
	readonly #verdicts = new Map<string, Verdict>();
	readonly #named = new Map<
		Configuration,
		{ readonly names: ReadonlySet<string>; readonly predictors: Map<string, Predictor> }
	>();
	#before: { readonly sites: readonly Site[]; readonly comparison: Comparison } | undefined;

	constructor(context: RuleContext, files: Files, rebuild: (files: Files) => Configuration) {
		this.#context = context;
		this.#files = files;
		this.#rebuild = rebuild;
	}

	/**
	 * Applies each cure in memory, evaluates requests for every location that it may touch before and after, and keeps the cures that make
	 * none worse and the failing handshake better. A cure that changes another request than the cured route's handshake is marked unsafe and
	 * says so in its title; none did where nginx refuses to start.
	 */
	prove(report: Report, cures: readonly Cure[], refused = false): readonly Fix[] {
		const fixes: Fix[] = [];
		const mustCure = !refused && (report.severity === 'error' || report.severity === 'warning');
		for (const cure of cures) {
			const verdict = this.#verdictOf({ edits: cure.edits, subject: report.route, on: cure.changes, refused, mustCure });
			if (verdict === 'worse') continue;
			const safe = refused || verdict.length === 0;
			fixes.push({
				title: safe ? cure.title : `${cure.title} (also changes ${listed(verdict)})`,
				safe,
				preferred: cure.preferred && !fixes.some(({ preferred }) => preferred),
				edits: cure.edits,
			});
		}
		return fixes;
	}

	#verdictOf(proposal: Proposal): Verdict {
		const { subject, edits } = proposal;
		const inside = subject === undefined ? [] : edits.filter((edit) => isInside(edit, subject));
		if (subject === undefined || inside.length === 0 || !this.#standsAlone(subject)) return this.#compared(proposal);
		const elsewhere = edits.filter((edit) => !inside.includes(edit));
		if (elsewhere.length === 0)
			return this.#compareBlock(subject, subject.location.parent, this.#context, { ...proposal, edits: inside });
		const others = this.#compared({ ...proposal, edits: elsewhere, subject: undefined, on: undefined, mustCure: false });
		// What the edits elsewhere spoil by themselves, those inside may make good.
		if (others === 'worse') return this.#compared(proposal);
		const outcome = this.#outcome(elsewhere, true);
		const same = outcome?.sites[this.#started().sites.findIndex(({ scope }) => scope === subject.location)];
		if (outcome === undefined || same === undefined) return 'worse';
		const own = this.#compareBlock(subject, same.scope.parent, outcome, { ...proposal, edits: inside });
		return own === 'worse' ? 'worse' : [...new Set([...own, ...others])];
	}

	/** True when the location's block can be judged by itself: no location in it, no include, and its text placed once. */
	#standsAlone(subject: Route): boolean {
		const { location, at } = subject;
		// Whether a location is internal, or lists a method, is seen from outside alone.
		if (
			location.context !== 'location' ||
			['location', 'include', 'internal', 'limit_except'].some((name) => location.byName.has(name))
		)
			return false;
		return at.via.length === 0 || this.#context.allRoutes.filter((route) => route.at.node === at.node).length === 1;
	}

	#compareBlock(subject: Route, parent: Scope | undefined, around: Around, proposal: Proposal): Verdict {
		const { node, file } = subject.at;
		const start = node.span.start;
		const text = applyEdits(
			file.tree.source.slice(node.span),
			proposal.edits.map((edit) => ({ ...edit, span: { start: edit.span.start - start, end: edit.span.end - start } })),
		);
		if (typeof text !== 'string' || parent === undefined) return 'worse';
		const tree = parseConfiguration(text);
		const [block] = tree.directives;
		if (block === undefined) return 'worse';
		const scope = placeBlock(block, { path: file.path, tree }, parent);
		const predictor = this.#predictorFor(around, tree);
		// Nothing but the block changes where it stands in the configuration as it was read.
		const isHere = around === this.#context;
		const judge = new Judge(this.#context, predictor, proposal, (before) =>
			before === subject.location ? scope : isHere ? before : 'unchanged',
		);
		const effects = judge.within(
			scope,
			{ handshake: subject.request, plain: plainRequest(subject.urls[0]) },
			{ handshake: subject.handshakeOfExample, plain: subject.plain },
			{ role: 'cured', shares: false, isMeant: true },
		);
		if (effects.includes('worse') || judge.isInVain) return 'worse';
		const path = subject.urls[0]?.path;
		return path !== undefined && effects.some((effect) => effect !== 'none') ? [`plain requests for ${path}`] : [];
	}

	/** The verdict over every site of the servers that the edits touch. */
	#compared(proposal: Proposal): Verdict {
		const { edits, subject, on, refused, mustCure } = proposal;
		const key = `${subject?.id ?? ''}\0${on ?? ''}\0${refused}\0${mustCure}\0${keyOfEdits(edits)}`;
		const known = this.#verdicts.get(key);
		if (known !== undefined) return known;
		const outcome = this.#outcome(edits, subject === undefined);
		const verdict = outcome === undefined ? 'worse' : this.#started().comparison.verdict(outcome, proposal);
		this.#verdicts.set(key, verdict);
		return verdict;
	}

	#started(): { readonly sites: readonly Site[]; readonly comparison: Comparison } {
		if (this.#before === undefined) {
			const sites = sitesOf(this.#context.configuration);
			this.#before = { sites, comparison: new Comparison(this.#context, sites) };
		}
		return this.#before;
	}

	/** What predicts in a block that the configuration around it does not hold, among its directives some that stand nowhere else. */
	#predictorFor(around: Around, block: SyntaxTree): Predictor {
		const { configuration, predictor } = around;
		const known = this.#named.get(configuration) ?? {
			names: new Set(
				[...configuration.files.values()].flatMap(({ tree }) => [...walk(tree.directives)].map(({ name }) => name.value)),
			),
			predictors: new Map<string, Predictor>(),
		};
		this.#named.set(configuration, known);
		const added = [...new Set([...walk(block.directives)].map(({ name }) => name.value))].filter(
			(name) => !known.names.has(name),
		);
		if (added.length === 0) return predictor;
		const key = added.sort().join(' ');
		const made = known.predictors.get(key) ?? createPredictor(configuration, this.#context.version, undefined, added);
		known.predictors.set(key, made);
		return made;
	}

	#outcome(edits: readonly Edit[], isShared: boolean): Outcome | undefined {
		const key = keyOfEdits(edits);
		if (this.#outcomes.has(key)) return this.#outcomes.get(key);
		const configuration = this.#cured(edits);
		const outcome = configuration && {
			configuration,
			sites: sitesOf(configuration),
			predictor: createPredictor(configuration, this.#context.version),
		};
		// A whole configuration is only kept where another cure may ask for it again.
		if (isShared) this.#outcomes.set(key, outcome);
		return outcome;
	}

	/** The configuration after the edits; undefined when they conflict or change nothing. */
	#cured(edits: readonly Edit[]): Configuration | undefined {
		const texts = new Map<string, string>();
		for (const [path, own] of editsByFile(edits)) {
			const before = this.#context.configuration.files.get(path)?.tree.source.text;
			if (before === undefined) return undefined;
			const text = applyEdits(before, own);
			if (typeof text !== 'string' || text === before) return undefined;
			texts.set(path, text);
		}
		return texts.size === 0 ? undefined : this.#rebuild(overlaid(this.#files, texts));
	}
}

/** What stands around a block. */
type Around = Pick<Outcome, 'configuration' | 'predictor'>;

function isInside(edit: Edit, route: Route): boolean {
	const block = route.at.node.block;
	return (
		block !== undefined &&
		edit.path === route.at.file.path &&
		block.span.start < edit.span.start &&
		edit.span.end < block.span.end
	);
}

function keyOfEdits(edits: readonly Edit[]): string {
	return edits.map((edit) => `${edit.path}\0${edit.span.start}\0${edit.span.end}\0${edit.text}`).join('\0\0');
}

/** The same files with some texts changed. */
export function overlaid(files: Files, texts: ReadonlyMap<string, string>): Files {
	return {
		read: (path) => {
			const text = texts.get(path);
			return text === undefined ? files.read(path) : { kind: 'text', tree: parseConfiguration(text) };
		},
		glob: (pattern) => files.glob(pattern),
	};
}

function listed(names: readonly string[]): string {
	const [first, second, third] = names;
	if (names.length <= 3) return [first, second, third].filter((name) => name !== undefined).join(', ');
	return `${first}, ${second} and ${names.length - 2} more`;
}
