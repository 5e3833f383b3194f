import { effective } from '../config/effective.ts';
import { type Listen, listensOf } from '../config/listen.ts';
import type { Configuration, PlacedDirective, Scope } from '../config/model.ts';
import type { NginxVersion } from '../reference/versions.ts';
import { canonicalAddress } from '../request/serverTable.ts';
import { appendWord } from './cures/editing.ts';
import type { Cure } from './rule.ts';

/** One server behind a door, with the listen that brings it there. */
export interface Resident {
	readonly server: Scope;
	readonly listen: Listen;
}

/** One address and port over TCP, with the http servers that share it, in nginx's order (src/http/ngx_http.c, ngx_http_add_addresses). */
export interface Door {
	readonly port: number;
	/** `ssl` of one listen holds for all of the address. */
	readonly tls: boolean;
	readonly residents: readonly Resident[];
	/** The server that takes what no name fits. */
	readonly fallback: Scope | undefined;
}

/** Every door of the http servers that the configuration shows. */
export function doorsOf({ root }: Configuration): readonly Door[] {
	const doors = new Map<string, Resident[]>();
	for (const server of httpServers(root)) {
		const own = new Set<string>();
		for (const listen of listensOf(server)) {
			const key = `${canonicalAddress(listen.address)} ${listen.port}`;
			if (listen.quic || own.has(key)) continue;
			own.add(key);
			const residents = doors.get(key);
			if (residents === undefined) doors.set(key, [{ server, listen }]);
			else residents.push({ server, listen });
		}
	}
	return [...doors.values()].map((residents) => ({
		port: residents[0]?.listen.port ?? 0,
		tls: residents.some(({ listen }) => listen.tls),
		residents,
		fallback: (residents.find(({ listen }) => listen.defaultServer) ?? residents[0])?.server,
	}));
}

/** The certificate of a server behind a door whose port is one of TLS: it shows that `ssl` was forgotten there. */
export function unusedCertificate({ port, tls }: Door, server: Scope, version: NginxVersion): PlacedDirective | undefined {
	if (tls || (port !== 443 && port !== 8443)) return undefined;
	const certificate = effective(server, 'ssl_certificate', version);
	return certificate.level === 'own' || certificate.level === 'inherited' ? certificate.directives.at(-1) : undefined;
}

/** Lets a port speak TLS. */
export function withTls(line: PlacedDirective): Cure {
	return { title: 'Speak TLS on this port', preferred: true, changes: 'listen', edits: [appendWord(line, 'ssl')] };
}

function httpServers(scope: Scope): readonly Scope[] {
	if (scope.context === 'server') return [scope];
	if (scope.context !== 'main' && scope.context !== 'http') return [];
	return scope.directives.flatMap(({ body }) => (body === undefined ? [] : httpServers(body)));
}

/** One name of a server. */
export interface WrittenName {
	/** As written. */
	readonly text: string;
	readonly at: PlacedDirective;
	/** Zero-based. */
	readonly argument: number;
}

export function namesOf(server: Scope): readonly WrittenName[] {
	return (server.byName.get('server_name') ?? []).flatMap((at) =>
		at.node.args.map((word, argument) => ({ text: word.value, at, argument })),
	);
}
