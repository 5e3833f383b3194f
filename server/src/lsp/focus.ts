import type { Configuration, Files, Scope } from '../core/config/model.ts';
import { parseConfiguration } from '../core/config/parseConfiguration.ts';
import { createPredictor } from '../core/request/predict.ts';
import type { Route } from '../core/routes/route.ts';
import { handshakeRequest, urlsOf } from '../core/routes/urls.ts';
import type { SyntaxProblem, SyntaxTree } from '../core/syntax/nodes.ts';
import { tokens } from '../core/syntax/tokens.ts';
import type { Span } from '../core/text/span.ts';
import { Checked } from '../features/checked.ts';
import type { ShownFinding } from '../features/findings.ts';
import type { Touched } from './edits.ts';
import { Around, ReducedText } from './reducedText.ts';
import { faceOf, httpServers, type ServerFacts, serverFacts, targets, variablesByServer } from './serverFacts.ts';

interface Segment {
	readonly facts: ServerFacts;
	readonly path: string;
	/** Where it stands now. */
	start: number;
	end: number;
	/** From its start to its `{`. */
	readonly header: number;
	readonly variables: ReadonlySet<string>;
	isPlain: boolean;
	certain: ReadonlySet<string>;
	likely: ReadonlySet<string>;
	findings: readonly ShownFinding[];
}

/** One server among what is left of all others. */
interface Lens {
	readonly segment: Segment;
	readonly around: Around;
	/** Of the other files. */
	readonly reduced: ReadonlyMap<string, { readonly text: ReducedText; readonly tree: ReturnType<typeof parseConfiguration> }>;
	/** Backends that other servers certainly mean for WebSockets. */
	readonly meant: ReadonlySet<string>;
	/** Backends whose routes in other servers would become certain with a certain route here. */
	readonly waiting: ReadonlySet<string>;
	/** How far what follows the server has moved since the lens was made. */
	shift: number;
}

interface Seen {
	readonly inside: readonly ShownFinding[];
	readonly outside: readonly ShownFinding[];
}

/** Mistakes within a server that leave its end where it is. */
const LOCAL: ReadonlySet<SyntaxProblem['code']> = new Set([
	'missing-semicolon',
	'unexpected-semicolon',
	'missing-open',
	'parameter-too-long',
]);

/**
 * The findings of a configuration, kept up to date while somebody types inside one server: only that server is read and checked again,
 * among stubs of the others. Whenever the change could matter to anything outside of that server, `follow` says so and the whole has to be
 * checked. What a server shows to the others is in `serverFacts`.
 */
export class Focus {
	readonly #checked: Checked;
	#segments: Segment[] | undefined;
	/** Findings that stand in no segment. */
	#outside: readonly ShownFinding[] = [];
	#lens: Lens | undefined;
	readonly #texts = new Map<string, string>();
	#isUsable = true;

	constructor(checked: Checked) {
		this.#checked = checked;
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

	/** Takes up a change of one file. False: this cannot be told from one server, and this object is of no use any more. */
	follow(path: string, text: string, touched: Touched): boolean {
		this.#isUsable = this.#isUsable && this.#take(path, text, touched);
		return this.#isUsable;
	}

	#take(path: string, text: string, touched: Touched): boolean {
		this.#segments ??= this.#split();
		const segment = this.#segments?.find(
			(one) => one.path === path && one.start + one.header < touched.start && touched.oldEnd < one.end,
		);
		if (this.#segments === undefined) return false;
		if (segment === undefined) return this.#takeBlank(path, text, touched);
		const delta = touched.newEnd - touched.oldEnd;
		const own = text.slice(segment.start, segment.end + delta);
		if (!isWholeServer(own, segment.facts.face)) return false;

		if (this.#lens?.segment !== segment) {
			if (!this.#isSelected(segment) || this.#isLeanedOn(segment)) return false;
			this.#lens = this.#lensOn(segment);
		}
		const lens = this.#lens;
		lens.shift += delta;
		lens.around.put(own, lens.shift);
		const { options, configuration } = this.#checked;
		const files = this.#filesThrough(lens);
		const rebuilt = options.rebuild(files);
		if (rebuilt.fragment?.context !== configuration.fragment?.context || rebuilt.files.size !== configuration.files.size)
			return false;
		const now = new Checked(rebuilt, { ...options, files, alsoMeant: lens.meant });
		const seen = this.#sort(now, lens, delta);
		if (seen === undefined || !this.#staysApart(segment, now, lens)) return false;
		return this.#commit(segment, seen, text, delta, touched);
	}

	/** Takes up a change of comments and white space between the servers: everything behind it moves. */
	#takeBlank(path: string, text: string, touched: Touched): boolean {
		const before = this.#texts.get(path);
		if (before === undefined) return false;
		const here = (this.#segments ?? []).filter((one) => one.path === path);
		const from = here.findLast(({ end }) => end <= touched.start)?.end ?? 0;
		const next = here.find(({ start }) => start >= touched.oldEnd);
		const to = next?.start ?? before.length;
		if (here.some(({ start, end }) => start < to && end > from)) return false;
		const delta = touched.newEnd - touched.oldEnd;
		if (!isSameButBlank(before.slice(from, to), text.slice(from, to + delta), touched.start - from)) return false;
		const movesLines = newlines(before, touched.start, touched.oldEnd) !== newlines(text, touched.start, touched.newEnd);
		const move = (findings: readonly ShownFinding[]): readonly ShownFinding[] | undefined => {
			if (movesLines && findings.some(namesLine)) return undefined;
			const moved = findings.map((finding) => movedBehind(finding, path, touched.start, touched.oldEnd, delta));
			return moved.every((finding) => finding !== undefined) ? moved : undefined;
		};
		const outside = move(this.#outside);
		if (outside === undefined) return false;
		for (const segment of this.#segments ?? []) {
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

	/** Cuts the whole check into servers; undefined when it cannot be cut. */
	#split(): Segment[] | undefined {
		const { configuration, routes } = this.#checked;
		const findings = this.#checked.findings;
		const segments = serverFacts(configuration, routes).map((facts): Segment => {
			const { node, file } = facts.placed;
			return {
				facts,
				path: file.path,
				start: node.span.start,
				end: node.span.end,
				header: (node.block?.span.start ?? 0) - node.span.start,
				variables: facts.variables,
				isPlain: facts.isPlain,
				certain: facts.certain,
				likely: facts.likely,
				findings: [],
			};
		});
		segments.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.start - b.start));
		const outside: ShownFinding[] = [];
		for (const finding of findings) {
			const home = holding(segments, finding.at.path, finding.at.span);
			if (home !== undefined) home.findings = [...home.findings, finding];
			else if (finding.routeId !== undefined) return undefined;
			else outside.push(finding);
		}
		for (const { path, tree } of configuration.files.values()) {
			if (tree.template) return undefined;
			if (tree.problems.some(({ code, span }) => !LOCAL.has(code) || holding(segments, path, span) === undefined))
				return undefined;
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

	/** True when the handshakes of a server's own URL reach it, so that no other server needs to be asked. */
	#isSelected({ facts }: Segment): boolean {
		const route = this.#checked.routes.find(({ server, urls }) => server === facts.scope && urls.length > 0);
		if (route !== undefined) return route.outside?.server === facts.scope;
		const [url] = urlsOf(facts.scope, { kind: 'prefix', pattern: '/', argument: 0 });
		if (url === undefined) return false;
		const predictor = createPredictor(this.#checked.configuration, this.#checked.version);
		return predictor.predict(handshakeRequest(url)).server === facts.scope;
	}

	/** True when handshakes of another server come to this one, or nobody knows where they go. */
	#isLeanedOn(segment: Segment): boolean {
		const { scope } = segment.facts;
		return (this.#segments ?? []).some(
			(other) => other !== segment && (other.facts.leansOn.has(scope) || other.facts.leansOn.has('any')),
		);
	}

	/** Reduces all servers but one: to what decides the choice between servers for the first of each `listen`, to nothing for the rest. */
	#lensOn(segment: Segment): Lens {
		const segments = this.#segments ?? [];
		const others = segments.filter((one) => one !== segment);
		const meant = new Set(others.flatMap(({ certain }) => [...certain]));
		const waiting = new Set(others.flatMap(({ likely }) => [...likely]).filter((target) => !meant.has(target)));
		const stubs = new Set<Segment>();
		const listens = new Set<string>();
		const variables = new Set<string>();
		for (const other of others) {
			if (!other.isPlain) continue;
			const lines = other.facts.listens.length === 0 ? [''] : other.facts.listens;
			if (lines.some((line) => !listens.has(line))) stubs.add(other);
			for (const line of lines) listens.add(line);
			for (const variable of other.variables) variables.add(variable.slice(variable.indexOf(' ') + 1));
		}
		const reduce = (reduced: ReducedText, dropped: readonly Segment[]): void => {
			for (const other of dropped) {
				if (!other.isPlain) continue;
				reduced.keepTo(other.start);
				const lines = newlines(this.#texts.get(other.path) ?? '', other.start, other.end);
				const stub = stubs.has(other) ? `server { ${other.facts.stub} }` : '';
				reduced.dropTo(other.end, lines - newlines(stub, 0, stub.length), stub);
			}
		};
		const text = this.#texts.get(segment.path) ?? '';
		const here = segments.filter(({ path }) => path === segment.path);
		const before = new ReducedText(text);
		reduce(
			before,
			here.filter(({ start }) => start < segment.start),
		);
		before.keepTo(segment.start);
		const set = [...variables].map((name) => `set $${name} "";`).join(' ');
		before.dropTo(segment.start, 0, set === '' ? '' : `server { listen unix:/nowhere; ${set} } `);
		const behind = new ReducedText(text);
		behind.dropTo(segment.end, 0);
		reduce(
			behind,
			here.filter(({ start }) => start > segment.start),
		);
		behind.keepTo(text.length);

		const reduced = new Map<string, { text: ReducedText; tree: ReturnType<typeof parseConfiguration> }>();
		for (const [path, other] of this.#texts) {
			const inside = path === segment.path ? [] : segments.filter((one) => one.path === path);
			if (inside.length === 0) continue;
			const shorter = new ReducedText(other);
			reduce(shorter, inside);
			shorter.keepTo(other.length);
			reduced.set(path, { text: shorter, tree: parseConfiguration(shorter.text) });
		}
		return { segment, around: new Around(before, segment.start, behind), reduced, meant, waiting, shift: 0 };
	}

	#filesThrough({ segment, around, reduced }: Lens): Files {
		const { files } = this.#checked.options;
		return {
			read: (path) => {
				if (path === segment.path) return { kind: 'text', tree: around.tree };
				const other = reduced.get(path);
				if (other !== undefined) return { kind: 'text', tree: other.tree };
				const known = this.#checked.configuration.files.get(path);
				return known === undefined ? files.read(path) : { kind: 'text', tree: known.tree };
			},
			glob: (pattern) => files.glob(pattern),
		};
	}

	/** Sorts what was found through a lens into the server and the rest, in places of the whole texts; undefined when that cannot be done. */
	#sort(now: Checked, lens: Lens, delta: number): Seen | undefined {
		const inside: ShownFinding[] = [];
		const outside: ShownFinding[] = [];
		for (const finding of now.findings) {
			const at = this.#placeOf(finding.at.path, finding.at.span, lens);
			if (at === undefined || (!at.inMiddle && this.#isElsewhere(finding.at.path, at, lens.segment, delta))) continue;
			if (!at.inMiddle && finding.routeId !== undefined) return undefined;
			const related = finding.related.map((place) => {
				const span = this.#placeOf(place.path, place.span, lens);
				return span && { ...place, span: { start: span.start, end: span.end } };
			});
			if (related.some((place) => place === undefined)) return undefined;
			(at.inMiddle ? inside : outside).push({
				...finding,
				at: { path: finding.at.path, span: { start: at.start, end: at.end } },
				related: related.filter((place) => place !== undefined),
			});
		}
		return { inside, outside };
	}

	/** True for a place, told as of now, in a server that was left as it is. */
	#isElsewhere(path: string, at: Span, segment: Segment, delta: number): boolean {
		const back = path === segment.path && at.start >= segment.end + delta ? delta : 0;
		return holding(this.#segments ?? [], path, { start: at.start - back, end: at.end - back }) !== undefined;
	}

	#placeOf(path: string, span: Span, lens: Lens): (Span & { readonly inMiddle: boolean }) | undefined {
		if (path === lens.segment.path) return lens.around.span(span);
		const reduced = lens.reduced.get(path);
		if (reduced === undefined) return { ...span, inMiddle: false };
		const start = reduced.text.fullOffset(span.start);
		const end = reduced.text.fullOffset(span.end);
		return start === undefined || end === undefined ? undefined : { start, end, inMiddle: false };
	}

	/** True when nothing that the other servers can notice of this one has changed, and it takes its own handshakes still. */
	#staysApart(segment: Segment, now: Checked, lens: Lens): boolean {
		const scope = scopeInMiddle(now.configuration, lens);
		if (scope === undefined) return false;
		const { variables, hides, isPlain } = variablesByServer(now.configuration)(scope);
		if (hides !== segment.facts.hides || !isSameSet(variables, segment.variables)) return false;
		const routes = now.routes.filter(({ server }) => server === scope);
		if (!routes.every((route) => isTaken(route, scope))) return false;
		const { certain, likely } = targets(routes);
		for (const target of lens.waiting) if (certain.has(target) !== segment.certain.has(target)) return false;
		segment.isPlain = isPlain && segment.facts.isOwn;
		segment.certain = certain;
		segment.likely = likely;
		return true;
	}

	/** Moves all that stands behind the change. False when a sentence names a line that has moved, or a place that is gone. */
	#commit(segment: Segment, seen: Seen, text: string, delta: number, touched: Touched): boolean {
		const { path } = segment;
		const before = this.#texts.get(path) ?? '';
		const movesLines = newlines(before, touched.start, touched.oldEnd) !== newlines(text, touched.start, touched.newEnd);
		const end = segment.end;
		for (const other of this.#segments ?? []) {
			if (other === segment || other.findings.length === 0) continue;
			if (movesLines && other.findings.some(namesLine)) return false;
			const moved =
				delta === 0 ? other.findings : other.findings.map((finding) => movedBehind(finding, path, segment.start, end, delta));
			if (moved.some((finding) => finding === undefined)) return false;
			other.findings = moved.filter((finding) => finding !== undefined);
		}
		for (const other of this.#segments ?? [])
			if (other.path === path && other.start > segment.start) {
				other.start += delta;
				other.end += delta;
			}
		segment.end += delta;
		segment.findings = seen.inside;
		this.#outside = seen.outside;
		this.#texts.set(path, text);
		return true;
	}
}

/** True when two texts differ in comments and white space only, and behind the end of a directive or before any. */
function isSameButBlank(before: string, after: string, at: number): boolean {
	const old = parseConfiguration(before);
	const now = parseConfiguration(after);
	if (
		old.template ||
		now.template ||
		[...old.comments, ...now.comments].some(({ span }, index) => {
			const { source } = index < old.comments.length ? old : now;
			return /websocket/i.test(source.slice(span));
		})
	)
		return false;
	// A comment that lost its line end would swallow what follows.
	if (now.comments.at(-1)?.span.end === after.length) return false;
	const words = (tree: SyntaxTree): { kind: string; text: string; end: number }[] =>
		[...tokens(tree)]
			.filter(({ kind }) => kind !== 'space' && kind !== 'comment')
			.map(({ kind, span }) => ({ kind, text: tree.source.slice(span), end: span.end }));
	const some = words(old);
	const others = words(now);
	const last = some.findLast(({ end }) => end <= at);
	return (
		(last === undefined || /^[;{}]$/.test(last.text)) &&
		some.length === others.length &&
		some.every(({ kind, text }, index) => others[index]?.kind === kind && others[index].text === text)
	);
}

/** True for the text of one server, whole and closed, that is chosen as before. */
function isWholeServer(text: string, face: string): boolean {
	const { directives, problems, template, source } = parseConfiguration(text);
	const [server] = directives;
	if (directives.length !== 1 || server === undefined || template) return false;
	if (server.name.value !== 'server' || server.block?.closed !== true || server.span.end !== text.length) return false;
	return problems.every(({ code }) => LOCAL.has(code)) && faceOf(server, source).join('\n') === face;
}

/** The segment that a stretch lies in. Segments are ordered by file and place. */
function holding(segments: readonly Segment[], path: string, span: Span): Segment | undefined {
	let low = 0;
	let high = segments.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		const segment = segments[middle];
		if (segment !== undefined && (segment.path < path || (segment.path === path && segment.start <= span.start)))
			low = middle + 1;
		else high = middle;
	}
	const segment = segments[low - 1];
	return segment !== undefined && segment.path === path && span.end <= segment.end ? segment : undefined;
}

function scopeInMiddle(configuration: Configuration, { segment, around }: Lens): Scope | undefined {
	const placed = httpServers(configuration.root).find(
		({ node, file }) => file.path === segment.path && around.span(node.span)?.inMiddle === true,
	);
	return placed?.body;
}

function isTaken(route: Route, server: Scope): boolean {
	if (route.intent.level === 'none' || route.urls.length === 0) return true;
	return route.outside?.server === server;
}

/** The finding after `path` has grown by `delta` behind a server; undefined when it points into that server. */
function movedBehind(finding: ShownFinding, path: string, start: number, end: number, delta: number): ShownFinding | undefined {
	const move = <T extends { readonly path: string; readonly span: Span }>(place: T): T | undefined => {
		if (place.path !== path || place.span.end <= start) return place;
		if (place.span.start < end) return undefined;
		return { ...place, span: { start: place.span.start + delta, end: place.span.end + delta } };
	};
	const at = move(finding.at);
	const related = finding.related.map(move);
	if (at === undefined || related.some((place) => place === undefined)) return undefined;
	return { ...finding, at, related: related.filter((place) => place !== undefined) };
}

function namesLine({ message, related }: ShownFinding): boolean {
	return /\bline \d/.test(message) || related.some((place) => /\bline \d/.test(place.message));
}

function isSameSet(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
	return some.size === others.size && [...some].every((one) => others.has(one));
}

function newlines(text: string, start: number, end: number): number {
	let count = 0;
	for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count++;
	return count;
}
