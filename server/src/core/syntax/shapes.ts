/** One way in which a directive may be written: how many arguments it takes and whether a block follows (semantics §12.3). */
export interface DirectiveShape {
	readonly min: number;
	/** `Infinity` when nginx sets no limit. */
	readonly max: number;
	readonly block: boolean;
}

/** The ways in which a directive of this name may be written in any context; undefined for a name that is no directive. */
export type DirectiveShapes = (name: string) => readonly DirectiveShape[] | undefined;

const MANY = Number.POSITIVE_INFINITY;

/** The directives that stand next to each other in nearly every file: enough to notice a forgotten `;` without the full reference. */
const COMMON: ReadonlyMap<string, readonly DirectiveShape[]> = new Map(
	(
		[
			['access_log', 1, MANY],
			['add_header', 2, 3],
			['alias', 1, 1],
			['allow', 1, 1],
			['auth_basic', 1, 1],
			['auth_basic_user_file', 1, 1],
			['charset', 1, 1],
			['client_max_body_size', 1, 1],
			['default_type', 1, 1],
			['deny', 1, 1],
			['error_log', 1, MANY],
			['error_page', 2, MANY],
			['expires', 1, 2],
			['fastcgi_param', 2, 3],
			['fastcgi_pass', 1, 1],
			['gzip', 1, 1],
			['gzip_types', 1, MANY],
			['include', 1, 1],
			['index', 1, MANY],
			['internal', 0, 0],
			['ip_hash', 0, 0],
			['keepalive', 1, 2],
			['keepalive_timeout', 1, 2],
			['least_conn', 0, 0],
			['listen', 1, MANY],
			['log_format', 2, MANY],
			['pid', 1, 1],
			['proxy_buffering', 1, 1],
			['proxy_cache', 1, 1],
			['proxy_cache_bypass', 1, MANY],
			['proxy_connect_timeout', 1, 1],
			['proxy_hide_header', 1, 1],
			['proxy_http_version', 1, 1],
			['proxy_next_upstream', 1, MANY],
			['proxy_no_cache', 1, MANY],
			['proxy_pass', 1, 1],
			['proxy_read_timeout', 1, 1],
			['proxy_redirect', 1, 2],
			['proxy_send_timeout', 1, 1],
			['proxy_set_header', 2, 2],
			['proxy_ssl_server_name', 1, 1],
			['proxy_ssl_verify', 1, 1],
			['resolver', 1, MANY],
			['return', 1, 2],
			['rewrite', 2, 3],
			['root', 1, 1],
			['sendfile', 1, 1],
			['server', 1, MANY],
			['server_name', 1, MANY],
			['server_tokens', 1, 1],
			['set', 2, 2],
			['ssl_certificate', 1, 1],
			['ssl_certificate_key', 1, 1],
			['ssl_ciphers', 1, 1],
			['ssl_prefer_server_ciphers', 1, 1],
			['ssl_protocols', 1, MANY],
			['ssl_session_cache', 1, 2],
			['ssl_session_timeout', 1, 1],
			['tcp_nodelay', 1, 1],
			['tcp_nopush', 1, 1],
			['try_files', 2, MANY],
			['user', 1, 2],
			['worker_connections', 1, 1],
			['worker_processes', 1, 1],
		] as const
	)
		.map(([name, min, max]): [string, DirectiveShape[]] => [
			name,
			name === 'server'
				? [
						{ min, max, block: false },
						{ min: 0, max: 0, block: true },
					]
				: [{ min, max, block: false }],
		])
		.concat(
			(
				[
					['events', 0, 0],
					['geo', 1, 2],
					['http', 0, 0],
					['if', 1, MANY],
					['limit_except', 1, MANY],
					['location', 1, 2],
					['map', 2, 2],
					['split_clients', 2, 2],
					['stream', 0, 0],
					['types', 0, 0],
					['upstream', 1, 1],
				] as const
			).map(([name, min, max]): [string, DirectiveShape[]] => [name, [{ min, max, block: true }]]),
		),
);

/** The small set of shapes that `parse` uses when it is given none. */
export function commonShapes(name: string): readonly DirectiveShape[] | undefined {
	return COMMON.get(name);
}

/** True when some shape allows this number of arguments, with or without a block. */
export function fits(shapes: readonly DirectiveShape[], argumentCount: number, block: boolean): boolean {
	return shapes.some((shape) => shape.block === block && shape.min <= argumentCount && argumentCount <= shape.max);
}

/** The directives whose block holds free words instead of directives (semantics TK16; geoip2 is a third-party module's). */
const ENTRY_BLOCKS: ReadonlySet<string> = new Set(['charset_map', 'geo', 'geoip2', 'map', 'match', 'split_clients', 'types']);

/** True when the block of this directive is a list of entries, such as a map's, in which a word is no directive name. */
export function holdsEntries(name: string): boolean {
	return ENTRY_BLOCKS.has(name);
}
