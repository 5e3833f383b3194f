import { locationTitle } from '../config/location.ts';
import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import type { Predictor } from '../request/predict.ts';
import type { Prediction } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { forSomeClient } from '../routes/routes.ts';
import type { Cure, Edit, RuleContext } from '../rules/rule.ts';
import {
	type Change,
	type Effect,
	effectOnOther,
	effectOnSubject,
	effectOnTaken,
	type FollowScope,
	isBetter,
	isFailing,
	isSamePlace,
} from './effects.ts';
import { isUnguarded } from './guards.ts';
import { ANY_REQUEST, type Probe, paired, probesAround, type Site, serversTouched } from './sites.ts';

/** A configuration after some edits. */
export interface Outcome {
	readonly configuration: Configuration;
	readonly sites: readonly Site[];
	readonly predictor: Predictor;
}

/** What a cure wants to do. */
export interface Proposal {
	readonly edits: readonly Edit[];
	/** The route that it cures; undefined for edits that a rule about the text proposes. */
	readonly subject: Route | undefined;
	readonly on: Cure['changes'];
	/** nginx does not start on the configuration as it is: no request worked. */
	readonly refused: boolean;
	/** The finding is about a handshake that fails: the cure is none unless it fares better. */
	readonly mustCure: boolean;
}

/** `worse`, or what else changes, each as a noun for the cure's title. */
export type Verdict = 'worse' | readonly string[];

/** What a site is to a cure: the one that it cures, one that only its subrequest gets to, or another. */
type Role = 'cured' | 'subrequest' | 'other';

type Answers = Readonly<Record<Change['part'], Prediction>>;

/** The configuration before any cure, and what it does with every probe, asked once for all cures. */
export class Comparison {
	readonly #context: RuleContext;
	readonly #sites: readonly Site[];
	readonly #answers = new Map<Site, { readonly outside: Answers | undefined; readonly inside: Answers | undefined }>();
	readonly #meant: ReadonlySet<Scope>;
	#placements: ReadonlyMap<string, number> | undefined;

	constructor(context: RuleContext, sites: readonly Site[]) {
		this.#context = context;
		this.#sites = sites;
		this.#meant = new Set(context.allRoutes.filter(({ intent }) => intent.level !== 'none').map(({ location }) => location));
	}

	/** What a proposal does to every site of the servers that its edits touch. */
	verdict(after: Outcome, proposal: Proposal): Verdict {
		const { edits, subject } = proposal;
		const pairs = paired(this.#sites, after.sites);
		const later = new Map([...pairs].map(([site, same]) => [site.scope, same?.scope]));
		const touched = serversTouched(edits, this.#context.configuration);
		const changed = new Map<string, string>();
		const losers = new Set<Scope | null>();
		const judge = new Judge(this.#context, after.predictor, proposal, (scope) => later.get(scope));
		for (const [site, same] of pairs) {
			if (same === undefined) {
				if (isRemoved(site.at, edits)) continue;
				return 'worse';
			}
			if (touched !== 'all' && !touched.has(site.server)) continue;
			const role = roleOf(site, proposal);
			const facts = { role, shares: this.#shares(site, proposal), isMeant: this.#meant.has(site.scope) };
			const { outside, inside } = this.#answersAt(site);
			const probe = site.probe();
			const effects: Effect[] = [];
			// A port that comes to speak TLS is asked over TLS from then on.
			const later = proposal.on === 'listen' ? same.probe() : undefined;
			if (probe !== undefined && outside !== undefined) effects.push(...judge.fromOutside(later ?? probe, outside, facts));
			if (inside !== undefined || role === 'cured')
				effects.push(...judge.within(same.scope, probe ?? ANY_REQUEST, inside ?? this.#insideOf(site), facts));
			if (effects.includes('worse')) return 'worse';
			// What becomes of the requests that jump to a cured location without a URL shows where they come from.
			if (role === 'cured' && probe === undefined) continue;
			const where = role === 'cured' && probe !== undefined ? `plain requests for ${pathOf(probe)}` : this.#nameOf(site, subject);
			for (const effect of effects)
				if (effect !== 'none' && effect !== 'worse' && !changed.has(where)) {
					changed.set(where, role === 'cured' ? where : `${effect.what} at ${where}`);
					if (role !== 'cured') losers.add(site.scope);
				}
		}
		for (const probe of newlyAsked(pairs, after.sites, touched)) {
			const was = answersOf(probe, (request) => this.#context.predictor.predict(request));
			const effects = judge.fromOutside(probe, was, { role: 'other', shares: false, isMeant: false });
			if (effects.includes('worse')) return 'worse';
			const path = pathOf(probe);
			// One path tells enough of those that a location loses.
			const loser = was.plain.location;
			if (effects.every((effect) => effect === 'none') || losers.has(loser)) continue;
			losers.add(loser);
			changed.set(`plain requests for ${path}`, `requests for ${path}`);
		}
		if (judge.isInVain) return 'worse';
		return [...new Set(changed.values())];
	}

	#answersAt(site: Site): { readonly outside: Answers | undefined; readonly inside: Answers | undefined } {
		const known = this.#answers.get(site);
		if (known !== undefined) return known;
		const probe = site.probe();
		const outside = probe && answersOf(probe, (request) => this.#context.predictor.predict(request));
		// What the site does with a request that ends there is known from outside.
		const isReached = outside?.handshake.location === site.scope && outside.plain.location === site.scope;
		const made = { outside, inside: isReached ? undefined : this.#insideOf(site) };
		this.#answers.set(site, made);
		return made;
	}

	#insideOf(site: Site): Answers {
		return answersOf(site.probe() ?? ANY_REQUEST, (request) => this.#context.predictor.predictIn(site.scope, request));
	}

	/** True for a site that is not cured, yet holds lines of a file that is edited and that stands in several places. */
	#shares(site: Site, { edits, subject }: Proposal): boolean {
		if (subject === undefined || site.scope === subject.location) return false;
		return edits.some((edit) => {
			if ((this.#counted().get(edit.path) ?? 0) < 2) return false;
			if (site.at.file.path === edit.path && contains(site.at, edit)) return true;
			return [site.scope, ...(site.server === subject.server ? [] : [site.server])].some(({ directives }) =>
				directives.some(({ file, via }) => file.path === edit.path && via.length > site.at.via.length),
			);
		});
	}

	/** How many times each file is included. */
	#counted(): ReadonlyMap<string, number> {
		if (this.#placements !== undefined) return this.#placements;
		const chains = new Map<string, Set<readonly PlacedDirective[]>>();
		const visit = ({ directives }: Scope): void => {
			for (const { file, via, body } of directives) {
				if (via.length > 0) chains.set(file.path, (chains.get(file.path) ?? new Set()).add(via));
				if (body !== undefined) visit(body);
			}
		};
		visit(this.#context.configuration.root);
		this.#placements = new Map([...chains].map(([path, { size }]) => [path, size]));
		return this.#placements;
	}

	/** `location /api`, with its server where that is another one than the cured route's. */
	#nameOf({ at, server }: Site, subject: Route | undefined): string {
		const title = locationTitle(at);
		if (subject === undefined || subject.server === server || server.opener === undefined) return title;
		const name = server.byName.get('server_name')?.[0]?.node.args[0]?.value ?? '';
		const line = server.opener.file.tree.source.lineAt(server.opener.node.span.start) + 1;
		return `${title} of ${name === '' ? `the server in line ${line}` : `server ${name}`}`;
	}
}

export interface Facts {
	readonly role: Role;
	readonly shares: boolean;
	readonly isMeant: boolean;
}

/** Judges request after request for one proposal, and remembers whether the cured handshake fares better anywhere. */
export class Judge {
	readonly #context: RuleContext;
	readonly #after: Predictor;
	readonly #proposal: Proposal;
	readonly #laterScopeOf: FollowScope;
	#fails = false;
	#cures = false;
	#loses = false;

	constructor(context: RuleContext, after: Predictor, proposal: Proposal, laterScopeOf: FollowScope) {
		this.#context = context;
		this.#after = after;
		this.#proposal = proposal;
		this.#laterScopeOf = laterScopeOf;
	}

	/** True when no client's handshake gets through any more, or when it fails and fares no better afterwards, which was the task. */
	get isInVain(): boolean {
		return this.#loses || (this.#proposal.mustCure && this.#fails && !this.#cures);
	}

	/** What becomes of requests for a URL, whichever location takes them: an edit may move them from one to another. */
	fromOutside(probe: Probe, was: Answers, facts: Facts): readonly Effect[] {
		const { subject, on } = this.#proposal;
		if (facts.role === 'cured' && subject?.outside !== undefined) {
			const request = on === 'listen' ? probe.handshake : subject.request;
			this.#note(subject.outside, forSomeClient(subject, this.#after, this.#after.predict(request), undefined));
		}
		return this.#judge(
			was,
			answersOf(probe, (request) => this.#after.predict(request)),
			facts,
		);
	}

	/** What becomes of requests in a scope that replaces the one that gave `was`. */
	within(scope: Scope, probe: Probe, was: Answers, facts: Facts): readonly Effect[] {
		const { subject } = this.#proposal;
		if (facts.role === 'cured' && subject !== undefined)
			this.#note(subject.handshake, forSomeClient(subject, this.#after, this.#after.predictIn(scope, subject.request), scope));
		return this.#judge(
			was,
			answersOf(probe, (request) => this.#after.predictIn(scope, request)),
			facts,
		);
	}

	#judge(was: Answers, is: Answers, facts: Facts): readonly Effect[] {
		return (['handshake', 'plain'] as const).map((part) => this.#effect(was[part], is[part], part, facts));
	}

	#effect(was: Prediction, is: Prediction, part: Change['part'], { role, shares, isMeant }: Facts): Effect {
		const { on, refused, subject } = this.#proposal;
		const stays = isSamePlace(was, is, this.#laterScopeOf);
		const change: Change = { was, is, part, stays, unguarded: !stays && isUnguarded(was, is, this.#context.version) };
		const isLost = was.outcome === 'proxied' && is.outcome !== 'proxied';
		if (role === 'subrequest') return isLost ? 'worse' : 'none';
		if (refused) return isLost || change.unguarded || (was.upgrade && !is.upgrade) ? 'worse' : 'none';
		if (role === 'cured' && (on !== 'takes' || stays)) return effectOnSubject(change, on);
		if (on === 'takes' && is.location !== null && is.location === this.#laterScopeOf(subject?.location ?? is.location))
			return effectOnTaken(change);
		return this.#isTaken(was, is) ? effectOnSubject(change, on) : effectOnOther(change, shares, isMeant, on);
	}

	#note(was: Prediction, is: Prediction): void {
		if (was.upgrade && !is.upgrade) this.#loses = true;
		if (!isFailing(was)) return;
		this.#fails = true;
		if (isBetter(was, is, this.#proposal.on)) this.#cures = true;
	}

	/** True when the cured location now takes what it only answered, or what the one took that had taken its handshakes. */
	#isTaken(was: Prediction, is: Prediction): boolean {
		const { subject } = this.#proposal;
		if (subject === undefined || is.location === null || was.location === null) return false;
		if (is.location !== this.#laterScopeOf(subject.location)) return false;
		// Its own answer to such a request was the redirect to its path with a slash.
		return was.location === subject.outsideOfExample?.location || was.location === subject.location;
	}
}

function answersOf(probe: Probe, predict: (request: Probe['plain']) => Prediction): Answers {
	return { handshake: predict(probe.handshake), plain: predict(probe.plain) };
}

function roleOf(site: Site, { subject, on, edits }: Proposal): Role {
	if (site.scope === subject?.location) return 'cured';
	// No client gets to an internal location: what becomes of a handshake there is what becomes of the subrequest.
	const isInternal = site.match?.kind === 'named' || site.scope.byName.has('internal');
	return on === 'subrequest' && isInternal && edits.some((edit) => contains(site.at, edit)) ? 'subrequest' : 'other';
}

function contains({ node, file }: PlacedDirective, { path, span }: Edit): boolean {
	return path === file.path && node.span.start < span.start && span.end < node.span.end;
}

/** True when an edit takes the whole location out on purpose: a copy that nginx refuses, or the include that brings it. */
function isRemoved(at: PlacedDirective, edits: readonly Edit[]): boolean {
	return [at, ...at.via].some(({ file, node }) =>
		edits.some(
			({ path, span, text }) => text === '' && path === file.path && span.start <= node.span.start && node.span.end <= span.end,
		),
	);
}

/** Requests for paths around the locations whose heads the edits write anew, or that they bring. */
function newlyAsked(
	pairs: ReadonlyMap<Site, Site | undefined>,
	after: readonly Site[],
	touched: ReadonlySet<Scope> | 'all',
): readonly Probe[] {
	const known = new Set(pairs.values());
	const neighbours = [...pairs.keys()];
	const probes = [...pairs].flatMap(([site, same]) => {
		if (same === undefined || (touched !== 'all' && !touched.has(site.server))) return [];
		if (locationTitle(site.at) === locationTitle(same.at)) return [];
		return [...probesAround(site, neighbours, site.server), ...probesAround(same, neighbours, site.server)];
	});
	for (const site of after) {
		const own = known.has(site) ? undefined : site.probe();
		if (own !== undefined) probes.push(own, ...probesAround(site, after, site.server));
	}
	return [
		...new Map(
			probes.map((probe) => [`${probe.plain.listen}\0${probe.plain.headers[0]?.[1]}\0${probe.plain.uri}`, probe]),
		).values(),
	];
}

function pathOf(probe: Probe): string {
	return probe.plain.uri;
}
