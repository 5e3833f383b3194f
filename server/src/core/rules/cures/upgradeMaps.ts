import { readMap } from '../../config/maps.ts';
import type { PlacedDirective, Scope } from '../../config/model.ts';
import type { VariableTable } from '../../config/variables.ts';
import { templateParts } from '../../syntax/words.ts';
import { toBytes } from '../../text/bytes.ts';

/** The maps of an http block, and what their variables are for a value of the client's Upgrade header. */
export interface UpgradeMaps {
	/** The map of each variable that maps alone define, in the order of the file; of several for one name the last, which counts (MP8). */
	readonly maps: readonly PlacedDirective[];
	/** The value of a map's variable, maps behind maps followed (SE3); undefined when more than the Upgrade header decides it. */
	readonly upgradeTo: (map: PlacedDirective, upgrade: string) => string | undefined;
}

/** @param variables the configuration's: a name that `set` or a capture defines too is not the map's alone */
export function upgradeMapsOf(http: Scope, variables: VariableTable | undefined): UpgradeMaps {
	const byName = new Map<string, PlacedDirective>();
	for (const map of http.byName.get('map') ?? []) {
		const name = mapVariable(map).toLowerCase();
		const others = (variables?.definitions.get(name.slice(1)) ?? []).some(({ kind, side }) => side === 'http' && kind !== 'map');
		if (map.body !== undefined && name.startsWith('$') && !others) byName.set(name, map);
	}

	function upgradeTo(map: PlacedDirective, upgrade: string, depth = 0): string | undefined {
		if (depth > MOST_MAPS) return undefined;
		const { source, lookUp } = readMap(map);
		const key = evaluated(source, upgrade, depth);
		const entry = key === undefined ? undefined : lookUp(toBytes(key));
		return entry === undefined ? undefined : evaluated(entry.template, upgrade, depth);
	}

	function evaluated(template: string, upgrade: string, depth: number): string | undefined {
		let text = '';
		for (const part of templateParts(template)) {
			if (part.kind === 'literal') text += part.text;
			else if (part.kind !== 'variable') return undefined;
			else if (part.name.toLowerCase() === 'http_upgrade') text += upgrade;
			else {
				const map = byName.get(`$${part.name.toLowerCase()}`);
				const value = map && upgradeTo(map, upgrade, depth + 1);
				if (value === undefined) return undefined;
				text += value;
			}
		}
		return text;
	}

	return { maps: [...byName.values()], upgradeTo: (map, upgrade) => upgradeTo(map, upgrade) };
}

const MOST_MAPS = 8;

/** The variable that a map defines, with its `$`. */
export function mapVariable(map: PlacedDirective): string {
	return map.node.args[1]?.value ?? '';
}

/** The first of some names that nothing defines: no map, `set`, capture or module. */
export function freeName(names: readonly string[], variables: VariableTable): string | undefined {
	return names.find((name) => !variables.definitions.has(name));
}
