import type { PlacedDirective } from '../config/model.ts';
import type { VariableTable } from '../config/variables.ts';
import { variableReferences } from '../syntax/words.ts';

/**
 * Variables that another client fills otherwise: its query, cookies, credentials, address, and the headers that a handshake does not
 * bring by itself. Browsers send no Referer with a handshake (RT23).
 */
const CHOSEN =
	/^(?:arg_.*|args|is_args|query_string|request|request_uri|cookie_.*|http_(?!upgrade$|connection$|host$|referer$|sec_websocket_(?:key|version)$).*|remote_.*|binary_remote_addr|realip_.*|proxy_protocol_.*|proxy_add_x_forwarded_for|ssl_client_.*|geoip.*|jwt_.*|secure_link.*)$/;

/** True for a line in an `if` whose condition comes out otherwise for another client: what it answers is a matter of who asks. */
export function dependsOnClient(line: PlacedDirective, variables: VariableTable): boolean {
	const condition = line.scope.context === 'if' ? line.scope.opener : undefined;
	return condition !== undefined && reads(condition, variables, new Set());
}

function reads(line: PlacedDirective, variables: VariableTable, seen: Set<PlacedDirective>): boolean {
	if (seen.has(line)) return false;
	seen.add(line);
	const words = line.node.args.slice(line.node.name.value === 'set' ? 1 : 0);
	const names = words.flatMap((word) => variableReferences(word, line.file.tree.source).map(({ name }) => name));
	const around = line.node.name.value === 'set' && line.scope.context === 'if' ? line.scope.opener : undefined;
	if (around !== undefined && reads(around, variables, seen)) return true;
	return names.some(
		(name) => CHOSEN.test(name) || (variables.definitions.get(name) ?? []).some(({ at }) => reads(at, variables, seen)),
	);
}
