import { enclosing } from '../config/enclosing.ts';
import { type LocationMatch, locationMatch, locationTitle } from '../config/location.ts';
import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { createPredictor, type Predictor } from '../request/predict.ts';
import type { ClientRequest, Prediction } from '../request/prediction.ts';
import { annotated } from './annotation.ts';
import { encodePath } from './examplePath.ts';
import { HANDLERS } from './handlers.ts';
import { intentOf, streamIntentOf } from './intent.ts';
import { handsOn, holdsHandler, lostItsHandler } from './lost.ts';
import type { Intent, Route, RouteUrl } from './route.ts';
import { meantByServer } from './serverForwarding.ts';
import { subrequestTargets } from './subrequests.ts';
import { handshakeRequest, plainRequest, requestForOwnPath, requestsForSome, type ServerUrls, serverUrls } from './urls.ts';

/**
 * Every place of a configuration that proxies, or that is meant for WebSockets and lost its handler or hands its requests on, in file
 * order.
 * Predictions and URLs are computed when they are read, once.
 * @param alsoMeant backends of routes, elsewhere, that are certainly meant for WebSockets
 */
export function routesOf(
	configuration: Configuration,
	version: NginxVersion,
	predictor?: Predictor,
	alsoMeant: Iterable<string> = [],
): readonly Route[] {
	let made = predictor;
	const lazyPredictor = (): Predictor => {
		made ??= createPredictor(configuration, version);
		return made;
	};
	const places: { scope: Scope; server: Scope; intent: Intent }[] = [];
	for (const server of serversOf(configuration.root)) {
		const locations = server.context === 'server' ? locationsIn(server) : [server];
		const asked = subrequestTargets(server, locations);
		const first = places.length;
		for (const scope of locations) {
			// A stream server that is only assumed around a fragment has no place of its own.
			if (scope.opener === undefined) continue;
			if (scope.context !== 'location') {
				if (holdsHandler(scope)) places.push({ scope, server, intent: streamIntentOf(scope) });
			} else if (asked.has(scope) && annotated(scope)?.meant !== true) {
				if (holdsHandler(scope)) places.push({ scope, server, intent: { level: 'none', evidence: [] } });
			} else if (holdsHandler(scope)) places.push({ scope, server, intent: intentOf(scope) });
			else if (lostItsHandler(scope) || handsOn(scope)) {
				const intent = intentOf(scope);
				// Many a plain location jumps: one that only has the name of an endpoint is judged where its requests end.
				if (intent.level === 'certain' || (intent.level === 'likely' && !handsOn(scope))) places.push({ scope, server, intent });
			}
		}
		const own = places.slice(first).filter(({ scope }) => !asked.has(scope) && annotated(scope) === undefined);
		const lost = meantByServer(server, own, version, (scope) => lazyPredictor().predictIn(scope, handshakeRequest(undefined)));
		for (let index = first; lost.size > 0 && index < places.length; index++) {
			const place = places[index];
			const intent = place && lost.get(place.scope);
			if (place !== undefined && intent !== undefined) places[index] = { ...place, intent };
		}
	}
	const meant = new Set([
		...alsoMeant,
		...places.filter(({ intent }) => intent.level === 'certain').flatMap(({ scope }) => targetsOf(scope)),
	]);
	const urls = new Map<Scope, ServerUrls>();
	return places.map(({ scope, server, intent }) => {
		const outer = urls.get(server) ?? serverUrls(server);
		urls.set(server, outer);
		return new LazyRoute(scope, server, raised(intent, scope, meant), outer, lazyPredictor);
	});
}

/** A likely route that shares its backend with a certain one is certain (design §2). */
function raised(intent: Intent, scope: Scope, meant: ReadonlySet<string>): Intent {
	if (intent.level !== 'likely' || !isNamed(intent)) return intent;
	if (!targetsOf(scope).some((target) => meant.has(target))) return intent;
	return { level: 'certain', evidence: intent.evidence };
}

/** True when a name is among the evidence: only such an intent grows with that of another route. */
export function isNamed(intent: Intent): boolean {
	return intent.evidence.some(({ text }) => text.startsWith('has the name') || text.startsWith('passes to'));
}

/** The backends that a location names, without scheme and URI part. */
export function targetsOf(scope: Scope): readonly string[] {
	return HANDLERS.flatMap((name) => scope.byName.get(name) ?? [])
		.map((placed) => /^(?:https?:\/\/)?(unix:[^:]+|[^/]+)/i.exec(placed.node.args[0]?.value ?? '')?.[1]?.toLowerCase())
		.filter((target) => target !== undefined);
}

/** http servers and stream servers, in file order, assumed ones included. */
export function serversOf(root: Scope): readonly Scope[] {
	const found: Scope[] = [];
	const search = (scope: Scope): void => {
		if (scope.context === 'server' || scope.context === 'stream server') found.push(scope);
		else if (scope.context === 'main' || scope.context === 'http' || scope.context === 'stream')
			for (const placed of scope.directives) if (placed.body !== undefined) search(placed.body);
	};
	search(root);
	return found;
}

/** The locations of a server, nested ones included, in file order. */
export function locationsIn(server: Scope): readonly Scope[] {
	const found: Scope[] = [];
	const pending = [...(server.byName.get('location') ?? [])].reverse();
	for (let placed = pending.pop(); placed !== undefined; placed = pending.pop()) {
		if (placed.body === undefined) continue;
		found.push(placed.body);
		pending.push(...[...(placed.body.byName.get('location') ?? [])].reverse());
	}
	return found;
}

/**
 * What becomes of a route's handshakes: what became of that of its example, unless it failed and one of another client, which sends what
 * the configuration asks for, does not, or fails for a reason that says more. What is not known of the example (auth_request asks another
 * service) is known where every client's fails.
 * @param location as of `Predictor.predictIn`; undefined: from outside
 */
export function forSomeClient(
	{ urls, request, location: own }: Pick<Route, 'urls' | 'request' | 'location'>,
	predictor: Predictor,
	example: Prediction,
	location: Scope | undefined,
): Prediction {
	if (example.upgrade || own.context !== 'location') return example;
	const [url] = urls;
	const others = { path: url?.pathOpen ?? true };
	const isOpen = example.outcome === 'unknown';
	let best = example;
	for (const asked of url === undefined ? [request] : requestsForSome(url)) {
		const found = predictor.predictForSome(asked, others, location);
		// A longer path than that of the example may be another location's.
		if (location === undefined && asked.uri !== request.uri && !isTakenBy(found, own)) continue;
		if (isOpen && (found.upgrade || found.outcome === 'unknown')) return example;
		if (found.upgrade) return found;
		if (isOpen ? best === example || best.outcome === 'answered' : saysMore(found, best)) best = found;
	}
	if (url === undefined || !best.because.some(({ at }) => isOpenRewrite(at))) return best;
	return pathsInto(own, url.path)
		.map((path) => predictor.predictForSome(handshakeRequest({ ...url, path }), others, location))
		.reduce((kept, found) => (found.upgrade && (location !== undefined || isTakenBy(found, own)) ? found : kept), best);
}

/** A rewrite that leads some paths to one location and some to another. */
function isOpenRewrite({ node: { name, args } }: PlacedDirective): boolean {
	return name.value === 'rewrite' && args[1]?.value.includes('$') === true;
}

/** How many other locations are thought of. */
const MOST_NEIGHBOURS = 50;

/** Longer paths than that of an example, which end in what another location of the server takes: a rewrite may leave that alone. */
function pathsInto(own: Scope, path: string): readonly string[] {
	return (enclosing(own, 'server')?.byName.get('location') ?? []).slice(0, MOST_NEIGHBOURS).flatMap((placed) => {
		const match = placed.body === own ? undefined : locationMatch(placed);
		if (match?.kind !== 'exact' && match?.kind !== 'prefix' && match?.kind !== 'prefix-first') return [];
		return match.pattern.startsWith('/') && match.pattern !== '/'
			? [`${path.replace(/\/$/, '')}${encodePath(match.pattern)}`]
			: [];
	});
}

/** Whether a location is the one that the path of a request chose, also in a configuration that was read again. */
function isTakenBy({ because }: Prediction, { opener }: Scope): boolean {
	return because.some(
		({ at, text }) => text === 'takes the URI' && opener !== undefined && locationTitle(at) === locationTitle(opener),
	);
}

/** One failure says more of a route than another when it is not certain, or comes behind what answers the example alone. */
function saysMore(found: Prediction, best: Prediction): boolean {
	const isOpen = (one: Prediction): boolean => one.outcome === 'unknown' && one.obstacles.length === 0;
	if (isOpen(found)) return !isOpen(best);
	if (best.outcome !== 'answered') return false;
	return found.outcome === 'proxied' || (isRefused(best) && found.outcome === 'answered' && !isRefused(found));
}

/** Who is not let in, does not see what comes behind that. */
function isRefused({ status }: Prediction): boolean {
	return status === 401 || status === 403;
}

/** Of several handlers nginx takes the last (semantics IN11). */
function lastHandler(scope: Scope): PlacedDirective | undefined {
	const present = HANDLERS.filter((name) => scope.byName.has(name));
	const [only] = present;
	if (only === undefined) return undefined;
	if (present.length === 1) return scope.byName.get(only)?.at(-1);
	return scope.directives.findLast(({ node }) => present.includes(node.name.value));
}

const ANYWHERE: LocationMatch = { kind: 'prefix', pattern: '/', argument: 0 };

class LazyRoute implements Route {
	readonly id: string;
	readonly at: PlacedDirective;
	readonly server: Scope;
	readonly location: Scope;
	readonly match: LocationMatch | undefined;
	readonly handler: PlacedDirective | undefined;
	readonly intent: Intent;
	readonly #predictor: () => Predictor;
	readonly #outer: ServerUrls;
	#urls: readonly RouteUrl[] | undefined;
	#request: ClientRequest | undefined;
	#handshake: Prediction | undefined;
	#ofExample: Prediction | undefined;
	#keepAlive: Prediction | undefined;
	#plain: Prediction | undefined;
	#outside: Prediction | undefined;
	#outsideOfExample: Prediction | undefined;
	#outsideOfPath: Prediction | undefined;

	constructor(scope: Scope, server: Scope, intent: Intent, outer: ServerUrls, predictor: () => Predictor) {
		const at = scope.opener;
		if (at === undefined) throw new Error('a route stands in a block of its own');
		this.at = at;
		this.id = `${at.file.path}#${at.node.span.start}#${server.opener?.node.span.start ?? ''}${at.via.map((include) => `#${include.node.span.start}`).join('')}`;
		this.server = server;
		this.location = scope;
		this.match = scope.context === 'location' ? locationMatch(at) : undefined;
		this.handler = lastHandler(scope);
		this.intent = intent;
		this.#outer = outer;
		this.#predictor = predictor;
	}

	get urls(): readonly RouteUrl[] {
		this.#urls ??= this.match === undefined || this.location.byName.has('internal') ? [] : this.#outer(this.match, this.at);
		return this.#urls;
	}

	get request(): ClientRequest {
		// What is handed on to a named or an internal location came to its server as well.
		this.#request ??= handshakeRequest(this.urls[0] ?? (this.match && this.#outer(ANYWHERE)[0]));
		return this.#request;
	}

	get handshake(): Prediction {
		this.#handshake ??= forSomeClient(this, this.#predictor(), this.handshakeOfExample, this.location);
		return this.#handshake;
	}

	get handshakeOfExample(): Prediction {
		this.#ofExample ??= this.#predictor().predictIn(this.location, this.request);
		return this.#ofExample;
	}

	get handshakeKeepAlive(): Prediction {
		this.#keepAlive ??= this.#predictor().predictIn(this.location, handshakeRequest(this.urls[0], 'keep-alive, Upgrade'));
		return this.#keepAlive;
	}

	get plain(): Prediction {
		this.#plain ??= this.#predictor().predictIn(this.location, plainRequest(this.urls[0]));
		return this.#plain;
	}

	get outside(): Prediction | undefined {
		const own = this.outsideOfExample;
		this.#outside ??= own && forSomeClient(this, this.#predictor(), own, undefined);
		return this.#outside;
	}

	get outsideOfExample(): Prediction | undefined {
		if (this.urls.length === 0) return undefined;
		this.#outsideOfExample ??= this.#predictor().predict(this.request);
		if (this.urls[0]?.hostGuessed === true && this.#outsideOfExample.server !== this.server) return undefined;
		return this.#outsideOfExample;
	}

	get outsideOfPath(): Prediction | undefined {
		const [url] = this.urls;
		const example = this.outsideOfExample;
		if (url === undefined || example === undefined) return undefined;
		if (this.#outsideOfPath === undefined) {
			const request = requestForOwnPath(url);
			const isKnown = request.uri === this.request.uri && (example.upgrade || example.outcome === 'unknown');
			this.#outsideOfPath = isKnown ? example : this.#predictor().predictForSome(request, { path: false });
		}
		return this.#outsideOfPath;
	}
}
