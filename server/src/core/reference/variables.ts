/**
 * Variables of nginx's own modules (docs: varindex), commercial and separate ones among them. Every word of the programs of nginx 1.22, 1.26
 * and 1.30 was tried as a variable: none is missing here that they know.
 */
const HTTP = `
	acme_certificate acme_certificate_key ancient_browser args binary_remote_addr body_bytes_sent bytes_sent connection
	connection_requests connection_time connections_active connections_reading connections_waiting connections_writing
	content_length content_type date_gmt date_local document_root document_uri fastcgi_path_info fastcgi_script_name
	geoip_area_code geoip_city geoip_city_continent_code geoip_city_country_code geoip_city_country_code3
	geoip_city_country_name geoip_country_code geoip_country_code3 geoip_country_name geoip_dma_code geoip_latitude
	geoip_longitude geoip_org geoip_postal_code geoip_region geoip_region_name gzip_ratio host hostname http2 http3 https
	invalid_referer is_args is_request_port jwt_payload limit_conn_status limit_rate limit_req_status
	modern_browser msec msie nginx_version oidc_access_token oidc_id_token oidc_userinfo otel_parent_id
	otel_parent_sampled otel_span_id otel_trace_id pid pipe proxy_add_x_forwarded_for proxy_host
	proxy_internal_body_length proxy_internal_chunked proxy_internal_connection proxy_port proxy_protocol_addr
	proxy_protocol_port proxy_protocol_server_addr proxy_protocol_server_port query_string realip_remote_addr
	realip_remote_port realpath_root remote_addr remote_port remote_user request request_body request_body_file
	request_completion request_filename request_id request_length request_method request_port request_time request_uri
	scheme secure_link secure_link_expires sent_http_content_type server_addr server_name server_port server_protocol
	session_log_binary_id session_log_id slice_range ssl_alpn_protocol ssl_cipher ssl_ciphers
	ssl_client_cert ssl_client_escaped_cert ssl_client_fingerprint ssl_client_i_dn ssl_client_i_dn_legacy
	ssl_client_raw_cert ssl_client_s_dn ssl_client_s_dn_legacy ssl_client_serial ssl_client_sigalg ssl_client_v_end
	ssl_client_v_remain ssl_client_v_start ssl_client_verify ssl_curve ssl_curves ssl_early_data ssl_ech_outer_server_name
	ssl_ech_status ssl_protocol ssl_server_name ssl_session_id ssl_session_reused ssl_sigalg ssl_sigalgs status
	tcpinfo_rcv_space tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd time_iso8601 time_iso8601_ms time_local uid_got
	uid_reset uid_set upstream_addr upstream_bytes_received upstream_bytes_sent upstream_cache_status
	upstream_connect_time upstream_header_time upstream_last_addr upstream_last_server_name upstream_queue_time
	upstream_response_length upstream_response_time upstream_status uri
`;

/** Variables of the stream modules. */
const STREAM = `
	binary_remote_addr bytes_received bytes_sent connection hostname limit_conn_status mqtt_preread_clientid
	mqtt_preread_username msec nginx_version pid protocol proxy_protocol_addr proxy_protocol_port
	proxy_protocol_server_addr proxy_protocol_server_port realip_remote_addr realip_remote_port remote_addr remote_port
	server_addr server_port session_time ssl_alpn_protocol ssl_cipher ssl_ciphers ssl_client_cert
	ssl_client_escaped_cert ssl_client_fingerprint ssl_client_i_dn ssl_client_raw_cert ssl_client_s_dn ssl_client_serial ssl_client_sigalg ssl_client_v_end
	ssl_client_v_remain ssl_client_v_start ssl_client_verify ssl_curve ssl_curves ssl_ech_outer_server_name ssl_ech_status
	ssl_preread_alpn_protocols ssl_preread_protocol ssl_preread_server_name ssl_protocol ssl_server_name ssl_session_id
	ssl_session_reused ssl_sigalg ssl_sigalgs status time_iso8601 time_iso8601_ms time_local upstream_addr
	upstream_bytes_received upstream_bytes_sent upstream_connect_time upstream_first_byte_time upstream_last_addr
	upstream_session_time
`;

/**
 * Variables that no line can define again ("the duplicate … variable", semantics MP9): those without NGX_HTTP_VAR_CHANGEABLE in the modules
 * that every ordinary build has. All others, of `--with` modules too, are left out. test/nginx/variables.test.ts asks nginx for each.
 */
const FIXED_HTTP = `
	binary_remote_addr body_bytes_sent bytes_sent connection connection_requests connection_time content_length content_type date_gmt
	date_local document_root document_uri fastcgi_path_info fastcgi_script_name gzip_ratio host hostname http_cookie http_host http_referer
	http_user_agent http_via http_x_forwarded_for https is_args limit_conn_status limit_req_status msec nginx_version pid pipe
	proxy_add_x_forwarded_for proxy_protocol_addr proxy_protocol_port proxy_protocol_server_addr proxy_protocol_server_port query_string
	realpath_root remote_addr remote_port remote_user request request_body request_body_file request_completion request_filename request_id
	request_length request_method request_time request_uri scheme sent_http_cache_control sent_http_connection sent_http_content_length
	sent_http_content_type sent_http_keep_alive sent_http_last_modified sent_http_link sent_http_location sent_http_transfer_encoding
	server_addr server_name server_port server_protocol status tcpinfo_rcv_space tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd time_iso8601
	time_local uid_got uid_set upstream_addr upstream_bytes_received upstream_bytes_sent upstream_cache_status upstream_connect_time
	upstream_header_time upstream_response_length upstream_response_time upstream_status uri
`;

/** The same of the stream side. */
const FIXED_STREAM = `
	binary_remote_addr bytes_received bytes_sent connection hostname limit_conn_status msec nginx_version pid protocol proxy_protocol_addr
	proxy_protocol_port proxy_protocol_server_addr proxy_protocol_server_port remote_addr remote_port server_addr server_port session_time
	status time_iso8601 time_local upstream_addr upstream_bytes_received upstream_bytes_sent upstream_connect_time
	upstream_first_byte_time upstream_session_time
`;

const FIXED: Readonly<Record<'http' | 'stream', ReadonlySet<string>>> = {
	http: new Set(FIXED_HTTP.trim().split(/\s+/)),
	stream: new Set(FIXED_STREAM.trim().split(/\s+/)),
};

const HTTP_NAMES: ReadonlySet<string> = new Set(HTTP.trim().split(/\s+/));
const STREAM_NAMES: ReadonlySet<string> = new Set(STREAM.trim().split(/\s+/));

/** Families whose members always exist (semantics DU6); those of third-party and commercial modules are not known to be wrong. */
const FAMILIES: readonly string[] = [
	'http_',
	'sent_http_',
	'sent_trailer_',
	'cookie_',
	'arg_',
	'upstream_http_',
	'upstream_trailer_',
	'upstream_cookie_',
	'proxy_protocol_tlv_',
	'jwt_header_',
	'jwt_claim_',
	'oidc_claim_',
];

/** The families of the stream side (docs: ngx_stream_core_module). */
const STREAM_FAMILIES: readonly string[] = ['proxy_protocol_tlv_'];

/** Prefixes of variables that well-known third-party modules bring: whether they exist depends on what is loaded. */
const FOREIGN: readonly string[] = [
	'geoip2_',
	'geoip_',
	'brotli_',
	'zstd_',
	'lua_',
	'vhost_',
	'vts_',
	'modsec',
	'echo_',
	'opentracing_',
	'opentelemetry_',
	'otel_',
	'upload_',
	'rtmp_',
	'push_',
	'nchan_',
	'passenger_',
	'pagespeed_',
	'ja3',
	'njs',
	'acme_',
	'datadog_',
	'ngx_',
	'resty_',
	'auth_digest_',
	'session_',
	'jwt_',
	'oidc_',
	'xslt_',
	'uploadprogress_',
	'stub_status_',
	'sysguard_',
	'ssl_ja',
	'http_ssl_ja',
	'cookie_flag_',
	'dynamic_',
	'naxsi_',
	'testcookie_',
	'spnego',
	'upstream_fair_',
];

/** True when nginx itself defines the variable. Case does not matter (DU5); `name` is without its `$`. */
export function isBuiltInVariable(name: string, side: 'http' | 'stream'): boolean {
	const lower = name.toLowerCase();
	return (
		(side === 'http' ? HTTP_NAMES : STREAM_NAMES).has(lower) ||
		(side === 'http' ? FAMILIES : STREAM_FAMILIES).some((family) => lower.startsWith(family))
	);
}

/**
 * True for a name that nginx takes, as it begins like a header's, a cookie's or an argument's, and that holds more than letters, digits and
 * `_`: nothing has such a name, and the variable stays empty (src/http/ngx_http_variables.c, ngx_http_variable_unknown_header).
 */
export function isOddName(name: string): boolean {
	const lower = name.toLowerCase();
	return /\W/.test(lower) && /^(?:http|sent_(?:http|trailer)|cookie|arg|upstream_(?:http|trailer|cookie))_/.test(lower);
}

/** True when the name looks like one that a third-party module defines, so that it must not be called unknown. */
export function mayBeForeignVariable(name: string): boolean {
	const lower = name.toLowerCase();
	return FOREIGN.some((prefix) => lower.startsWith(prefix));
}

/** The names of all variables without a family, sorted. */
export function builtInVariables(side: 'http' | 'stream'): readonly string[] {
	return [...(side === 'http' ? HTTP_NAMES : STREAM_NAMES)];
}

/** True for a variable that nginx defines itself and lets no line define again (MP9). */
export function isFixedVariable(name: string, side: 'http' | 'stream'): boolean {
	return FIXED[side].has(name.toLowerCase());
}

/** Their names. */
export function fixedVariables(side: 'http' | 'stream'): readonly string[] {
	return [...FIXED[side]];
}
