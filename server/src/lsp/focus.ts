import { isWithin } from '../core/config/enclosing.ts';
import { locationMatch } from '../core/config/location.ts';
import type { Configuration, Scope } from '../core/config/model.ts';
import { parseConfiguration } from '../core/config/parseConfiguration.ts';
import { createPredictor } from '../core/request/predict.ts';
import type { Prediction } from '../core/request/prediction.ts';
import type { Route } from '../core/routes/route.ts';
import { handshakeRequest, urlsOf } from '../core/routes/urls.ts';
import type { SyntaxProblem } from '../core/syntax/nodes.ts';
import { Checked } from '../features/checked.ts';
import type { ShownFinding } from '../features/findings.ts';
import { isSameButBlank } from './blanks.ts';
import type { Touched } from './edits.ts';
import { jumpLines, mayBeJumpedTo, takesWithoutSlash } from './jumps.ts';
import { Lens, newlines } from './lens.ts';
import { allMoved, Sentences, type Stretch } from './moved.ts';
import { faceOf, holding, httpServers, passesOn, type Segment, segmentsOf, targets, variablesBySegment } from './segments.ts';

/** What was found through a lens: in its segment, and in what stands in no segment. In places of the whole texts. */
interface Found {
	readonly inside: readonly ShownFinding[];
	readonly outside: readonly ShownFinding[];
}

/** Mistakes within a segment that leave its end where it is. */
const LOCAL: ReadonlySet<SyntaxProblem['code']> = new Set([
	'missing-semicolon',
	'unexpected-semicolon',
	'missing-open',
	'parameter-too-long',
]);

/** How many times more is looked at until what is seen tells all. */
const MOST_ATTEMPTS = 4;

/** A server of more characters than this is followed location by location. */
const LARGEST = 6_000;

/**
 * The findings of a configuration, kept up to date while somebody types inside one server or location: only that segment is read and
 * checked again, among what is left of the others. Whenever a change could matter to anything outside of its segment, or what is seen
 * through the lens is not what the whole check saw, `follow` says so and the whole has to be checked.
 */
export class Focus {
	readonly #checked: Checked;
	readonly #largest: number;
	#segments: Segment[] | undefined;
	/** Findings that stand in no segment. */
	#outside: readonly ShownFinding[] = [];
	#lens: Lens | undefined;
	/** What the lens showed outside of its segment before anything was typed. */
	#background: readonly string[] = [];
	readonly #texts = new Map<string, string>();
	#isUsable = true;

	constructor(checked: Checked, largest = LARGEST) {
		this.#checked = checked;
		this.#largest = largest;
	}

	/** What is to be shown in one file, by place. */
	findings(path: string): readonly ShownFinding[] {
		if (this.#segments === undefined) return this.#checked.findings.filter(({ at }) => at.path === path);
		const found = [
			...this.#outside.filter(({ at }) => at.path === path),
			...this.#segments.filter((segment) => segment.path === path).flatMap(({ findings }) => findings),
		];
		return found.sort((a, b) => a.at.span.start - b.at.span.start || (a.ruleId < b.ruleId ? -1 : a.ruleId > b.ruleId ? 1 : 0));
	}

	/** Takes up a change of one file. False: this cannot be told from one segment, and this object is of no use any more. */
	follow(path: string, text: string, touched: Touched): boolean {
		this.#isUsable = this.#isUsable && this.#take(path, text, touched);
		return this.#isUsable;
	}

	#take(path: string, text: string, touched: Touched): boolean {
		this.#segments ??= this.#split();
		if (this.#segments === undefined) return false;
		const segment = this.#segments.find(
			(one) => one.path === path && one.start + one.header < touched.start && touched.oldEnd < one.end,
		);
		if (segment === undefined) return this.#takeBlank(path, text, touched);
		const delta = touched.newEnd - touched.oldEnd;
		const own = text.slice(segment.start, segment.end + delta);
		if (!isWhole(own, segment) || Sentences.mayBeMistaken(own)) return false;
		const seen = this.#see(segment, own, delta);
		if (seen === undefined) return false;
		const { lens, now, found } = seen;
		if (!staysApart(segment, now, lens)) return false;
		const background = found.outside.map((finding) => keyOf(finding, path, segment.end + delta, lens.shift));
		if (!isSame(this.#background, background)) return false;
		return this.#commit(segment, found.inside, text, delta, touched);
	}

	/** Takes up a change of comments and white space between the segments: everything behind it moves. */
	#takeBlank(path: string, text: string, touched: Touched): boolean {
		const before = this.#texts.get(path);
		if (before === undefined) return false;
		const segments = this.#segments ?? [];
		const here = segments.filter((one) => one.path === path);
		const from = here.findLast(({ end }) => end <= touched.start)?.end ?? 0;
		const to = here.find(({ start }) => start >= touched.oldEnd)?.start ?? before.length;
		if (here.some(({ start, end }) => start < to && end > from)) return false;
		const delta = touched.newEnd - touched.oldEnd;
		if (!isSameButBlank(before.slice(from, to), text.slice(from, to + delta), touched.start - from)) return false;
		const stretch = { path, start: touched.start, end: touched.oldEnd, delta };
		const move = this.#moving(stretch, before, text, touched);
		const outside = move(this.#outside);
		if (outside === undefined) return false;
		for (const segment of segments) {
			const findings = move(segment.findings);
			if (findings === undefined) return false;
			segment.findings = findings;
			if (segment.path !== path || segment.start < touched.oldEnd) continue;
			segment.start += delta;
			segment.end += delta;
		}
		this.#outside = outside;
		this.#texts.set(path, text);
		this.#lens = undefined;
		return true;
	}

	/** Cuts the whole check into segments; undefined when it cannot be cut. */
	#split(): Segment[] | undefined {
		const { configuration, findings, routes } = this.#checked;
		const segments = segmentsOf(configuration, routes, this.#largest);
		const outside: ShownFinding[] = [];
		for (const finding of findings) {
			const home = holding(segments, finding.at.path, finding.at.span);
			if (home === undefined) outside.push(finding);
			else home.findings = [...home.findings, finding];
		}
		for (const { path, tree } of configuration.files.values()) {
			if (tree.template || Sentences.mayBeMistaken(tree.source.text)) return undefined;
			if (tree.problems.some(({ code }) => !LOCAL.has(code))) return undefined;
			const ignores = tree.comments.some(
				({ span }) =>
					tree.source.text.startsWith('# nginx-websocket-ignore', span.start) && holding(segments, path, span) === undefined,
			);
			if (ignores) return undefined;
			this.#texts.set(path, tree.source.text);
		}
		this.#outside = outside;
		return segments;
	}

	/**
	 * What is seen of a segment's text. A request that ends in a stub tells nothing: then that segment is looked at whole as well.
	 * Undefined when too many are needed, or what is seen is another kind of configuration.
	 */
	#see(
		segment: Segment,
		text: string,
		delta: number,
	): { readonly lens: Lens; readonly now: Checked; readonly found: Found } | undefined {
		for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
			if (this.#lens?.segment !== segment) this.#lens = this.#lensOn(segment, new Set());
			const lens = this.#lens;
			if (lens === undefined) return undefined;
			const seen = this.#look(lens, text, delta);
			if (seen === undefined) return undefined;
			if (seen.missed.size === 0) {
				const found = sorted(seen.now, lens, delta);
				return found && { lens, now: seen.now, found };
			}
			this.#lens = this.#lensOn(segment, new Set([...lens.kept, ...seen.missed]));
		}
		return undefined;
	}

	/** A lens that shows of a segment, as it was checked, what the whole check has found; undefined when there is none. */
	#lensOn(segment: Segment, kept: ReadonlySet<Segment>): Lens | undefined {
		if (!this.#isSelected(segment) || this.#isLeanedOn(segment)) return undefined;
		const text = this.#texts.get(segment.path)?.slice(segment.start, segment.end) ?? '';
		let wanted: ReadonlySet<Segment> = new Set([...kept, ...this.#beneath(segment)]);
		for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
			const lens = new Lens(segment, this.#segments ?? [], this.#texts, wanted);
			const seen = this.#look(lens, text, 0);
			if (seen === undefined) return undefined;
			if (seen.missed.size > 0) {
				wanted = new Set([...wanted, ...seen.missed]);
				continue;
			}
			const found = sorted(seen.now, lens, 0);
			if (found === undefined) return undefined;
			const key = (finding: ShownFinding): string => keyOf(finding, segment.path, 0, 0);
			if (!isSame(found.inside.map(key), segment.findings.map(key))) return undefined;
			this.#background = found.outside.map((finding) => keyOf(finding, segment.path, segment.end, 0));
			return lens;
		}
		return undefined;
	}

	/** Other locations that would take what a location leaves, and pass it on. */
	#beneath({ kind, scope, server }: Segment): readonly Segment[] {
		if (kind === 'server') return [];
		return (this.#segments ?? []).filter(
			(other) => other.server === server && other.passes && other.scope !== scope && takesWithoutSlash(other.scope, scope),
		);
	}

	/** Checks what a lens shows, and hears in which stubs requests have ended. Undefined when it shows another kind of configuration. */
	#look(lens: Lens, own: string, delta: number): { readonly now: Checked; readonly missed: ReadonlySet<Segment> } | undefined {
		lens.put(own, delta);
		const { options, configuration } = this.#checked;
		const files = lens.files(options.files, configuration.files);
		const rebuilt = options.rebuild(files);
		if (rebuilt.fragment?.context !== configuration.fragment?.context || rebuilt.files.size !== configuration.files.size)
			return undefined;
		const missed = new Set<Segment>();
		const onPrediction = ({ server, location }: Prediction): void => {
			for (const scope of [server, location])
				if (scope?.opener !== undefined) for (const stub of lens.stubsOf(scope.opener)) missed.add(stub);
		};
		const now = new Checked(rebuilt, { ...options, files, alsoMeant: lens.meant, onPrediction });
		now.check();
		return { now, missed };
	}

	/** True when the handshakes of a segment's own URL reach it, so that no other needs to be asked. */
	#isSelected({ kind, scope, server }: Segment): boolean {
		if (kind === 'location' && mayBeJumpedTo(scope, server)) return false;
		const route = this.#checked.routes.find(({ location, urls }) => isWithin(location, scope) && urls.length > 0);
		const outside = route?.outside;
		if (outside != null) return outside.server === server && (kind === 'server' || isWithin(outside.location, scope));
		const match = kind === 'location' && scope.opener !== undefined ? locationMatch(scope.opener) : undefined;
		const [url] = urlsOf(server, match ?? { kind: 'prefix', pattern: '/', argument: 0 }, scope.opener);
		if (url === undefined) return kind === 'location';
		const prediction = createPredictor(this.#checked.configuration, this.#checked.version).predict(handshakeRequest(url));
		return prediction.server === server && (kind === 'server' || isWithin(prediction.location, scope));
	}

	/** True when handshakes of another segment come to this one, or nobody knows where they go. */
	#isLeanedOn(segment: Segment): boolean {
		return (this.#segments ?? []).some(
			(other) =>
				other !== segment &&
				(other.leansOn.has('any') ||
					other.leansOn.has(segment.scope) ||
					(other.server !== segment.server && other.leansOn.has(segment.server))),
		);
	}

	/** What becomes of findings when a text changes; undefined for what cannot be told. */
	#moving(
		stretch: Stretch,
		before: string,
		text: string,
		touched: Touched,
	): (findings: readonly ShownFinding[]) => readonly ShownFinding[] | undefined {
		const gone = newlines(before, touched.start, touched.oldEnd);
		const by = newlines(text, touched.start, touched.newEnd) - gone;
		if (by === 0) return (findings) => allMoved(findings, stretch);
		const first = newlines(before, 0, touched.start) + 1;
		const { files, prefix } = this.#checked.configuration;
		const lines = { first, last: first + gone, by };
		const sentences = new Sentences(stretch.path, lines, [...files.keys()], prefix);
		return (findings) => allMoved(findings, stretch, sentences);
	}

	/** Moves all that stands behind the change. False when a sentence names a line that has moved, or a place that is gone. */
	#commit(segment: Segment, inside: readonly ShownFinding[], text: string, delta: number, touched: Touched): boolean {
		const { path, start, end } = segment;
		const before = this.#texts.get(path) ?? '';
		const move = this.#moving({ path, start, end, delta }, before, text, touched);
		const outside = move(this.#outside);
		if (outside === undefined) return false;
		for (const other of this.#segments ?? []) {
			if (other === segment) continue;
			const findings = move(other.findings);
			if (findings === undefined) return false;
			other.findings = findings;
			if (other.path !== path || other.start < end) continue;
			other.start += delta;
			other.end += delta;
		}
		segment.end += delta;
		segment.findings = inside;
		this.#outside = outside;
		this.#texts.set(path, text);
		return true;
	}
}

/** True for the text of one server or location, whole and closed, that is chosen as before. */
function isWhole(text: string, { kind, face }: Segment): boolean {
	const { directives, problems, template, source } = parseConfiguration(text);
	const [directive] = directives;
	if (directives.length !== 1 || directive === undefined || template) return false;
	if (directive.name.value !== kind || directive.block?.closed !== true || directive.span.end !== text.length) return false;
	return problems.every(({ code }) => LOCAL.has(code)) && faceOf(directive, source) === face;
}

/** Sorts what was found through a lens by place; undefined when it points into a part that is left out. */
function sorted(now: Checked, lens: Lens, delta: number): Found | undefined {
	const inside: ShownFinding[] = [];
	const outside: ShownFinding[] = [];
	for (const finding of now.findings) {
		const at = lens.place(finding.at.path, finding.at.span);
		if (at === undefined || lens.isElsewhere(finding.at.path, at, delta)) continue;
		const related = finding.related.map((place) => {
			const span = lens.place(place.path, place.span);
			return span && { ...place, span: { start: span.start, end: span.end } };
		});
		if (at.inMiddle && related.some((place) => place === undefined)) return undefined;
		(at.inMiddle ? inside : outside).push({
			...finding,
			at: { path: finding.at.path, span: { start: at.start, end: at.end } },
			related: related.filter((place) => place !== undefined),
		});
	}
	return { inside, outside };
}

/** True when nothing that the other segments can notice of this one has changed, and it takes its own handshakes still. */
function staysApart(segment: Segment, now: Checked, lens: Lens): boolean {
	const scope = scopeInMiddle(now.configuration, lens);
	if (scope === undefined) return false;
	const { variables, hides, isPlain } = variablesBySegment(now.configuration, new Set([scope]))(scope);
	if (segment.kind === 'location' && (jumpLines(scope) !== segment.jumps || passesOn(scope) !== segment.passes)) return false;
	if (hides !== segment.hides || !isSame([...variables].sort(), [...segment.variables].sort())) return false;
	const routes = now.routes.filter(({ location }) => isWithin(location, scope));
	if (!routes.every((route) => isTaken(route, scope, segment))) return false;
	const { certain, likely } = targets(routes);
	for (const target of lens.waiting) if (certain.has(target) !== segment.certain.has(target)) return false;
	segment.isPlain = isPlain && segment.isOwn;
	segment.certain = certain;
	segment.likely = likely;
	return true;
}

function scopeInMiddle(configuration: Configuration, lens: Lens): Scope | undefined {
	const { kind, path } = lens.segment;
	const servers = httpServers(configuration.root);
	const candidates = kind === 'server' ? servers : servers.flatMap(({ body }) => body?.byName.get('location') ?? []);
	return candidates.find(({ node, file }) => file.path === path && lens.place(path, node.span)?.inMiddle === true)?.body;
}

/** True when a route's handshakes end in its own segment. */
function isTaken(route: Route, scope: Scope, { kind }: Segment): boolean {
	if (route.intent.level === 'none') return true;
	if (kind === 'server') return route.urls.length === 0 || route.outside?.server === scope;
	return isWithin(route.handshake.location, scope) && (route.outside === undefined || isWithin(route.outside.location, scope));
}

/** What a finding says, of places behind `from` in `path` as if they had not moved by `delta`. */
function keyOf({ ruleId, severity, message, at, related }: ShownFinding, path: string, from: number, delta: number): string {
	const place = (one: ShownFinding['at']): string => {
		const back = one.path === path && one.span.start >= from ? delta : 0;
		return `${one.path}\0${one.span.start - back}\0${one.span.end - back}`;
	};
	return [ruleId, severity, message, place(at), ...related.map((one) => `${one.message}\0${place(one)}`)].join('\0');
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
	return some.length === others.length && some.every((one, index) => one === others[index]);
}
