import { type LocationMatch, locationMatch } from '../config/location.ts';
import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { createPredictor, type Predictor } from '../request/predict.ts';
import type { ClientRequest, Prediction } from '../request/prediction.ts';
import { HANDLERS } from './handlers.ts';
import { holdsHandler, intentOf, lostItsHandler } from './intent.ts';
import type { Intent, Route, RouteUrl } from './route.ts';
import { handshakeRequest, plainRequest, urlsOf } from './urls.ts';

/**
 * Every place of a configuration that proxies, or that is meant for WebSockets and lost its handler, in file order.
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
	for (const server of serversOf(configuration.root))
		for (const scope of server.context === 'server' ? locationsIn(server) : [server]) {
			// A stream server that is only assumed around a fragment has no place of its own.
			if (scope.opener === undefined) continue;
			if (holdsHandler(scope)) places.push({ scope, server, intent: scope.context === 'location' ? intentOf(scope) : NO_INTENT });
			else if (scope.context === 'location' && lostItsHandler(scope)) {
				const intent = intentOf(scope);
				if (intent.level !== 'none') places.push({ scope, server, intent });
			}
		}
	const meant = new Set([
		...alsoMeant,
		...places.filter(({ intent }) => intent.level === 'certain').flatMap(({ scope }) => targetsOf(scope)),
	]);
	return places.map(({ scope, server, intent }) => new LazyRoute(scope, server, raised(intent, scope, meant), lazyPredictor));
}

const NO_INTENT: Intent = { level: 'none', evidence: [] };

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
function serversOf(root: Scope): readonly Scope[] {
	const found: Scope[] = [];
	const search = (scope: Scope): void => {
		if (scope.context === 'server' || scope.context === 'stream server') found.push(scope);
		else if (scope.context === 'main' || scope.context === 'http' || scope.context === 'stream')
			for (const placed of scope.directives) if (placed.body !== undefined) search(placed.body);
	};
	search(root);
	return found;
}

function locationsIn(server: Scope): readonly Scope[] {
	const found: Scope[] = [];
	const pending = [...(server.byName.get('location') ?? [])].reverse();
	for (let placed = pending.pop(); placed !== undefined; placed = pending.pop()) {
		if (placed.body === undefined) continue;
		found.push(placed.body);
		pending.push(...[...(placed.body.byName.get('location') ?? [])].reverse());
	}
	return found;
}

class LazyRoute implements Route {
	readonly id: string;
	readonly at: PlacedDirective;
	readonly server: Scope;
	readonly location: Scope;
	readonly match: LocationMatch | undefined;
	readonly handler: PlacedDirective | undefined;
	readonly intent: Intent;
	readonly #predictor: () => Predictor;
	readonly #made = new Map<string, Prediction>();
	#urls: readonly RouteUrl[] | undefined;

	constructor(scope: Scope, server: Scope, intent: Intent, predictor: () => Predictor) {
		const at = scope.opener;
		if (at === undefined) throw new Error('a route stands in a block of its own');
		this.at = at;
		this.id = `${at.file.path}#${at.node.span.start}#${server.opener?.node.span.start ?? ''}${at.via.map((include) => `#${include.node.span.start}`).join('')}`;
		this.server = server;
		this.location = scope;
		this.match = scope.context === 'location' ? locationMatch(at) : undefined;
		this.handler = HANDLERS.flatMap((name) => scope.byName.get(name) ?? []).at(-1);
		this.intent = intent;
		this.#predictor = predictor;
	}

	get urls(): readonly RouteUrl[] {
		this.#urls ??= this.match === undefined || this.location.byName.has('internal') ? [] : urlsOf(this.server, this.match);
		return this.#urls;
	}

	get request(): ClientRequest {
		return handshakeRequest(this.urls[0]);
	}

	get handshake(): Prediction {
		return this.#once('handshake', () => this.#predictor().predictIn(this.location, this.request));
	}

	get handshakeKeepAlive(): Prediction {
		return this.#once('keep-alive', () =>
			this.#predictor().predictIn(this.location, handshakeRequest(this.urls[0], 'keep-alive, Upgrade')),
		);
	}

	get plain(): Prediction {
		return this.#once('plain', () => this.#predictor().predictIn(this.location, plainRequest(this.urls[0])));
	}

	get outside(): Prediction | undefined {
		return this.urls.length === 0 ? undefined : this.#once('outside', () => this.#predictor().predict(this.request));
	}

	#once(name: string, predict: () => Prediction): Prediction {
		const made = this.#made.get(name) ?? predict();
		this.#made.set(name, made);
		return made;
	}
}
