/**
 * How directives of well-known modules outside nginx begin. None of nginx's own begins so, which is why a misspelt directive of
 * nginx is never taken for one of these.
 */
const PREFIXES: readonly string[] = [
	'acme_client_',
	'ajp_',
	'app_protect_',
	'array_',
	'auth_digest',
	'auth_gss',
	'auth_ldap',
	'auth_mellon',
	'auth_pam',
	'auth_spnego',
	'auth_totp_',
	'aws_',
	'bot_verifier',
	'brotli',
	'cache_purge_',
	'captcha_',
	'compression_',
	'cookie_flag',
	'coraza',
	'datadog_',
	'dav_ext_',
	'drizzle_',
	'dyups_',
	'dynamic_',
	'echo',
	'encrypted_session_',
	'eval_',
	'fancyindex',
	'footer_',
	'form_',
	'geoip2',
	'hls_',
	'iconv_',
	'immutable',
	'jdomain',
	'js_',
	'json_',
	'jwt_',
	'kong_',
	'live_',
	'log_if',
	'loop_detect',
	'lua_',
	'memc_',
	'modsecurity',
	'mongo',
	'mruby_',
	'more_',
	'naxsi',
	'nchan_',
	'ndk_',
	'newrelic_',
	'ngx_',
	'njs_',
	'opentelemetry',
	'opentracing',
	'otel_',
	'pagespeed',
	'passenger_',
	'perl_',
	'phantom_',
	'php_',
	'pinba_',
	'postgres_',
	'proxy_wasm',
	'push_',
	'rate_limit_',
	'rds_',
	'redis',
	'rdns',
	'replace_filter',
	'req_status',
	'rtmp',
	'secure_token',
	'security_headers',
	'session_binding_',
	'session_sticky',
	'sflow',
	'shibboleth',
	'shib_',
	'slowfs_',
	'spnego_',
	'srcache_',
	'srt_',
	'statsd_',
	'stream_lua_',
	'stream_server_traffic_status',
	'subs_filter',
	'summarizer_',
	'supervisord',
	'sxg',
	'sysguard',
	'testcookie',
	'tfs_',
	'traffic_accounting',
	'trim',
	'uploadprogress',
	'upload_',
	'upstream_jdomain',
	'upstream_show',
	'upsync',
	'vhost_traffic_status',
	'vod_',
	'vts_',
	'waf_',
	'wasm_',
	'websockify_',
	'xrlt_',
	'xss_',
	'zstd',
];

/** Whole names: the modules' other directives, which begin as nginx's own do. */
const NAMES: ReadonlySet<string> = new Set(
	`
	auth_cookie auth_jwt_algorithm auth_jwt_enabled auth_jwt_extract_request_claims auth_jwt_extract_response_claims
	auth_jwt_key auth_jwt_keyfile_path auth_jwt_location auth_jwt_loginurl auth_jwt_mode auth_jwt_redirect
	auth_jwt_use_keyfile auth_jwt_validation_type auth_oauth2 basic_rule BasicRule check check_fastcgi_param
	check_http_expect_alive check_http_send check_keepalive_requests check_rule check_shm_size check_status
	check_status_access_log CheckRule concat concat_delimiter concat_ignore_file_error concat_max_files concat_types
	concat_unique consistent_hash consistent_key denied_url DeniedUrl eval ewma expires_by_types fair gridfs
	hide_server_tokens http2_push_manifest ip2location_database ip2location_proxy ip2proxy_database jvm_route
	learning_mode LearningMode libinjection_sql libinjection_xss LibInjectionSql LibInjectionXss limit_speed
	limit_speed_zone limit_traffic_rate limit_traffic_rate_zone limit_upload_rate limit_upload_rate_after
	limit_upstream_conn limit_upstream_log_level limit_upstream_zone limit_whitelist_zone log_escape_non_ascii main_rule
	MainRule proxy_connect proxy_connect_address proxy_connect_allow proxy_connect_bind proxy_connect_connect_timeout
	proxy_connect_data_timeout proxy_connect_read_timeout proxy_connect_resolver proxy_connect_response
	proxy_connect_send_low_at proxy_connect_send_timeout proxy_upstream_tries rrd_graph rrd_graph_root rules_disabled
	rules_enabled SecRulesDisabled SecRulesEnabled server_info server_tag server_tag_type set_base32_alphabet
	set_base32_padding set_cookie_flag set_decode_base32 set_decode_base64 set_decode_base64url set_decode_hex
	set_decrypt_session set_encode_base32 set_encode_base64 set_encode_base64url set_encode_hex set_encrypt_session
	set_escape_uri set_form_input set_form_input_multi set_formatted_gmt_time set_formatted_local_time
	set_hashed_upstream set_hmac_sha1 set_hmac_sha256 set_iconv set_if_empty set_json_escape set_local_today set_lower
	set_md5 set_murmur2 set_quote_json_str set_quote_pgsql_str set_quote_sql_str set_random set_random_lcalpha
	set_rotate set_secure_random_alphanum set_secure_random_lcalpha set_sha1 set_sha256 set_sha512 set_unescape_uri
	set_upper ssl_ct ssl_ct_static_scts ssl_dyn_rec_enable ssl_dyn_rec_size_hi ssl_dyn_rec_size_lo ssl_dyn_rec_threshold
	ssl_dyn_rec_timeout ssl_ja3_data strip substitutions_filter tcp unbuffered_request upstream_check xslt_html_parser
	`
		.trim()
		.split(/\s+/),
);

/** Names that hold code of another language, or that one runs. */
const CODE = /_by_(?:lua|njs|php|perl|js|wasm)(?:_block|_file)?$/;

/**
 * True for a directive of a well-known module that is not nginx's own: unknown to us, and no mistake for that. Case-sensitive, as nginx
 * is (semantics TK17).
 */
export function isThirdPartyDirective(name: string): boolean {
	return CODE.test(name) || NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix));
}
