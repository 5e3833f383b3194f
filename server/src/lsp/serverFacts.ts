import { listensOf } from '../core/config/listen.ts';
import type { Configuration, PlacedDirective, Scope } from '../core/config/model.ts';
import { variableTable } from '../core/config/variables.ts';
import { isKnownDirective } from '../core/reference/directives.ts';
import type { Route } from '../core/routes/route.ts';
import { isNamed, targetsOf } from '../core/routes/routes.ts';
import type { Directive } from '../core/syntax/nodes.ts';
import type { SourceText } from '../core/text/sourceText.ts';

/** What the other servers of a configuration can notice of one server. */
export interface ServerFacts {
	readonly placed: PlacedDirective;
	readonly scope: Scope;
	/** How it is chosen: the lines that decide it, as written. */
	readonly face: string;
	/** What is left of it where only its being chosen matters. */
	readonly stub: string;
	/** Its `listen` lines, as written. */
	readonly listens: readonly string[];
	/** The variables that it gives a value: how, a blank, and the name in lower case. */
	readonly variables: ReadonlySet<string>;
	/** Other servers that take its handshakes: what becomes of its routes depends on them. `any`: it cannot be told which. */
	readonly leansOn: ReadonlySet<Scope | 'any'>;
	/** Backends of routes that are certainly meant for WebSockets: they make others' intent certain. */
	readonly certain: ReadonlySet<string>;
	/** Backends of routes whose intent would grow by that. */
	readonly likely: ReadonlySet<string>;
	/** A file that it includes cannot be read: it may define any variable. */
	readonly hides: boolean;
	/** Its own text says all about how it is chosen. */
	readonly isOwn: boolean;
	/** False when what it does to others cannot be told from the above. */
	readonly isPlain: boolean;
}

/** Lines of a server that decide which connections and hosts it takes. */
const FACE: ReadonlySet<string> = new Set(['listen', 'server_name', 'ssl', 'http2', 'http3', 'include']);

/** The facts of every http server that stands in a file once. `routes` are all of the configuration's. */
export function serverFacts(configuration: Configuration, routes: readonly Route[]): readonly ServerFacts[] {
	const byServer = new Map<Scope, Route[]>();
	for (const route of routes) {
		const known = byServer.get(route.server);
		if (known === undefined) byServer.set(route.server, [route]);
		else known.push(route);
	}
	const variablesOf = variablesByServer(configuration);
	const others = neighbours(configuration);
	const seen = new Map<Directive, number>();
	const servers = httpServers(configuration.root);
	for (const { node } of servers) seen.set(node, (seen.get(node) ?? 0) + 1);
	return servers.flatMap((placed) => {
		const { node, body, file } = placed;
		if (body === undefined || seen.get(node) !== 1 || node.block?.closed !== true) return [];
		const own = byServer.get(body) ?? [];
		const { variables, hides, isPlain } = variablesOf(body);
		// A face that an include brings cannot be told from the server's own text.
		const isOwn = [...FACE].every((name) => (body.byName.get(name) ?? []).every(({ via }) => via.length === placed.via.length));
		return [
			{
				placed,
				scope: body,
				face: faceOf(node, file.tree.source).join('\n'),
				listens: linesOf(node, file.tree.source, (name) => name === 'listen'),
				variables,
				hides,
				leansOn: takersOf(body, own, others),
				isOwn,
				isPlain: isPlain && isOwn,
				stub: linesOf(node, file.tree.source, (name) => FACE.has(name) && name !== 'include').join(' '),
				...targets(own),
			},
		];
	});
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
		for (const name of namesOf(body)) names.set(name, (names.get(name) ?? 0) + 1);
		for (const { port, address } of listensOf(body)) addresses.set(port, (addresses.get(port) ?? new Set()).add(address));
	}
	return { names, addresses };
}

function namesOf(server: Scope): ReadonlySet<string> {
	return new Set(
		(server.byName.get('server_name') ?? []).flatMap(({ node }) => node.args.map(({ value }) => value.toLowerCase())),
	);
}

/** The other servers that a server's own handshakes come to. A host name that no other server has, at a port with one address, needs no asking: it leads here. */
function takersOf(server: Scope, routes: readonly Route[], others: Neighbours): ReadonlySet<Scope | 'any'> {
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

/** The directives of the http servers, in order. */
export function httpServers(root: Scope): readonly PlacedDirective[] {
	const http = root.context === 'http' ? [root] : (root.byName.get('http') ?? []).flatMap(({ body }) => body ?? []);
	return http.filter(({ context }) => context === 'http').flatMap((scope) => scope.byName.get('server') ?? []);
}

/** The lines of a server that decide how it is chosen, as written. */
export function faceOf(server: Directive, source: SourceText): readonly string[] {
	return linesOf(server, source, (name) => FACE.has(name));
}

function linesOf(server: Directive, source: SourceText, wanted: (name: string) => boolean): readonly string[] {
	return (server.block?.children ?? []).filter(({ name }) => wanted(name.value)).map(({ span }) => source.slice(span));
}

/** The backends of a server's routes that matter to the intent of routes elsewhere. */
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

/** The variables that each server defines, and the servers that may define more than can be read. */
export function variablesByServer(configuration: Configuration): (server: Scope) => {
	readonly variables: ReadonlySet<string>;
	readonly hides: boolean;
	readonly isPlain: boolean;
} {
	const names = new Map<Scope, Set<string>>();
	const odd = new Set<Scope>();
	for (const definitions of variableTable(configuration).definitions.values())
		for (const { name, kind, at } of definitions) {
			const server = serverAround(at.scope);
			if (server === undefined) continue;
			const known = names.get(server);
			const variable = `${kind} ${name}`;
			if (known === undefined) names.set(server, new Set([variable]));
			else known.add(variable);
			if (kind !== 'set' && kind !== 'capture') odd.add(server);
		}
	return (server) => {
		const { hides, isKnown } = readability(server);
		return { variables: names.get(server) ?? NONE, hides, isPlain: !odd.has(server) && !hides && isKnown };
	};
}

const NONE: ReadonlySet<string> = new Set();

function serverAround(scope: Scope): Scope | undefined {
	let at: Scope | undefined = scope;
	while (at !== undefined && at.context !== 'server') at = at.parent;
	return at;
}

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
