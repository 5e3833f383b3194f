import type { Place, PlacedDirective } from '../config/model.ts';
import type { Prediction } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import type { Report } from '../rules/rule.ts';

/** Of which routes it has been said that something is wrong with them, so that a rule that comes last repeats nothing. */
export class Spoken {
	readonly #routes = new Set<string>();
	/** Of errors and warnings about no route in particular. */
	readonly #places: Place[] = [];
	/** Where all errors and warnings begin. */
	readonly #starts = new Set<string>();
	#silenced: (() => Iterable<Report>) | undefined;

	/** @param silenced what the rules that a person has switched off would say; asked for once, and only when nothing else was said */
	constructor(silenced: () => Iterable<Report>) {
		this.#silenced = silenced;
	}

	/** Takes a report into account, when it is an error or a warning. */
	add({ severity, route, at }: Report): void {
		if (severity !== 'error' && severity !== 'warning') return;
		this.#starts.add(keyOf(at.path, at.span.start));
		if (route === undefined) this.#places.push(at);
		else this.#routes.add(route.id);
	}

	/** True when a report is about the route, about the server or the file around it, or about a line that decides its handshake too. */
	has(route: Route): boolean {
		if (this.#covers(route)) return true;
		const silenced = this.#silenced;
		if (silenced === undefined) return false;
		this.#silenced = undefined;
		for (const report of silenced()) this.add(report);
		return this.#covers(route);
	}

	#covers(route: Route): boolean {
		return (
			this.#routes.has(route.id) ||
			this.#places.some((place) => surrounds(place, route)) ||
			[route.handshake, route.outside].some((prediction) => prediction !== undefined && this.#names(prediction))
		);
	}

	/** A map that serves several locations is told of once, for the first of them. */
	#names(prediction: Prediction): boolean {
		const lines = prediction.upstream?.lines.filter(({ name }) => name === 'upgrade' || name === 'connection') ?? [];
		const deciding = [
			...prediction.because.map(({ at }) => at),
			...prediction.obstacles.flatMap(({ at }) => at),
			...lines.flatMap(({ at, sources }) => [at, ...sources]),
		];
		return deciding.some((at) => startsIn(at).some((start) => this.#starts.has(keyOf(at.file.path, start))));
	}
}

function keyOf(path: string, start: number): string {
	return `${start} ${path}`;
}

/** Where a report about a directive may begin: at a word of it, or of an entry of its table. A block of directives stands for none of them. */
function startsIn({ node, body }: PlacedDirective): readonly number[] {
	if (/^(?:http|server|location|stream)$/.test(node.name.value)) return [];
	const entries = node.block === undefined || body?.context === 'if' ? [] : (body?.directives ?? []).map((entry) => entry.node);
	return [node, ...entries].flatMap(({ name, args }) => [name.span.start, ...args.map(({ span }) => span.start)]);
}

/** False for a place within another server than the route's. */
function surrounds({ path, span }: Place, { server }: Route): boolean {
	const own = server.opener;
	const isIn = (at: typeof own): boolean =>
		at !== undefined && at.file.path === path && at.node.span.start <= span.start && span.end <= at.node.span.end;
	return isIn(own) || !(own?.scope.directives ?? []).some((at) => at.body?.context === server.context && isIn(at));
}
