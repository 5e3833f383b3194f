import { type CompiledMap, readMap } from '../config/maps.ts';
import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import type { VariableTable } from '../config/variables.ts';
import { type GeoTable, readGeo } from './geo.ts';
import { readSplit, type SplitTable } from './splitClients.ts';
import { compileTemplate, type Template } from './template.ts';

/** What computes a variable of the configuration from others. */
export type Computed =
	| {
			readonly kind: 'map';
			readonly at: PlacedDirective;
			readonly source: Template;
			readonly map: CompiledMap;
			readonly values: Map<string, Template>;
	  }
	| { readonly kind: 'geo'; readonly at: PlacedDirective; readonly source: Template; readonly table: GeoTable }
	| { readonly kind: 'split_clients'; readonly at: PlacedDirective; readonly source: Template; readonly table: SplitTable }
	/** Defined by a module that is not modelled. */
	| { readonly kind: 'other'; readonly at: PlacedDirective };

/** Where the variables of one side (http or stream) come from. */
export interface VariableSources {
	/** By lower-case name. Of several maps for one variable the last counts (MP8). */
	readonly computed: ReadonlyMap<string, Computed>;
	/** Names that some `set` or named capture gives: empty until then (HD17). */
	readonly assigned: ReadonlySet<string>;
	/** Something that is not in the workspace may define more. */
	readonly incomplete: boolean;
}

/** Collects the variable definitions of a configuration's http or stream side. */
export function variableSources(configuration: Configuration, table: VariableTable, side: 'http' | 'stream'): VariableSources {
	const computed = new Map<string, Computed>();
	const assigned = new Set<string>();
	for (const [name, definitions] of table.definitions)
		for (const { kind, at } of definitions) {
			if (at.scope.context.startsWith('stream') !== (side === 'stream')) continue;
			if (kind === 'set' || kind === 'capture') assigned.add(name);
			else computed.set(name, compute(kind, at));
		}
	return { computed, assigned, incomplete: configuration.fragment !== undefined || holdsUnresolved(configuration.root) };
}

function compute(kind: 'map' | 'geo' | 'split_clients' | 'other', at: PlacedDirective): Computed {
	const source = compileTemplate(at.node.args[0]?.value ?? '');
	switch (kind) {
		case 'map':
			return { kind, at, source, map: readMap(at), values: new Map() };
		case 'geo':
			return {
				kind,
				at,
				source: compileTemplate(at.node.args.length > 1 ? (at.node.args[0]?.value ?? '') : '$remote_addr'),
				table: readGeo(at),
			};
		case 'split_clients':
			return { kind, at, source, table: readSplit(at) };
		default:
			return { kind, at };
	}
}

function holdsUnresolved(scope: Scope): boolean {
	if (scope.context === 'http' || scope.context === 'stream' || scope.context === 'server')
		if (scope.unresolved.length > 0) return true;
	if (scope.context !== 'main' && scope.context !== 'http' && scope.context !== 'stream') return false;
	return scope.directives.some((placed) => placed.body !== undefined && holdsUnresolved(placed.body));
}
