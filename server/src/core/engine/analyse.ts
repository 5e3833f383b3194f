import { type DirectiveProblem, directiveProblems } from '../config/directiveProblems.ts';
import type { Configuration, Files } from '../config/model.ts';
import { type VariableTable, variableTable } from '../config/variables.ts';
import { isAtLeast, type NginxVersion, parseVersion } from '../reference/versions.ts';
import { createPredictor, type Predictor } from '../request/predict.ts';
import type { Prediction } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { routesOf } from '../routes/routes.ts';
import { repetitionIn } from '../rules/cures/placements.ts';
import { IGNORE_COMMENT } from '../rules/notices.ts';
import type { Report, Rule, RuleContext, Severity, VersionBounds } from '../rules/rule.ts';
import { RULES } from '../rules/rules.generated.ts';
import type { Finding, Fix } from './finding.ts';
import { Prover } from './proof.ts';
import { Refusals } from './refusals.ts';
import { Spoken } from './spoken.ts';
import { removalOf, type Suppression, suppressionsOf } from './suppressions.ts';

export interface AnalyseOptions {
	readonly version: NginxVersion;
	/** False when nobody said which version runs, and the default is assumed; true unless said. */
	readonly isVersionStated?: boolean;
	/** Where fixes re-read the configuration's files from; without it findings offer no fixes. */
	readonly files?: Files;
	/** How the configuration was built from a Files port, so that a proof can build it again. */
	readonly rebuild?: (files: Files) => Configuration;
	/** Severity by rule id; `off` silences the rule. */
	readonly severities?: Readonly<Record<string, Severity | 'off'>>;
	/** The least intent of a route that is spoken about. */
	readonly intent?: 'certain' | 'likely';
	/** Backends of WebSocket routes that stand in a part of the configuration that is left out here. */
	readonly alsoMeant?: Iterable<string>;
	/** Hears of every prediction that a rule or a route asked for. */
	readonly onPrediction?: (prediction: Prediction) => void;
	/** Hears of a rule that crashed; without it the crash goes on. */
	readonly onRuleError?: (ruleId: string, error: unknown) => void;
	readonly rules?: readonly Rule[];
}

export interface Analysis {
	readonly configuration: Configuration;
	readonly version: NginxVersion;
	readonly routes: readonly Route[];
	/** By file, then by place. */
	readonly findings: readonly Finding[];
}

/** Runs the rules over one configuration. Findings of equal rule, place and message (a snippet included twice) are one. */
export function analyse(configuration: Configuration, options: AnalyseOptions): Analysis {
	const steps = analysing(configuration, options);
	for (;;) {
		const step = steps.next();
		if (step.done === true) return step.value;
	}
}

/** Of how many routes the predictions are made in one step. */
const PREDICTED_AT_ONCE = 64;

/**
 * `analyse` in small steps, for one who has other things to do in between: in a file of 10 MB the whole takes seconds, a step a fraction
 * of one. The texts it stands on must not change meanwhile, as those of a configuration do not.
 */
export function* analysing(configuration: Configuration, options: AnalyseOptions): Generator<undefined, Analysis, undefined> {
	let predictor: Predictor | undefined;
	let problems: readonly DirectiveProblem[] | undefined;
	let table: VariableTable | undefined;
	const variables = (): VariableTable => {
		table ??= variableTable(configuration);
		return table;
	};
	const lazyPredictor: Predictor = {
		predict: (request) => heard(made().predict(request)),
		predictIn: (location, request) => heard(made().predictIn(location, request)),
		predictForSome: (request, others, location) => heard(made().predictForSome(request, others, location)),
	};
	function heard(prediction: Prediction): Prediction {
		options.onPrediction?.(prediction);
		return prediction;
	}
	function made(): Predictor {
		predictor ??= createPredictor(configuration, options.version, variables());
		return predictor;
	}
	const routes = routesOf(configuration, options.version, lazyPredictor, options.alsoMeant);
	yield;
	const least = options.intent ?? 'likely';
	const spokenOf = routes.filter(({ intent }) => intent.level === 'certain' || (intent.level === 'likely' && least === 'likely'));
	const rules = options.rules ?? RULES;
	const spoken = new Spoken(configuration, () =>
		rules.filter((rule) => isOff(rule, options) && !rule.optIn).flatMap((rule) => reportsOf(rule, context, options)),
	);
	const context: RuleContext = {
		configuration,
		version: options.version,
		isVersionStated: options.isVersionStated ?? true,
		routes: spokenOf,
		allRoutes: routes,
		predictor: lazyPredictor,
		directiveProblems: () => {
			problems ??= directiveProblems(configuration, options.version);
			return problems;
		},
		variables,
		isRepeated: repetitionIn(configuration),
		isSpokenAbout: (route) => spoken.has(route),
	};

	const { files, rebuild } = options;
	const prover = files === undefined || rebuild === undefined ? undefined : new Prover(context, files, rebuild);
	const found = new Map<string, Finding>();
	const refusals = new Refusals();
	// The first rule that asks for every route's predictions would make them all in one go.
	for (let from = 0; spokenOf.length > PREDICTED_AT_ONCE && from < spokenOf.length; from += PREDICTED_AT_ONCE) {
		for (const route of spokenOf.slice(from, from + PREDICTED_AT_ONCE)) predictAhead(route);
		yield;
	}
	for (const rule of [...rules.filter(({ last }) => !last), ...rules.filter(({ last }) => last)]) {
		if (isOff(rule, options)) continue;
		yield;
		for (const report of reportsOf(rule, context, options)) {
			refusals.add(rule, report);
			spoken.add(report);
			const finding = toFinding(rule, report, severityOf(rule, report, options), context, prover, refusals);
			const key = `${rule.id}\0${finding.at.path}\0${finding.at.span.start}\0${finding.at.span.end}\0${finding.message}`;
			if (!found.has(key)) found.set(key, finding);
		}
	}
	return {
		configuration,
		version: options.version,
		routes,
		findings: ordered(suppressed(standing([...found.values()], refusals, context, options), configuration, options)),
	};
}

/** The findings that do not follow only from text which nginx refuses to read: what is gone once that is mended was never wrong. */
function standing(
	findings: readonly Finding[],
	refusals: Refusals,
	{ configuration, allRoutes }: RuleContext,
	options: AnalyseOptions,
): readonly Finding[] {
	if (hasOpenQuote(configuration)) return beyondQuote(findings, refusals, configuration, options);
	if (!refusals.some || findings.every(({ routeId }) => routeId === undefined)) return findings;
	const routes = new Map(allRoutes.map((route, index) => [route.id, { route, index }]));
	const after = analysedAgain(refusals.mended(configuration, options), options);
	const comparable = after?.routes.length === allRoutes.length ? after : undefined;
	const places = new Map(comparable?.routes.map(({ id }, index) => [id, index]));
	const kept = new Set(comparable?.findings.map(({ ruleId, routeId = '' }) => `${ruleId}\0${places.get(routeId)}`));
	return findings.filter(({ ruleId, routeId }) => {
		const known = routeId === undefined ? undefined : routes.get(routeId);
		if (known === undefined) return true;
		return !refusals.garbles(known.route) && (comparable === undefined || kept.has(`${ruleId}\0${known.index}`));
	});
}

/** What is found in a configuration that was mended in memory: no fix is offered there, and nobody hears of its predictions. */
function analysedAgain(
	mended: Configuration | undefined,
	{ files: _, rebuild: __, onPrediction: ___, ...others }: AnalyseOptions,
): Analysis | undefined {
	return mended && analyse(mended, others);
}

function hasOpenQuote({ files }: Configuration): boolean {
	return [...files.values()].some(({ tree }) => tree.problems.some(({ code }) => code === 'unterminated-quote'));
}

/** What stands behind a quote that is not closed is text of it, for nginx: only what is so with the quote closed as well is told beside it. */
function beyondQuote(
	findings: readonly Finding[],
	refusals: Refusals,
	configuration: Configuration,
	options: AnalyseOptions,
): readonly Finding[] {
	const closed = refusals.mended(configuration, options, ({ rule }) => rule.id === 'syntax-error');
	const key = ({ ruleId, message }: Finding): string => `${ruleId}\0${message}`;
	const after = closed === undefined || hasOpenQuote(closed) ? undefined : analysedAgain(closed, options);
	const kept = new Set(after?.findings.map(key));
	return findings.filter((finding) => finding.ruleId === 'syntax-error' || kept.has(key(finding)));
}

/** Lets a route make the predictions that it keeps. What fails here fails again in the rule that asks for it, and is told there. */
function predictAhead(route: Route): void {
	try {
		void route.handshake;
		void route.outside;
		void route.plain;
	} catch {
		return;
	}
}

function reportsOf(rule: Rule, context: RuleContext, options: AnalyseOptions): readonly Report[] {
	try {
		return [...rule.check(context)];
	} catch (error) {
		if (options.onRuleError === undefined) throw error;
		options.onRuleError(rule.id, error);
		return [];
	}
}

/** True for a rule that a person has switched off, or that waits to be switched on. */
function isOff({ id, optIn }: Rule, { severities }: AnalyseOptions): boolean {
	return (severities?.[id] ?? (optIn ? 'off' : undefined)) === 'off';
}

function severityOf({ id }: Rule, report: Report, { severities }: AnalyseOptions): Severity {
	const setting = severities?.[id];
	return setting === undefined || setting === 'off' ? report.severity : setting;
}

function toFinding(
	rule: Rule,
	report: Report,
	severity: Severity,
	context: RuleContext,
	prover: Prover | undefined,
	refusals: Refusals,
): Finding {
	const { cures, route, versions = rule.versions } = report;
	const proved = (made: NonNullable<Report['cures']>, by: Prover): readonly Fix[] =>
		by
			.prove(report, made(), rule.refused)
			.map((fix) => (route !== undefined && refusals.holdUp(route, fix.edits, context) ? { ...fix, preferred: false } : fix));
	return {
		ruleId: rule.id,
		severity,
		message: versions === undefined ? report.message : withBounds(report.message, versions),
		...(versions === undefined ? {} : { versions }),
		at: report.at,
		related: report.related ?? [],
		routeId: route?.id,
		fixes: cures === undefined || prover === undefined ? () => [] : () => proved(cures, prover),
	};
}

/** The oldest version that anybody is likely to run: what holds from before it needs no saying. */
const OLDEST = '1.22.0';

/** The message, with the versions in which it holds where it does not name them itself. */
function withBounds(message: string, { from, before }: VersionBounds): string {
	const since = from === undefined || !isNewer(from) || message.includes(from) ? '' : ` from nginx ${from}`;
	const until =
		before === undefined || message.includes(before) ? '' : `${since === '' ? ' before nginx' : ' and before'} ${before}`;
	return since === '' && until === '' ? message : `${message} (Holds${since}${until}.)`;
}

function isNewer(version: string): boolean {
	const parsed = parseVersion(version);
	return parsed !== undefined && isAtLeast(parsed, OLDEST);
}

function suppressed(findings: readonly Finding[], configuration: Configuration, options: AnalyseOptions): readonly Finding[] {
	const kept = new Set(findings);
	const complaintSeverity = options.severities?.[IGNORE_COMMENT.id] ?? IGNORE_COMMENT.severity;
	const unused: Finding[] = [];
	for (const file of configuration.files.values()) {
		const suppressions = suppressionsOf(file);
		if (suppressions.length === 0) continue;
		const here = findings.filter((finding) => finding.at.path === file.path);
		for (const suppression of suppressions) {
			const silenced = here.filter(
				(finding) =>
					finding.ruleId === suppression.ruleId && suppression.lines.includes(file.tree.source.lineAt(finding.at.span.start)),
			);
			for (const finding of silenced) kept.delete(finding);
			// What stands around a snippet decides what is found in it.
			if (silenced.length === 0 && isSnippet(configuration) && isComplete(suppression, options)) continue;
			const complaint = complaintAbout(suppression, silenced.length, options);
			if (complaint !== undefined && complaintSeverity !== 'off')
				unused.push({
					ruleId: IGNORE_COMMENT.id,
					severity: complaintSeverity,
					message: complaint.message,
					at: { path: file.path, span: suppression.span },
					related: [],
					routeId: undefined,
					fixes: () =>
						complaint.isIdle
							? [
									{
										title: 'Remove this comment',
										safe: true,
										preferred: complaint.isUnused,
										edits: [removalOf(suppression, file)],
									},
								]
							: [],
				});
		}
	}
	return [...kept, ...unused];
}

function isSnippet({ fragment }: Configuration): boolean {
	return fragment !== undefined && fragment.context !== 'main' && fragment.context !== 'http';
}

/** An ignore comment that names a rule that there is, and says why. */
function isComplete({ ruleId, reason }: Suppression, { rules = RULES }: AnalyseOptions): boolean {
	return reason !== '' && rules.some(({ id }) => id === ruleId);
}

interface Complaint {
	readonly message: string;
	/** The comment silences nothing: without it all is as before. */
	readonly isIdle: boolean;
	/** Nothing else is wrong with it, so that nobody meant another rule. */
	readonly isUnused: boolean;
}

/** What is wrong with an ignore comment; undefined when it does its work. */
function complaintAbout({ ruleId, reason }: Suppression, silenced: number, options: AnalyseOptions): Complaint | undefined {
	const idle = (message: string, isUnused: boolean): Complaint => ({ message, isIdle: true, isUnused });
	if (ruleId === '')
		return idle('This comment names no rule, so it silences nothing; write # nginx-websocket-ignore RULE reason.', false);
	const rule = (options.rules ?? RULES).find(({ id }) => id === ruleId);
	if (rule === undefined)
		return idle(
			`There is no rule ${ruleId}, so this comment silences nothing; the name of the rule stands behind each finding.`,
			false,
		);
	if (reason === '') {
		const message = `This comment does not say why ${ruleId} is ignored here; write the reason behind the rule's name.`;
		return { message, isIdle: false, isUnused: false };
	}
	return silenced > 0 || isOff(rule, options)
		? undefined
		: idle(`Nothing here is found by ${ruleId}; remove this comment, or move it to the line above the finding.`, true);
}

function ordered(findings: readonly Finding[]): readonly Finding[] {
	return [...findings].sort(
		(a, b) =>
			(a.at.path < b.at.path ? -1 : a.at.path > b.at.path ? 1 : 0) ||
			a.at.span.start - b.at.span.start ||
			(a.ruleId < b.ruleId ? -1 : 1),
	);
}
