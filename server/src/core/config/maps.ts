import { lowerCase, toBytes } from '../text/bytes.ts';
import type { PlacedDirective } from './model.ts';
import { compileRegex, type Regex, type RegexMatch } from './regex.ts';

/** What a map gives for a key: the text of its value, not yet evaluated, and the captures that `$1` and named ones in it mean. */
export interface MapEntry {
	readonly template: string;
	/** The entry that decided; undefined when no entry and no default fits, and the value is empty (MP4). */
	readonly at: PlacedDirective | undefined;
	/** Undefined unless an expression decided: then `$1` is what an earlier one left. */
	readonly captures: RegexMatch | undefined;
}

export interface CompiledMap {
	/** The first argument of the block: what is looked up, not yet evaluated. Without a `$` it is that very text (MP7). */
	readonly source: string;
	/** The variable it defines, with its `$`. */
	readonly variable: string;
	readonly volatile: boolean;
	/**
	 * @param key the evaluated source, one byte in each character
	 * @returns undefined when it cannot be told: an expression that is not modelled or an include that cannot be read comes first
	 */
	lookUp(key: string): MapEntry | undefined;
	/**
	 * The different values, not yet evaluated, that keys can get; undefined when an include cannot be read.
	 * @param example one of the keys: where it is a number, so are the others, and no entry for a word fits them
	 */
	valuesFor(example: string | undefined): readonly string[] | undefined;
}

/**
 * Reads a `map` block (semantics §4; src/http/ngx_http_map_module.c): strings without regard to case (MP6), then with `hostnames`
 * masks, then expressions in order, which are never tried on an empty value; then `default`; else the empty string (MP4).
 */
export function readMap(map: PlacedDirective): CompiledMap {
	const entries = readEntries(map);
	const incomplete = (map.body?.unresolved.length ?? 0) > 0;
	return {
		source: map.node.args[0]?.value ?? '',
		variable: map.node.args[1]?.value ?? '',
		volatile: entries.volatile,
		lookUp(written) {
			const key = entries.hostnames && written.endsWith('.') ? written.slice(0, -1) : written;
			const name = lowerCase(key);
			const exact = entries.exact.get(name);
			if (exact !== undefined) return found(exact, undefined);
			if (incomplete) return undefined;
			const masked = entries.hostnames && name !== '' ? entries.masks.find(name) : undefined;
			if (masked !== undefined) return found(masked, undefined);
			for (const { regex, at } of key === '' ? [] : entries.expressions) {
				const match = regex?.exec(key);
				if (match === undefined) return undefined;
				if (match !== null) return found(at, match);
			}
			return entries.fallback === undefined
				? { template: '', at: undefined, captures: undefined }
				: found(entries.fallback, undefined);
		},
		valuesFor(example) {
			if (incomplete) return undefined;
			const isNumber = example !== undefined && /^\d+(?:\.\d+)?$/.test(example);
			const values = new Set<string>();
			for (const { node } of map.body?.directives ?? [])
				if (node.args.length === 1 && node.name.value !== 'include' && !(isNumber && isForWord(node.name.value)))
					values.add(node.args[0]?.value ?? '');
			if (entries.fallback === undefined) values.add('');
			return [...values];
		},
	};
}

/** True for a key that is a word, or an expression that is one: no number holds it. */
function isForWord(key: string): boolean {
	return key !== 'default' && /^(?:~\*?)?\^?[a-z]+\$?$/i.test(key);
}

interface MapEntries {
	readonly exact: ReadonlyMap<string, PlacedDirective>;
	readonly masks: HostMasks;
	readonly expressions: readonly { readonly regex: Regex | undefined; readonly at: PlacedDirective }[];
	readonly fallback: PlacedDirective | undefined;
	readonly hostnames: boolean;
	readonly volatile: boolean;
}

/** Of what nginx would refuse (MP10: a key twice, two defaults) the first counts. */
function readEntries(map: PlacedDirective): MapEntries {
	const exact = new Map<string, PlacedDirective>();
	const masks = new HostMasks();
	const expressions: { regex: Regex | undefined; at: PlacedDirective }[] = [];
	let fallback: PlacedDirective | undefined;
	let hostnames = false;
	let isVolatile = false;
	for (const entry of map.body?.directives ?? []) {
		const { name, args } = entry.node;
		const key = toBytes(name.value);
		if (args.length === 0 && key === 'hostnames') hostnames = true;
		else if (args.length === 0 && key === 'volatile') isVolatile = true;
		else if (args.length !== 1 || key === 'include') continue;
		else if (key === 'default') fallback ??= entry;
		else if (key.startsWith('~')) {
			const caseless = key.startsWith('~*');
			const compiled = compileRegex(key.slice(caseless ? 2 : 1), caseless);
			expressions.push({ regex: 'unsupported' in compiled ? undefined : compiled, at: entry });
		} else {
			const plain = lowerCase(key.startsWith('\\') ? key.slice(1) : key);
			// Masks are masks only behind the line that says so.
			if (hostnames && masks.add(plain, entry)) continue;
			if (!exact.has(plain)) exact.set(plain, entry);
		}
	}
	return { exact, masks, expressions, fallback, hostnames, volatile: isVolatile };
}

/** Masks of host names: `*.example.com`, `.example.com`, `www.example.*` (docs: ngx_http_map_module, hostnames; src/core/ngx_hash.c). */
class HostMasks {
	/** By what follows the `*.` */
	readonly #leading = new Map<string, PlacedDirective>();
	/** By what follows the `.`: the name itself and all below it. */
	readonly #dotted = new Map<string, PlacedDirective>();
	/** By what stands before the `.*` */
	readonly #trailing = new Map<string, PlacedDirective>();

	/** Takes a key that is a mask; false for a plain one. */
	add(key: string, entry: PlacedDirective): boolean {
		const [masks, rest] =
			key.startsWith('*.') && key.length > 2
				? [this.#leading, key.slice(2)]
				: /^\.[^.]/.test(key)
					? [this.#dotted, key.slice(1)]
					: key.endsWith('.*') && key.length > 2
						? [this.#trailing, key.slice(0, -2)]
						: [undefined, key];
		if (masks === undefined) return false;
		if (!masks.has(rest)) masks.set(rest, entry);
		return true;
	}

	/** The longest leading mask, else the longest trailing one. */
	find(host: string): PlacedDirective | undefined {
		const itself = this.#dotted.get(host);
		if (itself !== undefined) return itself;
		for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
			const rest = host.slice(dot + 1);
			const mask = this.#leading.get(rest) ?? this.#dotted.get(rest);
			if (mask !== undefined) return mask;
		}
		for (let dot = host.lastIndexOf('.'); dot > 0; dot = host.lastIndexOf('.', dot - 1)) {
			const mask = this.#trailing.get(host.slice(0, dot));
			if (mask !== undefined) return mask;
		}
		return undefined;
	}
}

function found(entry: PlacedDirective, captures: RegexMatch | undefined): MapEntry {
	return { template: entry.node.args[0]?.value ?? '', at: entry, captures };
}

/** A map whose values hold no variables, as a function of its key; undefined as a result when it cannot be told. */
export function compileMap(map: PlacedDirective): (key: string) => string | undefined {
	const compiled = readMap(map);
	return (key) => {
		const entry = compiled.lookUp(toBytes(key));
		return entry === undefined || entry.template.includes('$') ? undefined : entry.template;
	};
}
