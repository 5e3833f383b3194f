import { readMap } from '../../config/maps.ts';
import type { PlacedDirective, Scope } from '../../config/model.ts';
import type { Route } from '../../routes/route.ts';
import { headerNameOf } from '../forwarding.ts';
import type { Cure, Edit } from '../rule.ts';
import { insertBlockAtEnd, insertBlockBefore, replaceArgument } from './editing.ts';
import { enclosing } from './mapBlock.ts';

/** Lets nothing but `websocket` through in the Upgrade header: a map, and its variable in the line that sends the header (SE3). */
export function allowListCure(route: Route): Cure | undefined {
	const lines = route.handshake.upstream?.headerSources.get('upgrade') ?? [];
	const [line] = lines;
	if (line === undefined || lines.length !== 1 || headerNameOf(line) !== 'upgrade') return undefined;
	const http = enclosing(route.location, 'http');
	if (http === undefined || line.node.name.value !== 'proxy_set_header') return undefined;
	const known = allowLists(http)[0];
	const name = known === undefined ? freeName(http) : known.node.args[1]?.value;
	if (name === undefined) return undefined;
	const value = replaceArgument(line, 1, name);
	const map = known === undefined ? insertAllowList(http, name) : undefined;
	if (value === undefined || (known === undefined && map === undefined)) return undefined;
	return {
		title: 'Let nothing but websocket through',
		preferred: true,
		edits: [...(map === undefined ? [] : [map]), value],
	};
}

function insertAllowList(http: Scope, name: string): Edit | undefined {
	const lines = [`map $http_upgrade ${name} {`, "\tdefault         '';", '\t~*^websocket$   websocket;', '}'];
	const [server] = http.byName.get('server') ?? [];
	const anchor = server !== undefined && server.file === http.opener?.file ? server : server?.via[http.opener?.via.length ?? 0];
	return anchor === undefined ? insertBlockAtEnd(http, lines) : insertBlockBefore(anchor, lines);
}

/** Maps that are such a list already. */
function allowLists(http: Scope): readonly PlacedDirective[] {
	return (http.byName.get('map') ?? []).filter((placed) => {
		if (placed.body === undefined || !/^\$\{?http_upgrade\}?$/i.test(placed.node.args[0]?.value ?? '')) return false;
		const { lookUp } = readMap(placed);
		const [websocket, ...others] = ['websocket', '', 'h2c', 'foo'].map((key) => lookUp(key)?.template);
		return websocket?.toLowerCase() === 'websocket' && others.every((other) => other === '');
	});
}

function freeName(http: Scope): string | undefined {
	const defined = new Set(
		['map', 'geo', 'split_clients']
			.flatMap((name) => http.byName.get(name) ?? [])
			.map((placed) => placed.node.args.at(-1)?.value.toLowerCase()),
	);
	return ['$websocket_upgrade', '$ws_upgrade', '$only_websocket'].find((name) => !defined.has(name));
}
