import type { PlacedDirective } from '../config/model.ts';
import { isKnownDirective } from '../reference/directives.ts';
import { isThirdPartyDirective } from '../reference/thirdParty.ts';

/** What becomes of a directive in the sandbox. A directive that nothing is said about stays as it is. */
export interface Treatment {
	/**
	 * `private`: it names a place that the sandbox has its own of. `granted`: it lets in only some, and the sandbox's client is let in.
	 * `stripped`: it would run code, write, or connect outward. `lacking`: this nginx has no module for it.
	 */
	readonly kind: 'private' | 'granted' | 'stripped' | 'lacking';
	/** One clause for a person. */
	readonly why: string;
	/** True when what nginx does with a handshake may depend on it: a route below is then not proved. */
	readonly decides: boolean;
}

const PRIVATE = (why: string): Treatment => ({ kind: 'private', why, decides: false });
const HARMLESS = (why: string): Treatment => ({ kind: 'stripped', why, decides: false });
const DECIDES = (why: string): Treatment => ({ kind: 'stripped', why, decides: true });
const GRANTED = (why: string): Treatment => ({ kind: 'granted', why, decides: false });

const LOGS = PRIVATE('logs go to the private folder');
const CREDENTIALS = HARMLESS('it reads keys or certificates of yours');
const OWN_PROCESS = PRIVATE('the sandbox decides how its nginx runs');
const FILTERED_ACCESS = GRANTED('access is taken as granted: the test has no credentials and comes from this machine');
const OUTWARD = DECIDES('it connects to other machines');
const WRITES = DECIDES('it writes files');

const NAMED: ReadonlyMap<string, Treatment> = new Map([
	...all(['access_log', 'error_log', 'open_log_file_cache'], LOGS),
	...all(['pid', 'lock_file', 'working_directory', 'daemon', 'master_process', 'user', 'env', 'use'], OWN_PROCESS),
	...all(['worker_priority', 'worker_cpu_affinity', 'worker_rlimit_core', 'worker_rlimit_nofile'], OWN_PROCESS),
	...all(
		['debug_points', 'debug_connection', 'google_perftools_profiles', 'state_path', 'quic_bpf', 'quic_host_key'],
		OWN_PROCESS,
	),
	...all(
		['client_body_temp_path', 'proxy_temp_path', 'fastcgi_temp_path', 'uwsgi_temp_path', 'scgi_temp_path'],
		PRIVATE('temporary files go to the private folder'),
	),
	...all(['proxy_protocol'], HARMLESS('the recording backends speak no PROXY protocol')),
	...all(['client_body_in_file_only'], HARMLESS('it writes request bodies to files')),
	...all(['dav_methods', 'dav_access', 'create_full_put_path'], WRITES),
	...all(
		['resolver', 'ssl_stapling', 'ssl_stapling_verify', 'ssl_stapling_responder', 'ssl_stapling_file'],
		HARMLESS(OUTWARD.why),
	),
	...all(['ssl_ocsp', 'ssl_ocsp_responder', 'ssl_ocsp_cache'], HARMLESS(OUTWARD.why)),
	...all(['mail', 'mgmt', 'zone_sync', 'zone_sync_server', 'tunnel_pass', 'pass', 'health_check'], OUTWARD),
	...all(
		['acme_issuer', 'acme_certificate', 'acme_shared_zone', 'oidc_provider', 'license_token', 'usage_report'],
		HARMLESS(OUTWARD.why),
	),
	...all(
		['auth_oidc', 'auth_jwt', 'auth_jwt_require', 'auth_jwt_key_file', 'auth_jwt_key_request', 'auth_require'],
		FILTERED_ACCESS,
	),
	...all(['auth_basic', 'auth_basic_user_file', 'auth_request', 'auth_delay', 'allow', 'deny', 'satisfy'], FILTERED_ACCESS),
	...all(
		['ssl_verify_client', 'ssl_client_certificate', 'ssl_trusted_certificate', 'ssl_crl', 'ssl_verify_depth'],
		FILTERED_ACCESS,
	),
	...all(
		['ssl_dhparam', 'ssl_password_file', 'ssl_session_ticket_key', 'ssl_engine', 'ssl_conf_command', 'ssl_key_log'],
		CREDENTIALS,
	),
	...all(['ssl_ech_file', 'ssl_object_cache'], CREDENTIALS),
	...all(['auth_request_set', 'keyval', 'keyval_zone', 'state'], DECIDES('what it depends on is not in the sandbox')),
	...all(
		['geoip_country', 'geoip_city', 'geoip_org', 'geoip_proxy', 'geoip_proxy_recursive'],
		DECIDES('its database is not read'),
	),
	...all(['xslt_stylesheet', 'xml_entities', 'perl_modules', 'perl_require', 'perl', 'perl_set'], DECIDES('it runs code')),
]);

const CODE = DECIDES('it runs code');
const FAMILIES: readonly (readonly [RegExp, Treatment])[] = [
	[/_by_(?:lua|njs|php|perl|js|wasm)(?:_block|_file)?$|^(?:js|lua|njs)_/, CODE],
	[/^(?:proxy|fastcgi|uwsgi|scgi)_store(?:_access)?$/, HARMLESS(WRITES.why)],
	[/^(?:proxy|fastcgi|uwsgi|scgi|grpc|memcached|tunnel)_bind(?:_dynamic)?$/, HARMLESS('the backends are on this machine')],
	[/^(?:proxy|uwsgi|grpc|zone_sync)_ssl(?:_|$)/, HARMLESS('the sandbox speaks to its backends without TLS')],
	[/^otel_|^opentracing|^zipkin|^jaeger|^datadog/, HARMLESS(OUTWARD.why)],
	[/_(?:file|crl|dhparam|key_log)$/, CREDENTIALS],
];

/** On what else than its name the treatment of a directive depends. */
export interface Circumstances {
	/** This nginx was built with modules that are not its own: a directive that we do not know could do anything. */
	readonly isForeign: boolean;
	/** Directives that this nginx has turned out not to know. */
	readonly lacking: ReadonlySet<string>;
	/** The configuration is one file of a larger one. */
	readonly isFragment: boolean;
	/** Zones that the configuration itself defines. */
	readonly zones: ReadonlySet<string>;
}

/** What becomes of a directive; undefined for one that stays, or that is rewritten where it stands. */
export function treatmentOf(placed: PlacedDirective, circumstances: Circumstances): Treatment | undefined {
	const { node, scope } = placed;
	const name = node.name.value;
	// Whom nobody may be, the sandbox is not either.
	if (name === 'deny' && !scope.byName.has('allow')) return undefined;
	// A name there is looked up when nginx starts (src/http/modules/ngx_http_realip_module.c).
	if (name === 'set_real_ip_from' && !/^(?:[\d./]+|[\da-f:./]+|unix:)$/i.test(node.args[0]?.value ?? ''))
		return HARMLESS('its name would be looked up');
	if (circumstances.isForeign && !isKnownDirective(name)) return DECIDES('it is not one of nginx’s own directives');
	const own = ofName(name);
	if (own?.decides === true && /^more_set_/.test(name) && !HANDSHAKE.test(node.args.map(({ value }) => value).join(' ')))
		return { ...own, decides: false };
	if (own !== undefined) return own;
	if (circumstances.lacking.has(name))
		return { kind: 'lacking', why: 'this nginx has no module for it', decides: !WITHOUT_SAY.test(name) };
	const zone = circumstances.isFragment ? zoneOf(placed) : undefined;
	if (zone !== undefined && !circumstances.zones.has(zone)) return HARMLESS('its zone stands in another file');
	return undefined;
}

/** Headers that a handshake stands or falls with. */
const HANDSHAKE = /upgrade|connection|sec-websocket/i;

/** Directives that say nothing about what becomes of a handshake. */
const WITHOUT_SAY = /^(?:gzip|brotli|more_|image_filter|sub_filter|http2|http3|quic|ssl|upstream_conf|status|stub)/;

/** The zone in which a directive counts or keeps; undefined for one that uses none. */
function zoneOf({ node }: PlacedDirective): string | undefined {
	const [first] = node.args;
	if (/^(?:limit_conn|(?:proxy|fastcgi|uwsgi|scgi)_cache)$/.test(node.name.value))
		return first?.value === 'off' ? undefined : first?.value;
	if (node.name.value !== 'limit_req') return undefined;
	return node.args.map(({ value }) => /^zone=(.+)/.exec(value)?.[1]).find((zone) => zone !== undefined);
}

/** What becomes of a directive because of its name alone. */
function ofName(name: string): Treatment | undefined {
	const named = NAMED.get(name) ?? FAMILIES.find(([family]) => family.test(name))?.[1];
	if (named !== undefined) return named;
	if (!isKnownDirective(name) && isThirdPartyDirective(name)) return DECIDES('its module is not one of nginx’s own');
	return undefined;
}

function all(names: readonly string[], treatment: Treatment): readonly (readonly [string, Treatment])[] {
	return names.map((name) => [name, treatment] as const);
}

/** True for what only prepares code that another directive runs. */
export function isPreparation(name: string): boolean {
	return /^(?:lua_|js_(?:import|include|path|engine|fetch|shared|preload|context|periodic)|perl_modules|perl_require|init_|exit_worker|log_by|js_load|mail$|health_check)/.test(
		name,
	);
}
