import { isAtLeast, type NginxVersion } from './versions.ts';

/** nginx's own values for directives that a request depends on (docs of each module; semantics §0.2, §3). */
const DEFAULTS: ReadonlyMap<string, string | ((version: NginxVersion) => string | undefined)> = new Map<
	string,
	string | ((version: NginxVersion) => string | undefined)
>([
	['proxy_http_version', (version) => (isAtLeast(version, '1.29.7') ? '1.1' : '1.0')],
	['proxy_read_timeout', '60s'],
	['proxy_send_timeout', '60s'],
	['proxy_connect_timeout', '60s'],
	['uwsgi_read_timeout', '60s'],
	['scgi_read_timeout', '60s'],
	['fastcgi_read_timeout', '60s'],
	['grpc_read_timeout', '60s'],
	['proxy_timeout', '10m'],
	['send_timeout', '60s'],
	['proxy_pass_request_headers', 'on'],
	['uwsgi_pass_request_headers', 'on'],
	['scgi_pass_request_headers', 'on'],
	['proxy_buffering', 'on'],
	['proxy_ssl_server_name', 'off'],
	['merge_slashes', 'on'],
	['absolute_redirect', 'on'],
	['port_in_redirect', 'on'],
	['server_name_in_redirect', 'off'],
	['satisfy', 'all'],
	['auth_basic', 'off'],
	['auth_request', 'off'],
	['proxy_cache', 'off'],
	['proxy_intercept_errors', 'off'],
	['recursive_error_pages', 'off'],
	['log_subrequest', 'off'],
	['underscores_in_headers', 'off'],
	['ignore_invalid_headers', 'on'],
	['server_tokens', 'on'],
	['root', 'html'],
	['index', 'index.html'],
	['uninitialized_variable_warn', 'on'],
]);

/** The value in force when nothing sets the directive; undefined when there is none, or none that is modelled. */
export function defaultOf(name: string, version: NginxVersion): string | undefined {
	const value = DEFAULTS.get(name);
	return typeof value === 'function' ? value(version) : value;
}
