import type { DirectiveProblem } from '../config/directiveProblems.ts';
import type { Configuration, Place, PlacedDirective } from '../config/model.ts';
import type { VariableTable } from '../config/variables.ts';
import type { NginxVersion } from '../reference/versions.ts';
import type { Predictor } from '../request/predict.ts';
import type { Route } from '../routes/route.ts';

export type Severity = 'error' | 'warning' | 'information' | 'hint';

/** A change of one stretch of one file; offsets are those of the text that was analysed. */
export interface Edit extends Place {
	readonly text: string;
}

/** A cure as a rule proposes it. The engine proves it before anybody sees it. */
export interface Cure {
	/** What the person reads in the light bulb: an imperative sentence without a full stop. */
	readonly title: string;
	readonly edits: readonly Edit[];
	/** At most one cure of a report is preferred: `--fix` and fix-all apply it. */
	readonly preferred: boolean;
	/**
	 * What of the route's own request the cure changes on purpose, beside the headers of a handshake. `subrequest`: nothing of it, but that of
	 * an internal location that it asks. `takes`: which requests the location takes, as no ordinary one got to it. `headers:a:b`: these headers
	 * (lower case), of which one was meant to be the other. `listen`: what clients are to speak on a port that fails for all of them.
	 */
	readonly changes?: 'path' | 'host' | 'backend' | 'subrequest' | 'takes' | 'listen' | `headers:${string}`;
}

export interface RelatedPlace extends Place {
	readonly message: string;
}

/** What a rule found. */
export interface Report {
	readonly at: Place;
	/** What nginx does, why, what to do: one sentence each. */
	readonly message: string;
	readonly severity: Severity;
	readonly related?: readonly RelatedPlace[];
	/** The route that suffers; undefined for reports about text. */
	readonly route?: Route;
	/** Pure; called when somebody asks for the fixes. */
	readonly cures?: () => readonly Cure[];
	/** The versions of nginx in which it holds, where they are not those of the rule. */
	readonly versions?: VersionBounds;
}

/** From a version on, before one, or both. */
export interface VersionBounds {
	readonly from?: string;
	readonly before?: string;
}

/** What a rule may read. Rules never walk parents and never compare text where the effective value decides. */
export interface RuleContext {
	readonly configuration: Configuration;
	readonly version: NginxVersion;
	/** False when nobody said which version runs, and the default is assumed. */
	readonly isVersionStated: boolean;
	/** The WebSocket routes: those whose intent is certain or likely, as the person's threshold asks. */
	readonly routes: readonly Route[];
	/** Every proxied route, whatever its intent. */
	readonly allRoutes: readonly Route[];
	readonly predictor: Predictor;
	/** What nginx's own checks of names, contexts and arguments find; computed once. */
	readonly directiveProblems: () => readonly DirectiveProblem[];
	/** The variables of the configuration; computed once. */
	readonly variables: () => VariableTable;
	/** Whether a line stands in the configuration more than once, as its file is included in several places. */
	readonly isRepeated: (line: PlacedDirective) => boolean;
	/** Whether a rule has found an error or a warning that may be why the route's handshake fails; for rules that come last. */
	readonly isSpokenAbout: (route: Route) => boolean;
}

/** One example: run through check and fix, and through real nginx in front of a strict WebSocket backend. */
export interface Example {
	/** What is wrong, in a few words. */
	readonly title: string;
	/** Where the text stands; the harness supplies the rest. `main` is a whole nginx.conf. */
	readonly within: 'main' | 'http';
	/** `«…»` marks exactly the reported span. nginx listens on 8080 and the backend on 9000; the harness moves both. */
	readonly bad: string;
	/** No rule says anything worse than information about it. */
	readonly good: string;
	/** `bad` after its preferred fix, when that is not `good`; empty when there is no fix in the text. */
	readonly fixed?: string;
	/** The path that the proof asks for; `/ws` unless said. */
	readonly path?: string;
	/** The version that the example is checked for; the default version unless said. */
	readonly checkVersion?: string;
	/** What a real nginx does with `bad`. `rejected`: `nginx -t` refuses it. `101`: it upgrades (the rule says something other than "fails"). */
	readonly proof: {
		readonly bad: 'fails' | 'rejected' | 101 | number;
		/** The handshake is made over TLS, at the port 443 or 8443; cert.pem and key.pem are there. */
		readonly tls?: true;
		/** First version for which `bad` behaves so. */
		readonly from?: string;
		/** First version for which it no longer does. */
		readonly before?: string;
	};
}

export interface RuleMeta {
	/** Kebab-case, equal to the file's name; never changes. */
	readonly id: string;
	/** One line, for lists. */
	readonly summary: string;
	/** The severity on a certain route; the text says when it is lower. */
	readonly severity: Severity;
	/** True for a rule about the text, whose severity depends on no location's intent. */
	readonly aboutText?: true;
	/** True when nginx starts on no configuration that it finds something in: a cure changes no request that worked. */
	readonly refused?: true;
	/** Paragraphs: what nginx does and why that hurts. */
	readonly why: string;
	/** What to write instead. */
	readonly remedy: string;
	/** When it is right to ignore the finding. */
	readonly ignore: string;
	/** Rows of the semantics catalogue that it stands on. */
	readonly rows: readonly string[];
	readonly sources: readonly string[];
	/** True for a rule that runs when all the others have spoken. */
	readonly last?: true;
	/** True for a rule that says nothing until its severity is set. */
	readonly optIn?: true;
	/** The nginx versions in which it holds; absent: all. */
	readonly versions?: VersionBounds;
	readonly examples: readonly Example[];
}

export interface Rule extends RuleMeta {
	check(context: RuleContext): Iterable<Report>;
}

/** Gives a rule its type. */
export function defineRule(rule: Rule): Rule {
	return rule;
}

/** The place of a directive: its name and arguments, without its block and its semicolon. */
export function placeOf(placed: PlacedDirective): Place {
	const { node } = placed;
	const last = node.args.at(-1) ?? node.name;
	return { path: placed.file.path, span: { start: node.name.span.start, end: last.span.end } };
}

/** The place of one argument (zero-based), or of the directive when it has no such argument. */
export function placeOfArgument(placed: PlacedDirective, index: number): Place {
	const word = placed.node.args[index];
	return word === undefined ? placeOf(placed) : { path: placed.file.path, span: word.span };
}
