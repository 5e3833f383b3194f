import { isAtLeast, parseVersion } from '../../src/core/reference/versions.ts';
import type { Command } from './commands.mts';

type Facts = Omit<Command, 'name'>;

/**
 * The first version with a directive (https://nginx.org/en/CHANGES), by name, or by name and context where older versions have it
 * elsewhere. Every difference between measured versions has to be explained here.
 */
const SINCE: Readonly<Record<string, string>> = {
	add_header_inherit: '1.29.3',
	add_trailer_inherit: '1.29.3',
	early_hints: '1.29.0',
	grpc_ssl_certificate_cache: '1.27.4',
	http2: '1.25.1',
	http3: '1.25.0',
	http3_hq: '1.25.0',
	http3_max_concurrent_streams: '1.25.0',
	http3_stream_buffer_size: '1.25.0',
	keepalive_min_timeout: '1.27.4',
	pass: '1.25.5',
	proxy_pass_trailers: '1.27.2',
	proxy_ssl_certificate_cache: '1.27.4',
	quic_active_connection_id_limit: '1.25.0',
	quic_bpf: '1.25.0',
	quic_gso: '1.25.0',
	quic_host_key: '1.25.0',
	quic_retry: '1.25.0',
	'resolver in upstream': '1.27.3',
	'resolver in stream upstream': '1.27.3',
	'resolver_timeout in upstream': '1.27.3',
	'resolver_timeout in stream upstream': '1.27.3',
	'server_name in stream server': '1.25.5',
	'server_names_hash_bucket_size in stream': '1.25.5',
	'server_names_hash_max_size in stream': '1.25.5',
	ssl_certificate_cache: '1.27.4',
	ssl_certificate_compression: '1.29.1',
	ssl_ech_file: '1.29.4',
	ssl_object_cache_inheritable: '1.27.4',
	'ssl_ocsp in stream': '1.27.2',
	'ssl_ocsp_cache in stream': '1.27.2',
	'ssl_ocsp_responder in stream': '1.27.2',
	'ssl_reject_handshake in stream': '1.25.5',
	'ssl_stapling in stream': '1.27.2',
	'ssl_stapling_file in stream': '1.27.2',
	'ssl_stapling_responder in stream': '1.27.2',
	'ssl_stapling_verify in stream': '1.27.2',
	sticky: '1.29.6',
	uwsgi_ssl_certificate_cache: '1.27.4',
};

/** Families of directives that are newer than every measured version. */
const SINCE_NEWER: readonly (readonly [RegExp, string])[] = [[/^tunnel_/, '1.31.0']];

/** The first version without a directive. */
const UNTIL: Readonly<Record<string, string>> = { ssl: '1.25.1' };

/** The first version in which a directive takes more than before. */
const CHANGED: Readonly<Record<string, string>> = { keepalive: '1.29.7', proxy_http_version: '1.29.4' };

/** The first version that takes a directive in a context; undefined when the oldest measured one does. `history`: oldest first. */
export function sinceOf(
	name: string,
	context: string,
	history: readonly (Facts | undefined)[],
	versions: readonly string[],
): string | undefined {
	if (history.length === 0) return SINCE_NEWER.find(([names]) => names.test(name))?.[1];
	const first = history.findIndex((facts) => facts !== undefined);
	if (first <= 0) return undefined;
	const since =
		SINCE[`${name} in ${context}`] ?? SINCE[`${name} in ${context.replace(/^(stream|mail) .*/, '$1')}`] ?? SINCE[name];
	return between(name, context, since, versions[first - 1], versions[first]);
}

/** The first version that does not take it any more. */
export function untilOf(name: string, history: readonly (Facts | undefined)[], versions: readonly string[]): string | undefined {
	const last = history.findLastIndex((facts) => facts !== undefined);
	return last === history.length - 1 ? undefined : between(name, 'any context', UNTIL[name], versions[last], versions[last + 1]);
}

/** What older versions took instead, and the first that does not. */
export function earlierOf(
	name: string,
	history: readonly (Facts | undefined)[],
	versions: readonly string[],
): { readonly before: string; readonly counts: readonly number[]; readonly words: readonly string[] | undefined } | undefined {
	const shape = (facts: Facts | undefined): string => JSON.stringify([facts?.counts, facts?.words, facts?.block]);
	const newest = history.at(-1);
	const last = history.findLastIndex((facts) => facts !== undefined && shape(facts) !== shape(newest));
	const facts = history[last];
	if (newest === undefined || facts === undefined) return undefined;
	const before = between(name, 'its arguments', CHANGED[name], versions[last], versions[last + 1]);
	return { before, counts: facts.counts, words: facts.words };
}

/** The version that the table has, which must lie after `older` and not after `newer`. */
function between(
	name: string,
	what: string,
	version: string | undefined,
	older: string | undefined,
	newer: string | undefined,
): string {
	const parsed = version === undefined ? undefined : parseVersion(version);
	if (version === undefined || parsed === undefined || older === undefined || newer === undefined)
		throw new Error(`${name} (${what}) changed between ${older} and ${newer}; history.mts does not say when.`);
	const after = parseVersion(older);
	const until = parseVersion(newer);
	if (after === undefined || until === undefined || isAtLeast(after, version) || !isAtLeast(until, version))
		throw new Error(`${name} (${what}) changed between ${older} and ${newer}; history.mts says ${version}.`);
	return version;
}
