import type { PlacedDirective } from './model.ts';
import { compileRegex, type Regex, type RegexMatch } from './regex.ts';

/** What a map gives for a key: the text of its value, not yet evaluated, and the captures that `$1` and named ones in it mean. */
export interface MapEntry {
	readonly template: string;
	/** The entry that decided; undefined when no entry and no default fits, and the value is empty (MP4). */
	readonly at: PlacedDirective | undefined;
	readonly captures: RegexMatch | undefined;
}

export interface CompiledMap {
	/** The first argument of the block: what is looked up, not yet evaluated. */
	readonly source: string;
	/** The variable it defines, with its `$`. */
	readonly variable: string;
	readonly volatile: boolean;
	/** Undefined when it cannot be told: an expression or an include that cannot be read stands before the answer. */
	lookUp(key: string): MapEntry | undefined;
}

/** Reads a `map` block (semantics §4; src/http/ngx_http_map_module.c, src/core/ngx_hash.c). Keys match without regard to case, expressions in order. */
export function readMap(map: PlacedDirective): CompiledMap {
	const strings = new Map<string, PlacedDirective>();
	const expressions: { regex: Regex | undefined; at: PlacedDirective }[] = [];
	let fallback: PlacedDirective | undefined;
	let hostnames = false;
	let isVolatile = false;
	for (const entry of map.body?.directives ?? []) {
		const { name, args } = entry.node;
		const key = name.value;
		if (args.length === 0 && key === 'hostnames') hostnames = true;
		else if (args.length === 0 && key === 'volatile') isVolatile = true;
		else if (args.length !== 1 || key === 'include') continue;
		else if (key === 'default') fallback = entry;
		else if (key.startsWith('~')) {
			const caseless = key.startsWith('~*');
			const compiled = compileRegex(key.slice(caseless ? 2 : 1), caseless);
			expressions.push({ regex: 'unsupported' in compiled ? undefined : compiled, at: entry });
		} else {
			const plain = (key.startsWith('\\') ? key.slice(1) : key).toLowerCase();
			if (!strings.has(plain)) strings.set(plain, entry);
		}
	}
	const incomplete = (map.body?.unresolved.length ?? 0) > 0;

	return {
		source: map.node.args[0]?.value ?? '',
		variable: map.node.args[1]?.value ?? '',
		volatile: isVolatile,
		lookUp(key) {
			const lower = key.toLowerCase();
			const exact = hostnames ? hostEntry(strings, lower.replace(/\.$/, '')) : strings.get(lower);
			if (exact !== undefined) return found(exact, undefined);
			if (incomplete) return undefined;
			for (const { regex, at } of expressions) {
				if (regex === undefined) return undefined;
				const match = regex.exec(key);
				if (match !== null) return found(at, match);
			}
			return fallback === undefined ? { template: '', at: undefined, captures: undefined } : found(fallback, undefined);
		},
	};
}

function found(entry: PlacedDirective, captures: RegexMatch | undefined): MapEntry {
	return { template: entry.node.args[0]?.value ?? '', at: entry, captures };
}

/** A host name among exact ones, then the longest leading wildcard, then the longest trailing one (docs: ngx_http_map_module, hostnames). */
function hostEntry(strings: ReadonlyMap<string, PlacedDirective>, host: string): PlacedDirective | undefined {
	const exact = strings.get(host) ?? strings.get(`.${host}`);
	if (exact !== undefined) return exact;
	for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
		const rest = host.slice(dot);
		const leading = strings.get(`*${rest}`) ?? strings.get(rest);
		if (leading !== undefined) return leading;
	}
	for (let dot = host.lastIndexOf('.'); dot !== -1; dot = host.lastIndexOf('.', dot - 1)) {
		const trailing = strings.get(`${host.slice(0, dot)}.*`);
		if (trailing !== undefined) return trailing;
		if (dot === 0) break;
	}
	return undefined;
}

/** A map whose values hold no variables, as a function of its key; undefined as a result when it cannot be told. */
export function compileMap(map: PlacedDirective): (key: string) => string | undefined {
	const compiled = readMap(map);
	return (key) => {
		const entry = compiled.lookUp(key);
		return entry === undefined || entry.template.includes('$') ? undefined : entry.template;
	};
}
