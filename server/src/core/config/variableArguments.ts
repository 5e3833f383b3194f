import type { PlacedDirective } from './model.ts';

/** Which arguments (zero-based) are values with variables: all of them, the last, one, or one and all behind it. */
type Positions = 'all' | 'last' | 0 | 1 | '1+';

/**
 * Directives in whose arguments nginx looks for variables when it reads the configuration. Every line of the http side was found by
 * giving each argument of each directive an unknown variable (test/nginx/variables.test.ts); those of modules that Debian's package has
 * not, and of the stream side, are taken from the documentation.
 */
const POSITIONS: ReadonlyMap<string, Positions> = new Map(
	(
		[
			[
				'all',
				`early_hints index root try_files alias auth_basic auth_basic_user_file charset source_charset limit_rate limit_rate_after
				proxy_pass proxy_set_body proxy_method proxy_cache proxy_cache_key proxy_cache_bypass proxy_no_cache proxy_limit_rate
				proxy_store proxy_redirect proxy_cookie_domain proxy_cookie_path proxy_cookie_flags proxy_ssl_name proxy_ssl_certificate
				proxy_ssl_certificate_key uwsgi_pass uwsgi_cache uwsgi_cache_key uwsgi_cache_bypass uwsgi_no_cache uwsgi_limit_rate
				uwsgi_store uwsgi_ssl_name uwsgi_ssl_certificate uwsgi_ssl_certificate_key scgi_pass scgi_cache scgi_cache_key
				scgi_cache_bypass scgi_no_cache scgi_limit_rate scgi_store fastcgi_pass fastcgi_cache fastcgi_cache_key
				fastcgi_cache_bypass fastcgi_no_cache fastcgi_limit_rate fastcgi_store grpc_pass grpc_ssl_name grpc_ssl_certificate
				grpc_ssl_certificate_key secure_link secure_link_md5 sub_filter ssl_certificate ssl_certificate_key sticky http2_push
				proxy_upload_rate proxy_download_rate otel_trace otel_span_name mp4_limit_rate mp4_limit_rate_after tunnel_pass pass
				auth_jwt auth_jwt_require keyval health_check status_zone content_by_lua_file rewrite_by_lua_file access_by_lua_file`,
			],
			['last', 'error_page return expires'],
			[
				0,
				`access_log hash limit_req_zone limit_conn_zone map split_clients geo proxy_bind uwsgi_bind scgi_bind fastcgi_bind grpc_bind
				memcached_bind tunnel_bind`,
			],
			[
				1,
				`proxy_set_header grpc_set_header uwsgi_param scgi_param fastcgi_param add_header add_trailer set rewrite auth_request_set
				xslt_param xslt_string_param js_var otel_span_attr`,
			],
			['1+', 'log_format xslt_stylesheet image_filter'],
		] as const
	).flatMap(([positions, names]) => names.split(/\s+/).map((name): [string, Positions] => [name, positions])),
);

/** False for the many directives that take no variable in any argument. */
export function mayTakeVariables(placed: PlacedDirective): boolean {
	return mayUse(placed.node.name.value) || placed.scope.context === 'map' || placed.scope.context === 'stream map';
}

/** The same by the name alone, for a line that is no entry of a map. */
export function mayUse(name: string): boolean {
	return POSITIONS.has(name) || name === 'if';
}

/** True when nginx looks for variables in this argument (zero-based) of a directive. */
export function takesVariables(placed: PlacedDirective, argument: number): boolean {
	const { name, args } = placed.node;
	switch (placed.scope.context) {
		case 'map':
		case 'stream map':
			// The value of an entry; its key never (MP12).
			return argument === 0 && name.value !== 'include';
		case 'geo':
		case 'stream geo':
		case 'split_clients':
		case 'stream split_clients':
		case 'types':
		case 'other':
			return false;
		default:
	}
	const value = args[argument]?.value ?? '';
	if (name.value === 'if') return !isExpression(args, argument);
	// With one argument it is the variable that the block defines.
	if (name.value === 'geo' && args.length === 1) return false;
	if (name.value === 'access_log') return argument === 0 ? !value.startsWith('syslog:') : value.startsWith('if=');
	if (value.startsWith('~') && EXPRESSION_FIRST.test(name.value) && argument === 0) return false;
	const positions = POSITIONS.get(name.value);
	return (
		positions === argument ||
		positions === 'all' ||
		(positions === 'last' && argument === args.length - 1) ||
		(positions === '1+' && argument >= 1)
	);
}

/** Directives whose first argument is an expression when it starts with `~`: there `$` ends it. */
const EXPRESSION_FIRST = /^proxy_(?:redirect|cookie_(?:domain|path|flags))$/;

/** The right side of `~`, `~*`, `!~`, `!~*` in an `if` is an expression: `$` ends it. */
function isExpression(args: PlacedDirective['node']['args'], argument: number): boolean {
	const before = args[argument - 1]?.value;
	return before !== undefined && /^!?~\*?$/.test(before);
}
