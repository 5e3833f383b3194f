import { enclosing, isWithin } from '../core/config/enclosing.ts';
import { listensOf } from '../core/config/listen.ts';
import type { Configuration, PlacedDirective, Scope } from '../core/config/model.ts';
import { variableTable } from '../core/config/variables.ts';
import { isKnownDirective } from '../core/reference/directives.ts';
import type { Prediction } from '../core/request/prediction.ts';
import { HANDLERS } from '../core/routes/handlers.ts';
import type { Route } from '../core/routes/route.ts';
import { isNamed, targetsOf } from '../core/routes/routes.ts';
import { forwardsAround } from '../core/routes/serverForwarding.ts';
import type { Directive } from '../core/syntax/nodes.ts';
import type { SourceText } from '../core/text/sourceText.ts';
import type { Span } from '../core/text/span.ts';
import type { ShownFinding } from '../features/findings.ts';
import { jumpLines } from './jumps.ts';

/**
 * A part of a configuration that can be read and checked by itself: an http server, or, where a server is large, a location right in it.
 * What the rest of the configuration can notice of it is here too.
 */
export interface Segment {
	readonly kind: 'server' | 'location';
	readonly path: string;
	/** Where it stands now. */
	start: number;
	end: number;
	/** From its start to its `{`. */
	readonly header: number;
	readonly scope: Scope;
	readonly server: Scope;
	/** What decides whether it is chosen, as written. While this stays, so does every choice between segments. */
	readonly face: string;
	/** What is left of it where only its being chosen matters. */
	readonly stub: string;
	/** Its `listen` lines, as written; of a server. */
	readonly listens: readonly string[];
	/** The variables that it gives a value: how, a blank, and the name in lower case. */
	readonly variables: ReadonlySet<string>;
	/** Its lines that lead elsewhere or answer; of a location. */
	readonly jumps: string;
	/** It passes requests on itself; of a location. */
	readonly passes: boolean;
	/** Other segments, or servers, that take its handshakes: what becomes of its routes depends on them. `any`: it cannot be told which. */
	readonly leansOn: ReadonlySet<Scope | 'any'>;
	/** A file that it includes cannot be read: it may define any variable. */
	readonly hides: boolean;
	/** Its own text says all about how it is chosen. */
	readonly isOwn: boolean;
	/** Backends of routes that are certainly meant for WebSockets: they make others' intent certain. */
	certain: ReadonlySet<string>;
	/** Backends of routes whose intent would grow by that. */
	likely: ReadonlySet<string>;
	/** False when what it does to others cannot be told from the above: it is never left out. */
	isPlain: boolean;
	findings: readonly ShownFinding[];
}

/** Lines of a server that decide which connections and hosts it takes. */
const FACE: ReadonlySet<string> = new Set(['listen', 'server_name', 'ssl', 'http2', 'http3', 'include']);

/**
 * Cuts a configuration into segments, by file and place. What stands in a file that is included twice, or is not closed, is in none.
 * @param routes all of the configuration's
 * @param largest a server of more characters is cut into its locations
 */
export function segmentsOf(configuration: Configuration, routes: readonly Route[], largest: number): Segment[] {
	const servers = httpServers(configuration.root);
	const times = new Map<Directive, number>();
	for (const { node } of servers) times.set(node, (times.get(node) ?? 0) + 1);
	const parts = servers
		.filter(({ node, body }) => body !== undefined && times.get(node) === 1 && node.block?.closed === true)
		.flatMap((server) => partsOf(server, largest));
	const scopes = new Set(parts.map(({ body }) => body).filter((body) => body !== undefined));
	const variablesOf = variablesBySegment(configuration, scopes);
	const owned = new Map<Scope, Route[]>();
	for (const route of routes) {
		const owner = ownerOf(route.location, scopes);
		if (owner === undefined) continue;
		const known = owned.get(owner);
		if (known === undefined) owned.set(owner, [route]);
		else known.push(route);
	}
	const others = neighbours(configuration);
	const segments = parts.flatMap((placed): Segment[] => {
		const { node, body, file } = placed;
		if (body === undefined) return [];
		const kind = body.context === 'server' ? 'server' : 'location';
		const own = owned.get(body) ?? [];
		const { source } = file.tree;
		const { variables, hides, isPlain } = variablesOf(body);
		// A face that an include brings cannot be told from the server's own text.
		const isOwn =
			kind === 'location' ||
			[...FACE].every((name) => (body.byName.get(name) ?? []).every(({ via }) => via.length === placed.via.length));
		return [
			{
				kind,
				path: file.path,
				start: node.span.start,
				end: node.span.end,
				header: (node.block?.span.start ?? 0) - node.span.start,
				scope: body,
				server: enclosing(body, 'server') ?? body,
				face: faceOf(node, source),
				stub: stubOf(node, source),
				listens: kind === 'server' ? linesOf(node, source, (name) => name === 'listen') : [],
				variables,
				jumps: kind === 'location' ? jumpLines(body) : '',
				passes: kind === 'location' && passesOn(body),
				hides,
				isOwn,
				isPlain: isPlain && isOwn,
				leansOn: callsNginx(own, others)
					? new Set(['any' as const])
					: kind === 'server'
						? serversTaking(body, own, others)
						: locationsTaking(body, own, scopes),
				...targets(own),
				findings: [],
			},
		];
	});
	return segments.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.start - b.start));
}

/** True when a scope itself holds a line that passes requests on. */
export function passesOn(scope: Scope): boolean {
	return HANDLERS.some((name) => scope.byName.has(name));
}

/** A server, or the locations in it when it is large and they are all its own text. */
function partsOf(server: PlacedDirective, largest: number): readonly PlacedDirective[] {
	const { node, body } = server;
	if (node.span.end - node.span.start <= largest || body === undefined) return [server];
	// Whom the server's forwarding lines are meant for depends on all of its locations.
	if (forwardsAround(body)) return [server];
	return (body.byName.get('location') ?? []).filter(
		({ node: location, via }) => via.length === server.via.length && location.block?.closed === true,
	);
}

/** The segment that a stretch lies in. Segments are ordered by file and place. */
export function holding(segments: readonly Segment[], path: string, span: Span): Segment | undefined {
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

/** The directives of the http servers, in order. */
export function httpServers(root: Scope): readonly PlacedDirective[] {
	const http = root.context === 'http' ? [root] : (root.byName.get('http') ?? []).flatMap(({ body }) => body ?? []);
	return http.filter(({ context }) => context === 'http').flatMap((scope) => scope.byName.get('server') ?? []);
}

/** What decides whether a server or a location is chosen, as written. */
export function faceOf(directive: Directive, source: SourceText): string {
	if (directive.name.value === 'server') return linesOf(directive, source, (name) => FACE.has(name)).join('\n');
	return source.text.slice(directive.span.start, directive.block?.span.start ?? directive.span.end).trimEnd();
}

function stubOf(directive: Directive, source: SourceText): string {
	if (directive.name.value !== 'server') return `${faceOf(directive, source)} { }`;
	return `server { ${linesOf(directive, source, (name) => FACE.has(name) && name !== 'include').join(' ')} }`;
}

function linesOf(server: Directive, source: SourceText, wanted: (name: string) => boolean): readonly string[] {
	return (server.block?.children ?? []).filter(({ name }) => wanted(name.value)).map(({ span }) => source.slice(span));
}

/** Who else there is: how many servers have each name, and the addresses that are listened on at each port. */
interface Neighbours {
	readonly names: ReadonlyMap<string, number>;
	readonly addresses: ReadonlyMap<number, ReadonlySet<string>>;
}

function neighbours(configuration: Configuration): Neighbours {
	const names = new Map<string, number>();
	const addresses = new Map<number, Set<string>>();
	for (const { body } of httpServers(configuration.root)) {
		if (body === undefined) continue;
		const own = (body.byName.get('server_name') ?? []).flatMap(({ node }) => node.args.map(({ value }) => value.toLowerCase()));
		for (const name of new Set(own)) names.set(name, (names.get(name) ?? 0) + 1);
		for (const { port, address } of listensOf(body)) addresses.set(port, (addresses.get(port) ?? new Set()).add(address));
	}
	return { names, addresses };
}

/** True when a route passes to a port of this machine on which the configuration itself listens: then another server has its say. */
function callsNginx(routes: readonly Route[], { addresses }: Neighbours): boolean {
	return routes.some(
		({ intent, handshake }) =>
			intent.level !== 'none' &&
			handshake.upstream?.addresses.some((address) => {
				const port = /^(?:127\.0\.0\.1|localhost):(\d+)$/.exec(address)?.[1];
				return port !== undefined && addresses.has(Number(port));
			}),
	);
}

/** The other servers that a server's own handshakes come to. A host name that no other server has, at a port with one address, leads here. */
function serversTaking(server: Scope, routes: readonly Route[], others: Neighbours): ReadonlySet<Scope | 'any'> {
	const takers = new Set<Scope | 'any'>();
	for (const route of routes) {
		const [url] = route.intent.level === 'none' ? [] : route.urls;
		const isOurs =
			url !== undefined && !url.hostOpen && others.names.get(url.host) === 1 && others.addresses.get(url.port)?.size === 1;
		if (url === undefined || isOurs) continue;
		const taker = route.outside?.server;
		if (taker !== undefined && taker !== server) takers.add(taker ?? 'any');
	}
	return takers;
}

/** The other segments that handshakes of a location come to in the end. */
function locationsTaking(location: Scope, routes: readonly Route[], segments: ReadonlySet<Scope>): ReadonlySet<Scope | 'any'> {
	const takers = new Set<Scope | 'any'>();
	const add = (prediction: Prediction | undefined): void => {
		if (prediction === undefined || isWithin(prediction.location, location)) return;
		if (prediction.server === null) takers.add('any');
		else takers.add(ownerOf(prediction.location ?? prediction.server, segments) ?? prediction.server);
	};
	for (const route of routes)
		if (route.intent.level !== 'none') {
			add(route.handshake);
			add(route.outside);
		}
	return takers;
}

function ownerOf(scope: Scope, segments: ReadonlySet<Scope>): Scope | undefined {
	let at: Scope | undefined = scope;
	while (at !== undefined && !segments.has(at)) at = at.parent;
	return at;
}

/** The backends of a segment's routes that matter to the intent of routes elsewhere. */
export function targets(routes: readonly Route[]): {
	readonly certain: ReadonlySet<string>;
	readonly likely: ReadonlySet<string>;
} {
	const certain = new Set<string>();
	const likely = new Set<string>();
	for (const { intent, location } of routes) {
		if (intent.level === 'none') continue;
		// A name as the first evidence: likely of its own, whatever it has grown to.
		const isLikely = intent.level === 'likely' || isNamed({ level: 'likely', evidence: intent.evidence.slice(0, 1) });
		for (const target of targetsOf(location)) (isLikely ? likely : certain).add(target);
	}
	return { certain, likely };
}

/** The variables that each of some scopes defines, and whether it may define more than can be read. */
export function variablesBySegment(
	configuration: Configuration,
	segments: ReadonlySet<Scope>,
): (segment: Scope) => { readonly variables: ReadonlySet<string>; readonly hides: boolean; readonly isPlain: boolean } {
	const names = new Map<Scope, Set<string>>();
	const odd = new Set<Scope>();
	for (const definitions of variableTable(configuration).definitions.values())
		for (const { name, kind, at } of definitions) {
			const owner = ownerOf(at.body ?? at.scope, segments);
			if (owner === undefined) continue;
			const known = names.get(owner);
			const variable = `${kind} ${name}`;
			if (known === undefined) names.set(owner, new Set([variable]));
			else known.add(variable);
			if (kind !== 'set' && kind !== 'capture') odd.add(owner);
		}
	return (segment) => {
		const { hides, isKnown } = readability(segment);
		return { variables: names.get(segment) ?? NONE, hides, isPlain: !odd.has(segment) && !hides && isKnown };
	};
}

const NONE: ReadonlySet<string> = new Set();

/** Whether a file or a module that is not known may say more than is read. */
function readability(root: Scope): { readonly hides: boolean; readonly isKnown: boolean } {
	let hides = false;
	let isKnown = true;
	const waiting: Scope[] = [root];
	for (let scope = waiting.pop(); scope !== undefined; scope = waiting.pop()) {
		if (scope.unresolved.length > 0) hides = true;
		const holdsDirectives = scope.context !== 'types' && scope.context !== 'other';
		for (const { node, body } of scope.directives) {
			if (holdsDirectives && !isKnownDirective(node.name.value)) isKnown = false;
			if (body !== undefined) waiting.push(body);
		}
	}
	return { hides, isKnown };
}
