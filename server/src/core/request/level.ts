import { type Effective, effective } from '../config/effective.ts';
import { type LocationMatch, locationMatch } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import { defaultOf } from '../reference/defaults.ts';
import { parseTime } from '../reference/values.ts';
import { lowerCase, toBytes } from '../text/bytes.ts';
import type { Ground, Setting } from './ground.ts';
import { type LocationTable, locationTable } from './locationTable.ts';
import type { Pattern } from './pattern.ts';
import { compileProgram, type Program } from './program.ts';
import { compileTemplate, type Template } from './template.ts';

/** Directives that pass a request on, and how each is named here. */
export const PASSES: ReadonlyMap<string, 'proxy' | 'uwsgi' | 'scgi' | 'fastcgi' | 'grpc' | 'memcached'> = new Map([
	['proxy_pass', 'proxy'],
	['uwsgi_pass', 'uwsgi'],
	['scgi_pass', 'scgi'],
	['fastcgi_pass', 'fastcgi'],
	['grpc_pass', 'grpc'],
	['memcached_pass', 'memcached'],
]);

/** Directives that make a location answer by itself. */
const ANSWERERS: ReadonlySet<string> = new Set(['stub_status', 'empty_gif', 'flv', 'mp4', 'hls', 'f4f', 'api']);
/** Directives of modules that answer with what only they know. */
const OPAQUE =
	/^(?:content_by_lua(?:_block|_file)?|js_content|perl|echo|echo_\w+|passenger_enabled|rtmp_stat|nchan_\w+|push_\w+)$/;

/** What takes a request in the content phase: the last such directive of a block (semantics IN11). */
export interface Handler {
	readonly kind: 'pass' | 'answer' | 'opaque';
	readonly at: PlacedDirective;
}

export interface HeaderLines {
	readonly lines: readonly { readonly at: PlacedDirective; readonly lower: string; readonly value: Template }[];
	readonly unknown: string | undefined;
}

/**
 * One of nginx's location configurations: a server's own, a location, an `if` in a location, or a `limit_except`.
 * What is costly is made when first asked for.
 */
export class Level {
	readonly scope: Scope;
	readonly kind: 'server' | 'location' | 'if' | 'limit_except';
	readonly outer: Level | undefined;
	readonly ground: Ground;
	/** How a location matches. */
	readonly match: LocationMatch | undefined;
	/** The location's name in bytes: its prefix, its URI, its expression; that of the enclosing location for `if` and `limit_except`. */
	readonly name: string;
	#effective: Map<string, Effective> | undefined;
	#templates: Map<PlacedDirective['node']['args'][number], Template> | undefined;
	#without: Map<PlacedDirective, string | undefined> | undefined;
	#durations: Map<string, number | undefined> | undefined;
	#headerLines: HeaderLines | undefined;
	#locations: LocationTable | undefined;
	#program: Program | undefined;
	#pattern: Pattern | undefined;
	#handler: Handler | undefined | null = null;
	#limitExcept: { readonly methods: ReadonlySet<string>; readonly level: Level } | undefined | null = null;

	constructor(scope: Scope, kind: Level['kind'], outer: Level | undefined, ground: Ground) {
		this.scope = scope;
		this.kind = kind;
		this.outer = outer;
		this.ground = ground;
		this.match = kind === 'location' && scope.opener !== undefined ? locationMatch(scope.opener) : undefined;
		this.name = this.match !== undefined ? toBytes(this.match.pattern) : kind === 'location' ? '' : (outer?.name ?? '');
	}

	get locations(): LocationTable {
		this.#locations ??= locationTable(
			(this.scope.byName.get('location') ?? [])
				.map((placed) => placed.body && new Level(placed.body, 'location', this, this.ground))
				.filter((level) => level?.match !== undefined)
				.filter((level) => level !== undefined),
		);
		return this.#locations;
	}

	/** The expression of a regex location. */
	get pattern(): Pattern {
		this.#pattern ??= this.ground.pattern(this.match?.pattern ?? '', this.match?.kind === 'regex-caseless');
		return this.#pattern;
	}

	/** The directives of the rewrite phase (`set`, `if`, `rewrite`, `return`, `break`). */
	get program(): Program {
		this.#program ??= compileProgram(this.scope, this.ground.pattern, (scope) =>
			this.kind === 'server' ? undefined : new Level(scope, 'if', this, this.ground),
		);
		return this.#program;
	}

	/** The handler that the block itself names. */
	get handler(): Handler | undefined {
		if (this.#handler === null) {
			this.#handler = undefined;
			for (const at of this.scope.directives) {
				const name = at.node.name.value;
				if (PASSES.has(name)) this.#handler = { kind: 'pass', at };
				else if (ANSWERERS.has(name)) this.#handler = { kind: 'answer', at };
				else if (OPAQUE.test(name)) this.#handler = { kind: 'opaque', at };
			}
		}
		return this.#handler;
	}

	/** The `…_pass` line in force for a module: an `if` or `limit_except` without its own takes the enclosing one (IN6, IN10). */
	passOf(name: string): PlacedDirective | undefined {
		return this.scope.byName.get(name)?.at(-1) ?? (this.isNameless ? this.outer?.passOf(name) : undefined);
	}

	get isNameless(): boolean {
		return this.kind === 'if' || this.kind === 'limit_except';
	}

	/** A prefix or exact location that ends in a slash and passes requests on answers 301 to its name without the slash (RT1). */
	get redirectsToSlash(): boolean {
		return this.name.endsWith('/') && this.scope.directives.some(({ node }) => PASSES.has(node.name.value));
	}

	/** `internal` comes down to nested locations (src/http/ngx_http_core_module.c, ngx_http_core_merge_loc_conf). */
	get isInternal(): boolean {
		return this.scope.byName.has('internal') || (this.outer?.isInternal ?? false);
	}

	/** The block of methods that are not listed in this location's `limit_except`. */
	get limitExcept(): { readonly methods: ReadonlySet<string>; readonly level: Level } | undefined {
		if (this.#limitExcept === null) {
			const placed = this.kind === 'location' ? this.scope.byName.get('limit_except')?.at(-1) : undefined;
			const methods = new Set(placed?.node.args.map((word) => word.value.toUpperCase()));
			if (methods.has('GET')) methods.add('HEAD');
			this.#limitExcept =
				placed?.body === undefined ? undefined : { methods, level: new Level(placed.body, 'limit_except', this, this.ground) };
		}
		return this.#limitExcept;
	}

	/** Whether the configuration may hold any directive of these names at all. */
	mayAny(names: readonly string[]): boolean {
		const { named } = this.ground;
		return named === undefined || names.some((name) => named.has(name));
	}

	/** What is in force here for a directive name. */
	effective(name: string): Effective {
		const absent = this.ground.absent(name);
		if (absent !== undefined) return absent.effective;
		this.#effective ??= new Map();
		let known = this.#effective.get(name);
		if (known === undefined) {
			known = effective(this.scope, name, this.ground.version);
			this.#effective.set(name, known);
		}
		return known;
	}

	/**
	 * The proxy_set_header lines in force, with their names in lower case and their values cut at the variables. nginx refuses those of an
	 * `if` or a `limit_except`: what they would do is nobody's trouble.
	 */
	get headerLines(): HeaderLines {
		if (this.isNameless && this.outer !== undefined) return this.outer.headerLines;
		if (this.#headerLines === undefined) {
			const { lines, unknown } = this.lines('proxy_set_header');
			this.#headerLines = {
				unknown,
				lines: lines.map((at) => ({
					at,
					lower: lowerCase(toBytes(at.node.args[0]?.value ?? '')),
					value: compileTemplate(at.node.args[1]?.value ?? ''),
				})),
			};
		}
		return this.#headerLines;
	}

	/** The lines in force of a list directive; empty when there are none. */
	lines(name: string): { readonly lines: readonly PlacedDirective[]; readonly unknown: string | undefined } {
		const found = this.effective(name);
		if (found.level === 'unknown') return { lines: [], unknown: found.reason };
		return { lines: found.level === 'default' ? [] : found.directives, unknown: undefined };
	}

	/** A plain value in force: its first argument. */
	setting(name: string): Setting {
		const absent = this.ground.absent(name);
		if (absent !== undefined) return absent.setting;
		const found = this.effective(name);
		if (found.level === 'unknown') return { value: undefined, at: undefined, unknown: found.reason };
		if (found.level === 'default') return { value: found.value, at: undefined, unknown: undefined };
		const at = found.directives.at(-1);
		return { value: at?.node.args[0]?.value, at, unknown: undefined };
	}

	/** The plain value that would be in force without this line: an outer level's, else nginx's own. */
	valueWithout(at: PlacedDirective): string | undefined {
		this.#without ??= new Map();
		if (this.#without.has(at)) return this.#without.get(at);
		const value = this.#valueWithout(at);
		this.#without.set(at, value);
		return value;
	}

	#valueWithout(at: PlacedDirective): string | undefined {
		const name = at.node.name.value;
		const outer = at.scope.parent === undefined ? undefined : effective(at.scope.parent, name, this.ground.version);
		if (outer?.level === 'own' || outer?.level === 'inherited') return outer.directives.at(-1)?.node.args[0]?.value;
		return defaultOf(name, this.ground.version);
	}

	/** The Connection header that nginx sends when no line sets one (semantics §0.2). */
	get defaultConnection(): string {
		return this.ground.traits.dropsConnection ? '' : 'close';
	}

	/** Milliseconds of a time in force; undefined when it is not known or no time. */
	duration(name: string): number | undefined {
		const absent = this.ground.absent(name);
		if (absent !== undefined) return absent.duration;
		this.#durations ??= new Map();
		if (!this.#durations.has(name)) {
			const { value } = this.setting(name);
			this.#durations.set(name, value === undefined ? undefined : parseTime(value));
		}
		return this.#durations.get(name);
	}

	/** `on` or `off`, with the default for what is not set. */
	flag(name: string): boolean {
		return this.setting(name).value?.toLowerCase() === 'on';
	}

	/** An argument of a directive, cut at its variables. */
	template(at: PlacedDirective, argument: number): Template {
		const word = at.node.args[argument];
		if (word === undefined) return compileTemplate('');
		this.#templates ??= new Map();
		let known = this.#templates.get(word);
		if (known === undefined) {
			known = compileTemplate(word.value);
			this.#templates.set(word, known);
		}
		return known;
	}
}
