import { type Listen, listensOf } from '../config/listen.ts';
import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import { lowerCase, toBytes } from '../text/bytes.ts';
import type { Ground } from './ground.ts';
import { HostTable } from './hostTable.ts';
import { Level } from './level.ts';
import type { CompilePattern, Pattern } from './pattern.ts';

/** One `server` of the http block. */
export interface Server {
	readonly scope: Scope;
	readonly level: Level;
	readonly listens: readonly Listen[];
	/** `$server_name`: the first name. */
	readonly name: string;
	readonly names: readonly ServerName[];
}

interface ServerName {
	readonly text: string;
	readonly pattern: Pattern | undefined;
	readonly at: PlacedDirective | undefined;
}

/** The servers of one address and port. */
export interface Address {
	readonly address: string;
	readonly port: number;
	readonly tls: boolean;
	/** Speaks HTTP/2 only, in the clear (semantics PR6). */
	readonly http2Only: boolean;
	/** An IPv6 wildcard that takes IPv4 connections as well (docs: listen, ipv6only). */
	readonly dual: boolean;
	readonly servers: readonly Server[];
	readonly fallback: Server;
	/** The listen line of each server. */
	readonly listens: ReadonlyMap<Server, Listen>;
	/** Names are looked at: a lone server's only when its last expression captures (src/http/ngx_http.c, ngx_http_optimize_servers). */
	readonly looksAtNames: boolean;
	readonly names: HostTable<NamedServer>;
	readonly regexes: readonly NamedServer[];
}

export interface NamedServer {
	readonly server: Server;
	readonly name: ServerName;
}

/** The http servers of a configuration, those of assumed scopes included, in order. */
export function serversOf(configuration: Configuration, ground: Ground): readonly Server[] {
	const servers: Server[] = [];
	const search = (scope: Scope): void => {
		if (scope.context === 'server') servers.push(readServer(scope, ground));
		else if (scope.context === 'main' || scope.context === 'http')
			for (const placed of scope.directives) if (placed.body !== undefined) search(placed.body);
	};
	search(configuration.root);
	return servers;
}

/** Reads one server; of its listens those for QUIC are left out, and a range of ports becomes one for each. */
export function readServer(scope: Scope, ground: Ground): Server {
	const names = (scope.byName.get('server_name') ?? []).flatMap((at) =>
		at.node.args.map((word) => readName(word.value, at, ground.pattern)),
	);
	if (names.length === 0) names.push({ text: '', pattern: undefined, at: undefined });
	const first = names[0]?.text ?? '';
	return {
		scope,
		level: new Level(scope, 'server', undefined, ground),
		listens: listensOf(scope)
			.filter((listen) => !listen.quic)
			.flatMap(spread),
		name: first.startsWith('.') ? first.slice(1) : first,
		names,
	};
}

/** `listen 8000-8010` is one listen for each port (docs: ngx_http_core_module, since 1.15.10). */
function spread(listen: Listen): readonly Listen[] {
	const last = /(\d+)-(\d+)$/.exec(listen.at?.node.args[0]?.value ?? '')?.[2];
	const count = last === undefined ? 0 : Math.min(Number(last) - listen.port, 65_535);
	if (count <= 0) return [listen];
	return Array.from({ length: count + 1 }, (_, offset) => ({ ...listen, port: listen.port + offset }));
}

function readName(value: string, at: PlacedDirective, compile: CompilePattern): ServerName {
	if (!value.startsWith('~')) return { text: lowerCase(toBytes(value)), pattern: undefined, at };
	const expression = value.slice(1);
	// An expression with a capital letter is compiled caseless (src/http/ngx_http_core_module.c, ngx_http_core_server_name).
	return { text: toBytes(value), pattern: compile(expression, /[A-Z]/.test(expression)), at };
}

/** Groups the servers by the addresses they listen on. */
export function addressesOf(servers: readonly Server[], ground: Ground): readonly Address[] {
	const groups = new Map<string, { listen: Listen; members: Map<Server, Listen> }>();
	for (const server of servers)
		for (const listen of server.listens) {
			const key = `${canonicalAddress(listen.address)} ${listen.port}`;
			const group = groups.get(key) ?? { listen, members: new Map<Server, Listen>() };
			groups.set(key, group);
			if (!group.members.has(server)) group.members.set(server, listen);
		}
	return [...groups.values()]
		.map(({ listen, members }) => readAddress(listen, members, ground))
		.filter((one) => one !== undefined);
}

function readAddress(first: Listen, members: ReadonlyMap<Server, Listen>, ground: Ground): Address | undefined {
	const servers = [...members.keys()];
	const fallback = servers.find((server) => members.get(server)?.defaultServer) ?? servers[0];
	if (fallback === undefined) return undefined;
	const listens = [...members.values()];
	const tls = listens.some((listen) => listen.tls);
	const names = new HostTable<NamedServer>();
	const regexes: NamedServer[] = [];
	for (const server of servers)
		for (const name of server.names)
			if (name.pattern !== undefined) regexes.push({ server, name });
			else names.add(name.text, { server, name });
	return {
		address: canonicalAddress(first.address),
		port: first.port,
		tls,
		dual: listens.some((listen) => listen.dual),
		http2Only: !tls && listens.some((listen) => listen.http2) && !ground.traits.detectsHttp2,
		servers,
		fallback,
		listens: members,
		looksAtNames: servers.length > 1 || (regexes.at(-1)?.name.pattern?.groups ?? 0) > 0,
		names,
		regexes,
	};
}

/** `*` for every IPv4 wildcard, `[::1]` in short form, `127.0.0.1` for `localhost`. */
export function canonicalAddress(address: string): string {
	const lower = address.startsWith('unix:') ? address : address.toLowerCase();
	if (lower === '0.0.0.0' || lower === '*') return '*';
	if (lower === 'localhost') return '127.0.0.1';
	if (lower.startsWith('[')) return shortIpv6(lower);
	return lower;
}

function shortIpv6(literal: string): string {
	if (/^\[(?:0{1,4}:){7}0{0,3}1\]$/.test(literal) || /^\[(?:0{0,4}:)*:0{0,3}1\]$/.test(literal)) return '[::1]';
	if (/^\[[0:]+\]$/.test(literal)) return '[::]';
	return literal;
}

/** Splits `address:port`, `[::1]:port` or `unix:/path`; undefined when it is none. */
export function splitListen(listen: string): { readonly address: string; readonly port: number } | undefined {
	if (listen.startsWith('unix:')) return { address: listen, port: 0 };
	const found = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(listen);
	if (found === null) return undefined;
	return { address: canonicalAddress(found[1] || '*'), port: Number(found[2]) };
}

/** The address whose servers take a connection to `address:port`: the very one, else the wildcard of its family. */
export function findAddress(addresses: readonly Address[], address: string, port: number): Address | undefined {
	const wildcard = address.startsWith('[') ? '[::]' : '*';
	const exact = addresses.find((one) => one.address === address && one.port === port);
	if (exact !== undefined || address.startsWith('unix:')) return exact;
	return (
		addresses.find((one) => one.address === wildcard && one.port === port) ??
		addresses.find((one) => one.dual && one.address === '[::]' && one.port === port)
	);
}

/**
 * The server that a host name selects: exact, longest leading wildcard, longest trailing wildcard, first regex; undefined for the default
 * (docs: server_names; src/http/ngx_http_request.c, ngx_http_find_virtual_server). `matches` tries a regex and keeps its captures.
 */
export function findServer(
	address: Address,
	host: string,
	matches: (pattern: Pattern, host: string) => boolean,
): NamedServer | undefined {
	if (!address.looksAtNames) return undefined;
	const named = address.names.find(host);
	if (named !== undefined) return named;
	return address.regexes.find(({ name }) => name.pattern !== undefined && matches(name.pattern, host));
}
