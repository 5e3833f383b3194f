import type { Place } from '../config/model.ts';
import type { Route } from '../routes/route.ts';
import type { Report } from '../rules/rule.ts';

/** Of which routes it has been said that something is wrong with them, so that a rule that comes last repeats nothing. */
export class Spoken {
	readonly #routes = new Set<string>();
	/** Of errors and warnings about no route in particular. */
	readonly #places: Place[] = [];
	#silenced: (() => Iterable<Report>) | undefined;

	/** @param silenced what the rules that a person has switched off would say; asked for once, and only when nothing else was said */
	constructor(silenced: () => Iterable<Report>) {
		this.#silenced = silenced;
	}

	/** Takes a report into account, when it is an error or a warning. */
	add({ severity, route, at }: Report): void {
		if (severity !== 'error' && severity !== 'warning') return;
		if (route === undefined) this.#places.push(at);
		else this.#routes.add(route.id);
	}

	/** True when a report is about the route, or about the server or the file around it. */
	has(route: Route): boolean {
		if (this.#covers(route)) return true;
		const silenced = this.#silenced;
		if (silenced === undefined) return false;
		this.#silenced = undefined;
		for (const report of silenced()) this.add(report);
		return this.#covers(route);
	}

	#covers(route: Route): boolean {
		return this.#routes.has(route.id) || this.#places.some((place) => surrounds(place, route));
	}
}

/** False for a place within another server than the route's. */
function surrounds({ path, span }: Place, { server }: Route): boolean {
	const own = server.opener;
	const isIn = (at: typeof own): boolean =>
		at !== undefined && at.file.path === path && at.node.span.start <= span.start && span.end <= at.node.span.end;
	return isIn(own) || !(own?.scope.directives ?? []).some((at) => at.body?.context === server.context && isIn(at));
}
