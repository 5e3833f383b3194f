import { enclosing, sideOf } from '../core/config/enclosing.ts';
import type { Configuration, PlacedDirective, Scope } from '../core/config/model.ts';
import type { VariableTable } from '../core/config/variables.ts';
import { HANDLERS } from '../core/routes/handlers.ts';
import type { Word } from '../core/syntax/nodes.ts';
import { spanInSource, templateParts } from '../core/syntax/words.ts';
import type { Span } from '../core/text/span.ts';

type Side = 'http' | 'stream';

/** An upstream named where a request is passed on: in the `…_pass` itself, or in a value that gets there through variables. */
interface UpstreamUse {
	readonly name: string;
	readonly span: Span;
	readonly side: Side;
	readonly at: PlacedDirective;
}

/** A place where upstreams may be meant that nobody can name: the request decides, or a name is put together. */
interface UpstreamDoubt {
	readonly side: Side;
	/** True when it may mean the upstream of this name. */
	readonly mayMean: (name: string) => boolean;
	readonly at: PlacedDirective;
}

/** What stands behind a stretch of a URL: its host is over, a port follows, or something that may belong to the host. */
type Follow = 'end' | 'port' | 'open';

/** Variables whose value starts with what ends a host. */
const ENDS_HOST: ReadonlySet<string> = new Set(['request_uri', 'uri', 'document_uri', 'is_args']);

/**
 * Finds the upstreams that the handlers of a configuration name. nginx looks an upstream up by the host of the evaluated URL when no port
 * stands behind it (ngx_http_upstream_init_request, ngx_stream_proxy_eval; semantics DU7).
 */
export class UpstreamNames {
	readonly uses: UpstreamUse[] = [];
	readonly doubts: UpstreamDoubt[] = [];
	readonly #table: VariableTable;
	/** Variables that are followed, with what is asked of them. */
	readonly #followed = new Set<string>();
	readonly #variables = new Set<string>();

	constructor(configuration: Configuration, table: VariableTable) {
		this.#table = table;
		const waiting: Scope[] = [configuration.root];
		for (let scope = waiting.pop(); scope !== undefined; scope = waiting.pop())
			for (const placed of scope.directives) {
				this.#handler(placed);
				if (placed.body !== undefined) waiting.push(placed.body);
			}
		for (const { name, side, at, argument } of table.uses)
			if (this.#variables.has(`${side} ${name}`)) this.#compared(at, side, argument);
	}

	#handler(placed: PlacedDirective): void {
		const name = placed.node.name.value;
		const side = sideOf(placed.scope);
		const [word] = placed.node.args;
		if (word === undefined || (side === 'stream' ? name !== 'proxy_pass' : !HANDLERS.includes(name))) return;
		const scheme = side === 'http' && name === 'proxy_pass' ? 'needed' : 'possible';
		this.#read(word, placed, { scheme, follow: 'end', side, server: enclosing(placed.scope, 'server', 'stream server') });
	}

	#read(word: Word, at: PlacedDirective, wanted: Wanted): void {
		const { value } = word;
		const { side } = wanted;
		const schemed = wanted.scheme === 'gone' ? null : /^(?:[a-z]+|\$\w+|\$\{\w+\}):\/\//i.exec(value);
		const start = schemed?.[0].length ?? 0;
		const parts = templateParts(value);
		const first = parts.find((part) => part.end > start);
		if (first === undefined) return;
		if (first.kind !== 'literal') {
			const follow = followAt(value, first.end, wanted.follow);
			const scheme = schemed === null ? wanted.scheme : 'gone';
			if (first.kind === 'variable') this.#variable(first.name.toLowerCase(), at, { ...wanted, scheme, follow });
			else if (follow !== 'port') this.doubts.push({ side, at, mayMean: () => true });
			return;
		}
		if (schemed === null && wanted.scheme === 'needed') return;
		const host = /^[^/?:[\]]+/.exec(value.slice(start, first.end))?.[0];
		if (host === undefined || (host === 'unix' && value[start + 4] === ':')) return;
		const end = start + host.length;
		const follow = followAt(value, end, wanted.follow);
		if (follow === 'end') this.uses.push({ name: host, span: spanInSource(word, at.file.tree.source, start, end), side, at });
		else if (follow === 'open') this.doubts.push({ side, at, mayMean: (name) => name.startsWith(host.toLowerCase()) });
	}

	/** The values that a variable can have. */
	#variable(name: string, at: PlacedDirective, wanted: Wanted): void {
		if (wanted.follow === 'port') return;
		const { side, server } = wanted;
		const key = `${name} ${wanted.scheme} ${wanted.follow} ${side} ${server?.opener?.file.path}#${server?.opener?.node.span.start}`;
		if (this.#followed.has(key)) return;
		this.#followed.add(key);
		this.#variables.add(`${side} ${name}`);
		const definitions = (this.#table.definitions.get(name) ?? []).filter(
			(one) => one.side === side && (one.kind !== 'set' || enclosing(one.at.scope, 'server', 'stream server') === server),
		);
		if (definitions.length === 0 || definitions.some(({ kind }) => kind === 'capture' || kind === 'other'))
			this.doubts.push({ side, at, mayMean: () => true });
		for (const { kind, at: defined } of definitions)
			if (kind === 'set') {
				const word = defined.node.args[1];
				if (word !== undefined) this.#read(word, defined, wanted);
			} else if (kind !== 'capture' && kind !== 'other') this.#entries(defined, kind, wanted);
	}

	#entries({ body }: PlacedDirective, kind: 'map' | 'geo' | 'split_clients', wanted: Wanted): void {
		for (const entry of body?.directives ?? []) {
			const [word, more] = entry.node.args;
			if (word === undefined || more !== undefined || NO_ENTRIES.has(entry.node.name.value)) continue;
			// Only a map's values are read for variables.
			if (kind === 'map' || !word.value.includes('$')) this.#read(word, entry, wanted);
		}
	}

	/** A name that something is compared with would have to change too, and nobody knows whether it is meant so. */
	#compared(at: PlacedDirective, side: Side, argument: number): void {
		const name = at.node.name.value;
		if (name === 'if')
			this.doubts.push({
				side,
				at,
				mayMean: (asked) => at.node.args.some((word, index) => index !== argument && holds(word, asked)),
			});
		if (name === 'map' && at.body !== undefined) {
			const keys = at.body.directives.map(({ node }) => node.name);
			this.doubts.push({ side, at, mayMean: (asked) => keys.some((word) => holds(word, asked)) });
		}
	}
}

interface Wanted {
	/** What of a scheme stands before the host in the value. `gone`: it stands before the value. */
	readonly scheme: 'needed' | 'possible' | 'gone';
	readonly follow: Follow;
	readonly side: Side;
	/** A `set` in another server does nothing here. */
	readonly server: Scope | undefined;
}

/** Lines of a geo or map block that hold no value. */
const NO_ENTRIES: ReadonlySet<string> = new Set([
	'include',
	'hostnames',
	'volatile',
	'ranges',
	'delete',
	'proxy',
	'proxy_recursive',
]);

function followAt(value: string, offset: number, outer: Follow): Follow {
	const next = value[offset];
	if (next === undefined) return outer;
	if (next === '/' || next === '?') return 'end';
	if (next === ':') return 'port';
	const variable = /^\$\{?(\w+)/.exec(value.slice(offset))?.[1]?.toLowerCase();
	return variable !== undefined && ENDS_HOST.has(variable) ? 'end' : 'open';
}

function holds({ value }: Word, name: string): boolean {
	return value.toLowerCase().includes(name);
}
