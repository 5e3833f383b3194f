import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import type { Prediction } from '../request/prediction.ts';
import type { Route } from '../routes/route.ts';
import { serversOf } from '../routes/routes.ts';
import type { Report } from '../rules/rule.ts';
import type { Directive } from '../syntax/nodes.ts';
import { namedAround } from '../syntax/query.ts';

/** Of which routes it has been said that something is wrong with them, so that a rule that comes last repeats nothing. */
export class Spoken {
	readonly #configuration: Configuration;
	readonly #routes = new Set<string>();
	/** Servers that hold an error or a warning about no route in particular. */
	readonly #servers = new Set<Directive>();
	/** The kinds of server around which one stands. */
	readonly #around = new Set<Scope['context']>();
	/** Where all errors and warnings begin. */
	readonly #starts = new Set<string>();
	#silenced: (() => Iterable<Report>) | undefined;
	#kinds: ReadonlyMap<Directive, Scope['context']> | undefined;

	/** @param silenced what the rules that a person has switched off would say; asked for once, and only when nothing else was said */
	constructor(configuration: Configuration, silenced: () => Iterable<Report>) {
		this.#configuration = configuration;
		this.#silenced = silenced;
	}

	/** Takes a report into account, when it is an error or a warning. */
	add({ severity, route, at: { path, span } }: Report): void {
		if (severity !== 'error' && severity !== 'warning') return;
		this.#starts.add(keyOf(path, span.start));
		if (route !== undefined) {
			this.#routes.add(route.id);
			return;
		}
		const tree = this.#configuration.files.get(path)?.tree;
		const server = tree && namedAround(tree, span.start, 'server');
		const kind = server && this.#kindOf(server);
		if (server !== undefined && kind !== undefined) this.#servers.add(server);
		for (const other of KINDS) if (other !== kind) this.#around.add(other);
	}

	/** Of a server of the configuration; undefined for one of an upstream. */
	#kindOf(server: Directive): Scope['context'] | undefined {
		this.#kinds ??= new Map(
			serversOf(this.#configuration.root).flatMap(({ opener, context }) =>
				opener === undefined ? [] : [[opener.node, context]],
			),
		);
		return this.#kinds.get(server);
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
			this.#surrounds(route.server) ||
			[route.handshake, route.outside].some((prediction) => prediction !== undefined && this.#names(prediction))
		);
	}

	#surrounds({ context, opener }: Scope): boolean {
		return this.#around.has(context) || (opener !== undefined && this.#servers.has(opener.node));
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

const KINDS: readonly Scope['context'][] = ['server', 'stream server'];
