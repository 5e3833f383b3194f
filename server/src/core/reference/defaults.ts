import type { DirectiveDefinition } from './directives.ts';
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

/** Defaults that changed with a version and decide nothing here, beside those above (https://nginx.org/en/CHANGES; semantics §0.2). */
const CHANGED: ReadonlyMap<string, (version: NginxVersion) => string> = new Map<string, (version: NginxVersion) => string>([
	['keepalive', (version) => (isAtLeast(version, '1.29.7') ? '32 local' : '')],
	// The documentation still prints `Connection close` for every version.
	['proxy_set_header', (version) => `Host $proxy_host${isAtLeast(version, '1.29.7') ? '' : ', Connection close'}`],
	...['ssl_protocols', 'proxy_ssl_protocols', 'grpc_ssl_protocols', 'uwsgi_ssl_protocols'].map(
		(name): [string, (version: NginxVersion) => string] => [name, protocols],
	),
]);

/** TLS 1.3 came with 1.23.4, and 1.27.3 dropped the two oldest. */
function protocols(version: NginxVersion): string {
	if (isAtLeast(version, '1.27.3')) return 'TLSv1.2 TLSv1.3';
	return `TLSv1 TLSv1.1 TLSv1.2${isAtLeast(version, '1.23.4') ? ' TLSv1.3' : ''}`;
}

/** What a person is told of a directive's default in a version; empty when there is none. */
export function shownDefault(definition: DirectiveDefinition, version: NginxVersion): string {
	const { name, contexts, documentedDefault } = definition;
	const changed = CHANGED.get(name)?.(version);
	if (changed !== undefined) return changed;
	// The defaults above are those of http; the same name may mean something else in an upstream or a mail block.
	const isPlain = contexts.some((context) => context === 'http' || context === 'stream');
	return (isPlain ? defaultOf(name, version) : undefined) ?? documentedDefault;
}
