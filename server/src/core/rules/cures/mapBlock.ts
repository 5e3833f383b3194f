import { compileMap } from '../../config/maps.ts';
import type { Configuration, PlacedDirective, Scope } from '../../config/model.ts';
import type { Edit } from '../rule.ts';
import { insertBlockAtEnd, insertBlockBefore, ownDirectives } from './editing.ts';

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
export function connectionValue(configuration: Configuration, scope: Scope): ConnectionValue {
	const http = enclosing(scope, 'http');
	const known = http && equivalentMaps(http)[0];
	if (known !== undefined) return { text: variableOf(known), edits: [] };
	const name = http === undefined ? undefined : freeName(configuration);
	const edit = http === undefined || name === undefined ? undefined : insertMap(http, name);
	return edit === undefined || name === undefined ? { text: '"upgrade"', edits: [] } : { text: `$${name}`, edits: [edit] };
}

/** The edit that puts the map that gives `$name` into an http block (MP1: order and place in it do not matter). */
export function insertMap(http: Scope, name: string): Edit | undefined {
	const lines = [`map $http_upgrade $${name} {`, '\tdefault upgrade;', "\t''      '';", '}'];
	const own = ownDirectives(http);
	const anchor =
		own.find((placed) => placed.node.name.value === 'server') ??
		own.find(
			(placed) =>
				placed.node.name.value === 'include' &&
				http.directives.some((other) => other.node.name.value === 'server' && other.via.at(-1) === placed),
		) ??
		own.find((placed) => placed.node.name.value === 'upstream');
	return anchor === undefined ? insertBlockAtEnd(http, lines) : insertBlockBefore(anchor, lines);
}

/** The maps of an http block that turn a handshake's Upgrade into `upgrade` and an absent one into `close` or nothing. */
export function equivalentMaps(http: Scope): readonly PlacedDirective[] {
	const maps = (http.byName.get('map') ?? []).filter((placed) => placed.node.args[0]?.value.toLowerCase() === '$http_upgrade');
	const last = new Map(maps.map((placed) => [variableOf(placed).toLowerCase(), placed]));
	return [...last.values()].filter((placed) => {
		const map = compileMap(placed);
		const upgrade = map('websocket');
		const plain = map('');
		return upgrade?.toLowerCase() === 'upgrade' && (plain === '' || plain?.toLowerCase() === 'close');
	});
}

function variableOf(map: PlacedDirective): string {
	return map.node.args[1]?.value ?? '';
}

/** `connection_upgrade`, unless something else has that name. */
function freeName(configuration: Configuration): string | undefined {
	const taken = new Set<string>();
	for (const file of configuration.files.values())
		for (const match of file.tree.source.text.matchAll(/\$\{?(\w*connection_upgrade\w*)/gi))
			taken.add(match[1]?.toLowerCase() ?? '');
	const defined = new Set(
		[...(enclosedMaps(configuration.root) ?? [])].map((placed) => variableOf(placed).slice(1).toLowerCase()),
	);
	return ['connection_upgrade', 'websocket_connection', 'ws_connection_upgrade'].find(
		(name) => !defined.has(name) || !taken.has(name),
	);
}

function* enclosedMaps(scope: Scope): Iterable<PlacedDirective> {
	for (const placed of scope.directives) {
		if (placed.node.name.value === 'map' || placed.node.name.value === 'geo' || placed.node.name.value === 'split_clients')
			yield placed;
		if (placed.body?.context === 'http') yield* enclosedMaps(placed.body);
	}
}

/** The nearest enclosing scope of a context that stands in a file; undefined around fragments. */
export function enclosing(scope: Scope, context: Scope['context']): Scope | undefined {
	for (let outer: Scope | undefined = scope; outer !== undefined; outer = outer.parent)
		if (outer.context === context) return outer.assumed ? undefined : outer;
	return undefined;
}
