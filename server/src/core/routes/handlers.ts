/** Directives that hand a request to a backend (semantics §0.1 item 2, BK6). */
export const HANDLERS: readonly string[] = [
	'proxy_pass',
	'uwsgi_pass',
	'scgi_pass',
	'fastcgi_pass',
	'grpc_pass',
	'memcached_pass',
];
