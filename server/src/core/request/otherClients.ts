import { distance } from 'fastest-levenshtein';
import type { OtherClients } from './prediction.ts';
import type { RequestState } from './state.ts';

/*
 * A rule asks whether a handshake fails, not whether that of one made-up client does: with another query, cookie, header or address it may
 * be taken (semantics §0.1: a value that depends on anything but the handshake itself is not known).
 */

/** Headers that every handshake has, and Referer and Content-Length, which none of a browser has (RT23). */
const OF_HANDSHAKE: ReadonlySet<string> = new Set([
	'upgrade',
	'connection',
	'sec_websocket_key',
	'sec_websocket_version',
	'referer',
	'content_length',
	'content_type',
	'transfer_encoding',
]);

/** What a misspelt variable was meant to be: it is empty for every client (HD15). */
const OFTEN_MISSPELT: readonly string[] = [
	'upgrade',
	'connection',
	'connection_upgrade',
	'host',
	'sec_websocket_key',
	'sec_websocket_version',
];

const QUERY: ReadonlySet<string> = new Set(['args', 'query_string', 'is_args']);
const PATH: ReadonlySet<string> = new Set(['uri', 'document_uri']);
const OF_CLIENT: ReadonlySet<string> = new Set([
	'remote_user',
	'remote_addr',
	'realip_remote_addr',
	'proxy_add_x_forwarded_for',
	'proxy_protocol_addr',
	'proxy_protocol_port',
	'ssl_client_verify',
	'ssl_early_data',
]);

/** Addresses, host names, paths and request lines (lower case): whatever a client makes of them, none is the one word "websocket" or "upgrade". */
export const NEVER_A_WORD: ReadonlySet<string> = new Set([
	'host',
	'http_host',
	'remote_addr',
	'realip_remote_addr',
	'uri',
	'document_uri',
	'request_uri',
	'request',
	'proxy_add_x_forwarded_for',
]);

/** Why another client's handshake to the same place may have another value in this variable (lower case); undefined when it may not. */
export function choiceOf(state: RequestState, name: string, others: OtherClients): string | undefined {
	if (name.startsWith('http_')) {
		const header = name.slice(5);
		if (header === 'host') return hostIsOpen(state) ? chosen(name) : undefined;
		return OF_HANDSHAKE.has(header) || isMisspelt(header) ? undefined : chosen(name);
	}
	if (name.startsWith('arg_') || name.startsWith('cookie_') || OF_CLIENT.has(name)) return chosen(name);
	if (QUERY.has(name)) return state.argsBy.length === 0 ? chosen(name) : undefined;
	if (name === 'request_uri' || name === 'request') return chosen(name);
	if (PATH.has(name)) return others.path ? chosen(name) : undefined;
	if (name === 'host') return hostIsOpen(state) ? chosen(name) : undefined;
	return undefined;
}

function chosen(name: string): string {
	return `$${name} is what the client makes it`;
}

/** A server with one plain name is asked for by that name. */
function hostIsOpen({ server }: RequestState): boolean {
	const [first, second] = server.names;
	return second !== undefined || first === undefined || first.pattern !== undefined || !/^[^*.][^*]*[^*.]$/.test(first.text);
}

function isMisspelt(header: string): boolean {
	return (
		header === 'connection_upgrade' ||
		OFTEN_MISSPELT.some((meant) => meant !== header && distance(header, meant) <= (meant.length > 5 ? 2 : 1))
	);
}
