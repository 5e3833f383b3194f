import { enclosing } from '../../config/enclosing.ts';
import type { PlacedDirective, Scope } from '../../config/model.ts';
import type { VariableTable } from '../../config/variables.ts';
import type { Edit } from '../rule.ts';
import { insertBlockAtEnd, insertBlockBefore } from './editing.ts';
import { freeName, mapVariable, upgradeMapsOf } from './upgradeMaps.ts';

/** How a Connection line can ask for an upgrade only when the client does, and the edits that make it so. */
export interface ConnectionValue {
	/** As it stands in the file: `$connection_upgrade`, or `"upgrade"` where no map can be had. */
	readonly text: string;
	readonly edits: readonly Edit[];
}

/**
 * The value for `proxy_set_header Connection`: the variable of a map that exists and does it right under any name,
 * else a new map in the http block around `scope`, else the literal (semantics MP3, HD20: literal works, but on plain requests too).
 */
export function connectionValue(scope: Scope, variables: VariableTable): ConnectionValue {
	const http = blockInFile(scope, 'http');
	const known = http && nearest(equivalentMaps(http, variables), scope);
	if (known !== undefined) return { text: mapVariable(known), edits: [] };
	const name = http === undefined ? undefined : freeName(NAMES, variables);
	const edit = http === undefined || name === undefined ? undefined : insertMap(http, name);
	return edit === undefined || name === undefined ? { text: '"upgrade"', edits: [] } : { text: `$${name}`, edits: [edit] };
}

/** Of several maps that do: one of the same file, which is this site's own; else one under the usual name; else the first. */
function nearest(maps: readonly PlacedDirective[], scope: Scope): PlacedDirective | undefined {
	const isUsual = (map: PlacedDirective): boolean => mapVariable(map).toLowerCase() === `$${NAMES[0]}`;
	const own = maps.filter(({ file }) => file === scope.opener?.file);
	const among = own.length > 0 ? own : maps;
	return among.find(isUsual) ?? among[0];
}

/** The edit that puts the map that gives `$name` into an http block (MP1: order and place in it do not matter). */
export function insertMap(http: Scope, name: string): Edit | undefined {
	const lines = [`map $http_upgrade $${name} {`, '\tdefault upgrade;', "\t''      '';", '}'];
	const isOwn = (placed: PlacedDirective): boolean =>
		placed.file === http.opener?.file && placed.via.length === http.opener.via.length;
	const servers = http.byName.get('server') ?? [];
	const anchor =
		servers.find(isOwn) ?? servers[0]?.via[http.opener?.via.length ?? 0] ?? (http.byName.get('upstream') ?? []).find(isOwn);
	return anchor === undefined ? insertBlockAtEnd(http, lines) : insertBlockBefore(anchor, lines);
}

const NAMES: readonly string[] = ['connection_upgrade', 'websocket_connection', 'ws_connection_upgrade'];

/** The maps of an http block that turn a handshake's Upgrade into `upgrade` and an absent one into `close` or nothing. */
export function equivalentMaps(http: Scope, variables?: VariableTable): readonly PlacedDirective[] {
	const { maps, upgradeTo } = upgradeMapsOf(http, variables);
	return maps.filter((map) => {
		// A second `$` or braces make a name that no value can use.
		if (!/^\$\w+$/.test(map.node.args[1]?.value ?? '')) return false;
		// One that defines a header of the client again reads its own value.
		if (/^\$http_/i.test(mapVariable(map))) return false;
		const plain = upgradeTo(map, '')?.toLowerCase();
		return upgradeTo(map, 'websocket')?.toLowerCase() === 'upgrade' && (plain === '' || plain === 'close');
	});
}

/** The nearest enclosing scope of a context that stands in a file; undefined around fragments. */
export function blockInFile(scope: Scope, context: Scope['context']): Scope | undefined {
	const outer = enclosing(scope, context);
	return outer?.assumed ? undefined : outer;
}
