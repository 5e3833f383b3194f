import type { PlacedDirective } from './model.ts';

/**
 * Directives whose arguments nginx reads for variables, and from which argument on (zero-based). Each was checked against nginx by an
 * undefined variable in that place (test/nginx/variableArguments.test.ts).
 */
const FROM: ReadonlyMap<string, number> = new Map(
	Object.entries({
		proxy_pass: 0,
		proxy_set_header: 1,
		proxy_set_body: 0,
		proxy_method: 0,
		proxy_bind: 0,
		proxy_cache: 0,
		proxy_cache_key: 0,
		proxy_cache_bypass: 0,
		proxy_no_cache: 0,
		proxy_redirect: 1,
		proxy_cookie_domain: 0,
		proxy_cookie_path: 0,
		proxy_ssl_name: 0,
		proxy_ssl_certificate: 0,
		proxy_ssl_certificate_key: 0,
		proxy_store: 0,
		uwsgi_pass: 0,
		uwsgi_param: 1,
		uwsgi_cache_key: 0,
		uwsgi_cache_bypass: 0,
		uwsgi_no_cache: 0,
		scgi_pass: 0,
		scgi_param: 1,
		scgi_cache_key: 0,
		fastcgi_pass: 0,
		fastcgi_param: 1,
		fastcgi_cache_key: 0,
		fastcgi_cache_bypass: 0,
		fastcgi_no_cache: 0,
		grpc_pass: 0,
		grpc_set_header: 1,
		set: 1,
		return: 0,
		rewrite: 1,
		if: 0,
		map: 0,
		split_clients: 0,
		add_header: 1,
		add_trailer: 1,
		root: 0,
		alias: 0,
		try_files: 0,
		error_page: 1,
		access_log: 0,
		log_format: 1,
		index: 0,
		auth_basic: 0,
		auth_basic_user_file: 0,
		auth_request_set: 1,
		limit_rate: 0,
		limit_rate_after: 0,
		limit_req_zone: 0,
		limit_conn_zone: 0,
		hash: 0,
		sub_filter: 0,
		expires: 0,
		charset: 0,
		ssl_certificate: 0,
		ssl_certificate_key: 0,
		secure_link: 0,
		secure_link_md5: 0,
	}),
);

/** True when nginx looks for variables in this argument (zero-based) of a directive. */
export function takesVariables(placed: PlacedDirective, argument: number): boolean {
	const { name, args } = placed.node;
	const { context } = placed.scope;
	if (context === 'map' || context === 'stream map') return argument === 0 && name.value !== 'include';
	if (
		context === 'geo' ||
		context === 'split_clients' ||
		context === 'types' ||
		context === 'stream geo' ||
		context === 'stream split_clients' ||
		context === 'other'
	)
		return false;
	const from = FROM.get(name.value);
	if (from === undefined || argument < from) return false;
	switch (name.value) {
		case 'map':
		case 'split_clients':
			return argument === 0;
		case 'set':
		case 'proxy_set_header':
		case 'grpc_set_header':
		case 'add_header':
		case 'add_trailer':
		case 'auth_request_set':
			return argument === 1;
		case 'rewrite':
			return argument === 1;
		case 'return':
			return true;
		case 'limit_req_zone':
		case 'limit_conn_zone':
		case 'hash':
			return argument === 0;
		case 'uwsgi_param':
		case 'scgi_param':
		case 'fastcgi_param':
			return argument === 1;
		case 'error_page':
			return argument === args.length - 1;
		case 'access_log':
			return argument === 0 || (args[argument]?.value.startsWith('if=') ?? false);
		case 'if':
			return !isExpression(args, argument);
		default:
			return true;
	}
}

/** The right side of `~`, `~*`, `!~`, `!~*` in an `if` is an expression: `$` ends it. */
function isExpression(args: PlacedDirective['node']['args'], argument: number): boolean {
	const before = args[argument - 1]?.value;
	return before !== undefined && /^!?~\*?$/.test(before);
}
