/**
 * How a directive comes down from an outer level to an inner one (semantics §2).
 * - `nearest`: the nearest level that sets it wins, on its own (IN4: ngx_conf_merge_*).
 * - `list`: all lines of a level together; a level with one line of its own inherits none (IN1, IN5).
 * - `handler`: not inherited, save into the nameless `if` and into `limit_except` (IN6, IN8, IN10).
 * - `own`: never inherited; it works on its own level only (rewrite module, try_files).
 */
export type Inheritance = 'nearest' | 'list' | 'handler' | 'own';

const LISTS: readonly string[] = [
	'proxy_set_header',
	'proxy_hide_header',
	'proxy_pass_header',
	'proxy_ignore_headers',
	'proxy_cache_bypass',
	'proxy_no_cache',
	'proxy_cache_valid',
	'proxy_redirect',
	'proxy_cookie_domain',
	'proxy_cookie_path',
	'proxy_cookie_flags',
	'proxy_bind',
	'uwsgi_param',
	'uwsgi_hide_header',
	'uwsgi_pass_header',
	'scgi_param',
	'scgi_hide_header',
	'scgi_pass_header',
	'fastcgi_param',
	'fastcgi_hide_header',
	'fastcgi_pass_header',
	'grpc_set_header',
	'grpc_hide_header',
	'grpc_pass_header',
	'add_header',
	'add_trailer',
	'limit_conn',
	'limit_req',
	'error_page',
	'access_log',
	'error_log',
	'mirror',
	'index',
	'valid_referers',
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

/** Directives that count as one list together: a level that sets one of them inherits none of the others (`allow` and `deny`, IN5). */
export function listFamily(name: string): readonly string[] {
	return name === 'allow' || name === 'deny' ? ['allow', 'deny'] : [name];
}
