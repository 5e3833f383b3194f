import { isPrefix, type LocationMatch, locationMatch, locationTitle } from '../config/location.ts';
import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import type { ClientRequest } from '../request/prediction.ts';
import { locationsIn, serversOf } from '../routes/routes.ts';
import { handshakeRequest, plainRequest, type ServerUrls, serverUrls } from '../routes/urls.ts';
import type { Edit } from '../rules/rule.ts';
import { enclosingBlock, pathTo } from '../syntax/query.ts';

/** The two requests that a place is tried with: a handshake, and a plain GET for the same URL. */
export interface Probe {
	readonly handshake: ClientRequest;
	readonly plain: ClientRequest;
}

/** A place where a request can end: a location, whatever it does, or a stream server. */
export interface Site {
	readonly scope: Scope;
	readonly at: PlacedDirective;
	readonly server: Scope;
	readonly match: LocationMatch | undefined;
	/** Requests for a URL that this place is made for. Undefined where none is known: named locations, stream servers. */
	readonly probe: () => Probe | undefined;
	/** The same for any other path of its server. */
	readonly probeAt: (path: string) => Probe | undefined;
}

/** Every site of a configuration, in file order. */
export function sitesOf(configuration: Configuration): readonly Site[] {
	return serversOf(configuration.root).flatMap((server) => {
		const urls = serverUrls(server);
		return (server.context === 'server' ? locationsIn(server) : [server]).flatMap((scope) =>
			scope.opener === undefined ? [] : [siteFor(scope, scope.opener, server, urls)],
		);
	});
}

function siteFor(scope: Scope, at: PlacedDirective, server: Scope, urls: ServerUrls): Site {
	const match = scope.context === 'location' ? locationMatch(at) : undefined;
	let made: { readonly probe: Probe | undefined } | undefined;
	return {
		scope,
		at,
		server,
		match,
		probe: () => {
			made ??= { probe: match && probeOf(urls, match, at) };
			return made.probe;
		},
		probeAt: (path) => probeOf(urls, { kind: 'exact', pattern: path, argument: 0 }),
	};
}

function probeOf(urls: ServerUrls, match: LocationMatch, at?: PlacedDirective): Probe | undefined {
	const [url] = urls(match, at);
	return url && { handshake: handshakeRequest(url), plain: plainRequest(url) };
}

/** A request for a place whose URL is not known, or that no client gets to. */
export const ANY_REQUEST: Probe = { handshake: handshakeRequest(undefined), plain: plainRequest(undefined) };

/** Each site with the same one after the edits: by its title, and by order where one has another title now. */
export function paired(before: readonly Site[], after: readonly Site[]): ReadonlyMap<Site, Site | undefined> {
	const [earlier, later] = [byTitle(before), byTitle(after)];
	const isRenamed = before.length === after.length && [...earlier.keys()].some((key) => !later.has(key));
	if (isRenamed) return new Map(before.map((site, index) => [site, after[index]]));
	return new Map([...earlier].map(([key, site]) => [site, later.get(key)]));
}

/** Sites by file, title, and the how-manieth of that title. */
function byTitle(sites: readonly Site[]): ReadonlyMap<string, Site> {
	const seen = new Map<string, number>();
	const keyed = new Map<string, Site>();
	for (const site of sites) {
		const name = `${site.at.file.path}\0${locationTitle(site.at)}`;
		const count = (seen.get(name) ?? 0) + 1;
		seen.set(name, count);
		keyed.set(`${name}\0${count}`, site);
	}
	return keyed;
}

/**
 * Requests for paths around a location whose head an edit writes anew: the path with and without its slash, longer ones, and the one that
 * each regular expression of the server would take below it. It is among these that an edit moves requests unseen.
 */
export function probesAround(site: Site, neighbours: readonly Site[], server: Scope): readonly Probe[] {
	const { match } = site;
	if (match === undefined || !isPrefix(match.kind) || !match.pattern.startsWith('/')) return [];
	const prefix = match.pattern;
	const paths = [prefix, `${prefix}x`, prefix.endsWith('/') ? `${prefix}x/` : `${prefix}/x`];
	if (prefix.endsWith('/') && prefix !== '/') paths.push(prefix.slice(0, -1));
	const inside = prefix.replace(/\/$/, '');
	for (const other of neighbours) {
		// An expression with a beginning of its own takes what its own request shows.
		const isLoose = other.match?.kind.startsWith('regex') === true && !other.match.pattern.startsWith('^');
		const example = isLoose && other.server === server ? other.probe()?.plain.uri : undefined;
		if (example !== undefined) paths.push(`${inside}${example}`, `${inside}/x${example.slice(1)}`);
	}
	return paths.map((path) => site.probeAt(path)).filter((probe) => probe !== undefined);
}

/** The servers in which an edit can change what nginx does: those whose text it stands in; all of them for one outside of every server. */
export function serversTouched(edits: readonly Edit[], configuration: Configuration): ReadonlySet<Scope> | 'all' {
	const touched = new Set<Scope>();
	const servers = serversOf(configuration.root);
	for (const edit of edits) {
		const tree = configuration.files.get(edit.path)?.tree;
		const block = tree && enclosingBlock(tree, edit.span.start);
		const own = block && pathTo(block).find(({ name }) => name.value === 'server');
		if (own === undefined && edit.path === configuration.main.path) return 'all';
		const around = servers.filter((server) =>
			own === undefined ? placesFile(server, edit.path) : server.opener?.node === own && server.opener.file.path === edit.path,
		);
		if (around.length === 0 || (own === undefined && isPlacedOutside(configuration.root, edit.path))) return 'all';
		for (const server of around) touched.add(server);
	}
	return touched;
}

/** True when lines of a file stand in a scope, or in one of its blocks. */
function placesFile(scope: Scope, path: string): boolean {
	return scope.directives.some(({ file, body }) => file.path === path || (body !== undefined && placesFile(body, path)));
}

/** True when lines of a file stand on a level around the servers. */
function isPlacedOutside(scope: Scope, path: string): boolean {
	return scope.directives.some(
		({ file, body }) =>
			file.path === path ||
			(body !== undefined && body.context !== 'server' && body.context !== 'stream server' && isPlacedOutside(body, path)),
	);
}
