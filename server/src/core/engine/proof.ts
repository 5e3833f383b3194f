import { placeBlock } from '../config/build.ts';
import { locationTitle } from '../config/location.ts';
import type { Configuration, Files, Scope } from '../config/model.ts';
import { parseConfiguration } from '../config/parseConfiguration.ts';
import { createPredictor, type Predictor } from '../request/predict.ts';
import type { Prediction } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { forSomeClient, routesOf } from '../routes/routes.ts';
import { plainRequest } from '../routes/urls.ts';
import type { Cure, Edit, Report, RuleContext } from '../rules/rule.ts';
import { applyEdits, editsByFile } from './edits.ts';
import type { Fix } from './finding.ts';

/** Headers that a cure of a WebSocket route may change on that route (design §2). */
const HANDSHAKE_HEADERS = /^(?:upgrade|connection|sec-websocket-.*)$/;

/** A configuration after some edits, with what became of the routes. */
interface Outcome {
	readonly routes: readonly Route[];
	readonly predictor: Predictor;
}

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
	#order: ReadonlyMap<Route, number> | undefined;

	constructor(context: RuleContext, files: Files, rebuild: (files: Files) => Configuration) {
		this.#context = context;
		this.#files = files;
		this.#rebuild = rebuild;
	}

	/**
	 * Applies each cure in memory, evaluates the routes before and after, and keeps the cures that make none worse. A cure that changes
	 * another request than the cured route's handshake is marked unsafe and says so in its title; none did where nginx refuses to start.
	 */
	prove(report: Report, cures: readonly Cure[], refused = false): readonly Fix[] {
		const fixes: Fix[] = [];
		for (const cure of cures) {
			const verdict = this.#verdictOf(report.route, cure.edits, cure.changes);
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

	#verdictOf(subject: Route | undefined, edits: readonly Edit[], on: Cure['changes']): Verdict {
		const inside = subject === undefined ? [] : edits.filter((edit) => isInside(edit, subject));
		if (subject === undefined || inside.length === 0 || !this.#standsAlone(subject)) return this.#compared(edits, subject, on);
		const elsewhere = edits.filter((edit) => !inside.includes(edit));
		if (elsewhere.length === 0) return this.#compareBlock(subject, subject.location.parent, this.#context.predictor, inside, on);
		const others = this.#compared(elsewhere, undefined, undefined);
		const outcome = others === 'worse' ? undefined : this.#outcome(elsewhere);
		const same = outcome?.routes[this.#indexOf(subject)];
		if (others === 'worse' || outcome === undefined || same === undefined) return 'worse';
		const own = this.#compareBlock(subject, same.location.parent, outcome.predictor, inside, on);
		return own === 'worse' ? 'worse' : others;
	}

	/** True when the location's block can be judged by itself: no location in it, no include, and its text placed once. */
	#standsAlone(subject: Route): boolean {
		const { location, at } = subject;
		if (location.context !== 'location' || location.byName.has('location') || location.byName.has('include')) return false;
		return at.via.length === 0 || this.#context.allRoutes.filter((route) => route.at.node === at.node).length === 1;
	}

	#compareBlock(
		subject: Route,
		parent: Scope | undefined,
		predictor: Predictor,
		edits: readonly Edit[],
		on: Cure['changes'],
	): Verdict {
		const { node, file } = subject.at;
		const start = node.span.start;
		const text = applyEdits(
			file.tree.source.slice(node.span),
			edits.map((edit) => ({ ...edit, span: { start: edit.span.start - start, end: edit.span.end - start } })),
		);
		if (typeof text !== 'string' || parent === undefined) return 'worse';
		const tree = parseConfiguration(text);
		const [block] = tree.directives;
		if (block === undefined) return 'worse';
		const scope = placeBlock(block, { path: file.path, tree }, parent);
		return effectOn(subject, scope, predictor, on ?? 'cured') === 'none' ? [] : 'worse';
	}

	/** The verdict over every route of the configuration after these edits. */
	#compared(edits: readonly Edit[], subject: Route | undefined, on: Cure['changes']): Verdict {
		const key = `${subject?.id ?? ''}\0${on ?? ''}\0${keyOfEdits(edits)}`;
		const known = this.#verdicts.get(key);
		if (known !== undefined) return known;
		const outcome = this.#outcome(edits);
		const verdict = outcome === undefined ? 'worse' : compare(this.#context, outcome, subject, edits, on);
		this.#verdicts.set(key, verdict);
		return verdict;
	}

	#outcome(edits: readonly Edit[]): Outcome | undefined {
		const key = keyOfEdits(edits);
		if (this.#outcomes.has(key)) return this.#outcomes.get(key);
		const configuration = this.#cured(edits);
		let outcome: Outcome | undefined;
		if (configuration !== undefined) {
			const predictor = createPredictor(configuration, this.#context.version);
			outcome = { routes: routesOf(configuration, this.#context.version, predictor), predictor };
		}
		this.#outcomes.set(key, outcome);
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

	#indexOf(route: Route): number {
		this.#order ??= new Map(this.#context.allRoutes.map((candidate, index) => [candidate, index]));
		return this.#order.get(route) ?? -1;
	}
}

/** What a route is to a cure: the one that it cures, the one whose path, Host or backend it changes on purpose, one that only a subrequest gets to, or another. */
type Role = 'cured' | 'path' | 'host' | 'backend' | 'subrequest' | 'other';

/** `worse`, or the names of the other routes whose requests change. */
type Verdict = 'worse' | readonly string[];

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

/** True when an edit takes the whole location out on purpose: a copy that nginx refuses. */
function isRemoved({ at }: Route, edits: readonly Edit[]): boolean {
	return edits.some(
		({ path, span, text }) =>
			text === '' && path === at.file.path && span.start <= at.node.span.start && at.node.span.end <= span.end,
	);
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

function compare(
	before: RuleContext,
	{ routes, predictor }: Outcome,
	subject: Route | undefined,
	edits: readonly Edit[],
	on: Cure['changes'],
): Verdict {
	const changed = new Set<string>();
	for (const [route, same] of paired(before.allRoutes, routes)) {
		if (same === undefined) {
			if (isRemoved(route, edits)) continue;
			return 'worse';
		}
		const isSubject = route.id === subject?.id;
		const role = roleOf(route, isSubject, edits, on);
		const effect = effectOn(route, same.location, predictor, role);
		if (effect === 'worse' || (isSubject && effect === 'changed')) return 'worse';
		if (effect === 'changed') changed.add(locationTitle(route.at));
		const moved = effectFromOutside(route, before.predictor, predictor, role);
		if (moved === 'worse') return 'worse';
		if (moved === 'changed') changed.add(isSubject ? `plain requests for ${route.urls[0]?.path}` : locationTitle(route.at));
	}
	return [...changed];
}

function roleOf(route: Route, isSubject: boolean, edits: readonly Edit[], on: Cure['changes']): Role {
	// No client gets to an internal location: what becomes of a handshake there is what becomes of the subrequest.
	if (on === 'subrequest') {
		if (isSubject) return 'cured';
		return route.urls.length === 0 && edits.some((edit) => isInside(edit, route)) ? 'subrequest' : 'other';
	}
	return isSubject ? (on ?? 'cured') : 'other';
}

/** What becomes of the requests for a route's URL, whichever location takes them: an edit may move them from one to another. */
function effectFromOutside(route: Route, before: Predictor, after: Predictor, role: Role): 'none' | 'changed' | 'worse' {
	const [url] = route.urls;
	if (url === undefined || route.outside === undefined) return 'none';
	const handshake = forSomeClient(route, after, after.predict(route.request), undefined);
	if (route.outside.upgrade && !handshake.upgrade) return 'worse';
	const was = before.predict(plainRequest(url));
	const is = after.predict(plainRequest(url));
	if (was.outcome === 'proxied' && is.outcome !== 'proxied') return 'worse';
	return changes(was, is, role) || (role === 'other' && changes(route.outside, handshake, role)) ? 'changed' : 'none';
}

/** What becomes of a route's requests in a scope that replaces its own. They are the same requests, though its example URL may have changed. */
function effectOn(route: Route, scope: Scope, predictor: Predictor, role: Role): 'none' | 'changed' | 'worse' {
	const handshake = forSomeClient(route, predictor, predictor.predictIn(scope, route.request), scope);
	const plain = predictor.predictIn(scope, plainRequest(route.urls[0]));
	const isLost = (before: Prediction, after: Prediction): boolean => before.outcome === 'proxied' && after.outcome !== 'proxied';
	const worse = role === 'subrequest' ? isLost : isWorse;
	if (worse(route.handshake, handshake) || worse(route.plain, plain)) return 'worse';
	return changes(route.handshake, handshake, role) || changes(route.plain, plain, role) ? 'changed' : 'none';
}

function isWorse(before: Prediction, after: Prediction): boolean {
	if (before.upgrade && !after.upgrade) return true;
	return before.outcome === 'proxied' && after.outcome !== 'proxied';
}

function changes(before: Prediction, after: Prediction, role: Role): boolean {
	const isSubject = role !== 'other';
	if (before.upstream === null || after.upstream === null) return false;
	if (role !== 'path' && before.upstream.uri !== after.upstream.uri) return true;
	if (role !== 'backend' && before.upstream.addresses.join() !== after.upstream.addresses.join()) return true;
	if (!isSubject && before.upstream.httpVersion !== after.upstream.httpVersion) return true;
	const names = new Set([...before.upstream.headers.keys(), ...after.upstream.headers.keys()]);
	for (const name of names) {
		if (isSubject && (HANDSHAKE_HEADERS.test(name) || name === role || (role === 'backend' && name === 'host'))) continue;
		if (before.upstream.headers.get(name) !== after.upstream.headers.get(name)) return true;
	}
	return false;
}

/** Each route with the same one after the edits: by its title, and by order where one has another title now. */
function paired(before: readonly Route[], after: readonly Route[]): readonly (readonly [Route, Route | undefined])[] {
	const [earlier, later] = [byTitle(before), byTitle(after)];
	const isRenamed = before.length === after.length && [...earlier.keys()].some((key) => !later.has(key));
	if (isRenamed) return before.map((route, index) => [route, after[index]]);
	return [...earlier].map(([key, route]) => [route, later.get(key)]);
}

/** Routes by file, title, and the how-manieth of that title. */
function byTitle(routes: readonly Route[]): ReadonlyMap<string, Route> {
	const seen = new Map<string, number>();
	const keyed = new Map<string, Route>();
	for (const route of routes) {
		const name = `${route.at.file.path}\0${locationTitle(route.at)}`;
		const count = (seen.get(name) ?? 0) + 1;
		seen.set(name, count);
		keyed.set(`${name}\0${count}`, route);
	}
	return keyed;
}

function listed(names: readonly string[]): string {
	const [first, second, third] = names;
	if (names.length <= 3) return [first, second, third].filter((name) => name !== undefined).join(', ');
	return `${first}, ${second} and ${names.length - 2} more`;
}
