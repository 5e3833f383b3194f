import type { PlacedDirective, Scope } from '../../config/model.ts';
import type { VariableTable } from '../../config/variables.ts';
import type { Route } from '../../routes/route.ts';
import { headerNameOf } from '../forwarding.ts';
import type { Cure, Edit } from '../rule.ts';
import { insertBlockAtEnd, insertBlockBefore, replaceArgument } from './editing.ts';
import { blockInFile } from './mapBlock.ts';
import { freeName, mapVariable, upgradeMapsOf } from './upgradeMaps.ts';

/** Lets nothing but `websocket` through in the Upgrade header: a map, and its variable in the line that sends the header (SE3). */
export function allowListCure(route: Route, variables: VariableTable): Cure | undefined {
	const lines = route.handshake.upstream?.headerSources.get('upgrade') ?? [];
	const [line] = lines;
	if (line === undefined || lines.length !== 1 || headerNameOf(line) !== 'upgrade') return undefined;
	const http = blockInFile(route.location, 'http');
	if (http === undefined || line.node.name.value !== 'proxy_set_header') return undefined;
	const known = allowLists(http, variables)[0];
	const free = known === undefined ? freeName(['websocket_upgrade', 'ws_upgrade', 'only_websocket'], variables) : undefined;
	const name = known === undefined ? free && `$${free}` : mapVariable(known);
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
function allowLists(http: Scope, variables: VariableTable): readonly PlacedDirective[] {
	const { maps, upgradeTo } = upgradeMapsOf(http, variables);
	return maps.filter((map) => {
		const [websocket, ...others] = ['websocket', '', 'h2c', 'foo'].map((key) => upgradeTo(map, key));
		return websocket?.toLowerCase() === 'websocket' && others.every((other) => other === '');
	});
}

/** What the Upgrade header of a route shall be: the client's own, through the list that other lines of the configuration send it through. */
export function upgradeValue(scope: Scope, variables: VariableTable): string {
	const http = blockInFile(scope, 'http');
	const used = new Set(
		variables.uses
			.filter(({ at, argument }) => argument === 1 && at.node.name.value === 'proxy_set_header' && headerNameOf(at) === 'upgrade')
			.map(({ name }) => `$${name}`),
	);
	const list = http && allowLists(http, variables).find((map) => used.has(mapVariable(map).toLowerCase()));
	return list === undefined ? '$http_upgrade' : mapVariable(list);
}
