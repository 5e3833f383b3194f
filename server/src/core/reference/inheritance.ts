/**
 * How a directive comes down from an outer level to an inner one (semantics §2).
 * - `nearest`: the nearest level that sets it wins, on its own (IN4: ngx_conf_merge_*).
 * - `list`: all lines of a level together; a level with one line of its own inherits none (IN1, IN5).
 * - `handler`: not inherited, save into the nameless `if` and into `limit_except` (IN6, IN8, IN10).
 * - `own`: never inherited; it works on its own level only (rewrite module, try_files).
 */
export type Inheritance = 'nearest' | 'list' | 'handler' | 'own';

/** Lists that every module that passes requests on has under its own name: `proxy_hide_header`, `uwsgi_hide_header` … */
const LISTS_OF_PASSING_MODULES: readonly string[] = ['proxy', 'uwsgi', 'scgi', 'fastcgi', 'grpc', 'memcached'].flatMap((module) =>
	[
		'hide_header',
		'pass_header',
		'ignore_headers',
		'next_upstream',
		'cache_bypass',
		'no_cache',
		'cache_valid',
		'cache_use_stale',
		'cache_methods',
		'ssl_conf_command',
		'ssl_protocols',
	].map((name) => `${module}_${name}`),
);

/** Directives of which several lines may stand on a level: those that are no value of their own in the reference (DU2). */
const LISTS: readonly string[] = [
	...LISTS_OF_PASSING_MODULES,
	'proxy_set_header',
	'proxy_redirect',
	'proxy_cookie_domain',
	'proxy_cookie_path',
	'proxy_cookie_flags',
	'uwsgi_param',
	'scgi_param',
	'fastcgi_param',
	'grpc_set_header',
	'add_header',
	'add_trailer',
	'early_hints',
	'limit_conn',
	'limit_req',
	'auth_request_set',
	'error_page',
	'access_log',
	'error_log',
	'mirror',
	'index',
	'valid_referers',
	'set_real_ip_from',
	'sub_filter',
	'dav_methods',
	'gzip_types',
	'gzip_proxied',
	'ssl_certificate',
	'ssl_certificate_key',
	'ssl_conf_command',
	'ssl_protocols',
];

const HANDLERS: readonly string[] = [
	'proxy_pass',
	'uwsgi_pass',
	'scgi_pass',
	'fastcgi_pass',
	'grpc_pass',
	'memcached_pass',
	'tunnel_pass',
	'stub_status',
	'empty_gif',
	'perl',
	'js_content',
	'content_by_lua_block',
	'content_by_lua_file',
	'content_by_lua',
	'echo',
	'flv',
	'mp4',
	'f4f',
	'hls',
	'api',
];

const OWN: readonly string[] = [
	'return',
	'rewrite',
	'set',
	'if',
	'break',
	'try_files',
	'limit_except',
	'location',
	'server',
	'listen',
	'server_name',
	'include',
];

const TABLE: ReadonlyMap<string, Inheritance> = new Map<string, Inheritance>([
	...LISTS.map((name): [string, Inheritance] => [name, 'list']),
	...HANDLERS.map((name): [string, Inheritance] => [name, 'handler']),
	...OWN.map((name): [string, Inheritance] => [name, 'own']),
]);

/** How a directive of this name is inherited. Every directive that the table does not know is a plain value: the nearest level wins. */
export function inheritanceOf(name: string): Inheritance {
	return TABLE.get(name) ?? 'nearest';
}

const FAMILIES: readonly (readonly string[])[] = [
	['allow', 'deny'],
	['root', 'alias'],
];

/**
 * Directives that count as one together: a level that sets one of them inherits none of the others. `allow` and `deny` are one list
 * (IN5), `root` and `alias` one value (src/http/ngx_http_core_module.c, ngx_http_core_merge_loc_conf).
 */
export function listFamily(name: string): readonly string[] {
	return FAMILIES.find((family) => family.includes(name)) ?? [name];
}
