import { describe, expect, test } from 'vitest';
import { buildConfiguration } from '../../server/src/core/config/build.ts';
import { variableTable } from '../../server/src/core/config/variables.ts';
import { fixedVariables } from '../../server/src/core/reference/variables.ts';
import { isAtLeast } from '../../server/src/core/reference/versions.ts';
import { memoryFiles } from '../support/memoryFiles.ts';
import { generations, nameOf, PRIVATE_HTTP, testConfiguration } from '../support/nginx.ts';
import { forEachOfMany } from '../support/syntaxVerdict.ts';

const binaries = await generations();

/** Lines in a location with an unknown variable; nginx takes each of them but for it. */
const IN_LOCATION = [
	'error_page 404 /a$nope;',
	'error_page 404 =200 $nope;',
	'access_log logs/x combined if=$nope;',
	'access_log logs/x$nope;',
	'mirror /a$nope;',
	'auth_request /a$nope;',
	'post_action /a$nope;',
	'fastcgi_index $nope;',
	'set $a $nope;',
	'auth_request_set $a $nope;',
	'expires modified $nope;',
	'expires $nope;',
	'proxy_redirect ~$nope /;',
	'proxy_redirect ~x /$nope;',
	'proxy_redirect $nope default;',
	'proxy_cookie_path ~$nope /;',
	'proxy_cookie_path $nope /;',
	'proxy_cookie_domain $nope a;',
	'proxy_cookie_flags ~$nope secure;',
	'proxy_cookie_flags a samesite=$nope;',
	'return 301 $nope;',
	'rewrite ^ $nope;',
	'rewrite ^$nope /;',
	'if ($nope) { }',
	'if ($uri = $nope) { }',
	'if ($uri ~ $nope) { }',
	'if ($uri ~* "a$nope") { }',
	'if ($uri !~ a$nope) { }',
	'if (-f $nope) { }',
	'if (!-f /a$nope) { }',
	'valid_referers $nope;',
	'sub_filter $nope b;',
	'sub_filter b $nope;',
	'try_files $nope =404;',
	'try_files /a @$nope;',
	'proxy_pass http://a$nope;',
	'proxy_pass http://127.0.0.1:1; location /l/m { proxy_pass http://$nope/x; }',
	'proxy_set_header $nope a;',
	'proxy_set_header a $nope;',
	'proxy_set_header a "${nope}b";',
	'proxy_set_header a \\$nope;',
	'proxy_hide_header $nope;',
	'proxy_method $nope;',
	'proxy_set_body $nope;',
	'proxy_bind $nope;',
	'proxy_bind $nope transparent;',
	'proxy_cache_bypass $uri $nope;',
	'proxy_no_cache $nope;',
	'proxy_cache_key $nope;',
	'proxy_limit_rate 1;',
	'proxy_store /a$nope;',
	'proxy_ssl_name $nope;',
	'proxy_ssl_trusted_certificate $nope;',
	'root $nope;',
	'alias $nope;',
	'index $nope;',
	'default_type $nope;',
	'types { a $nope; }',
	'add_header $nope a;',
	'add_header a $nope always;',
	'add_trailer a $nope;',
	'userid_name $nope;',
	'charset $nope;',
	'gzip_types $nope;',
	'error_log logs/$nope;',
	'location /l/$nope { }',
	'location ~ /$nope { }',
	'secure_link_secret $nope;',
	'secure_link $nope;',
	'ssi_types $nope;',
	'limit_rate $nope;',
	'limit_rate_after $nope;',
	'proxy_temp_path $nope;',
	'uwsgi_param $nope a;',
	'uwsgi_param a $nope;',
	'fastcgi_param a $nope if_not_empty;',
	'scgi_param a $nope;',
	'grpc_set_header a $nope;',
	'grpc_pass grpc://$nope;',
	'fastcgi_pass $nope;',
	'uwsgi_pass $nope;',
	'scgi_pass $nope;',
	'auth_basic $nope;',
	'auth_basic_user_file $nope;',
	'add_before_body /$nope;',
	'stub_status $nope;',
];

const IN_HTTP = [
	'split_clients $nope $b { * a; }',
	'split_clients $uri $b { * $nope; }',
	'geo $nope $b { default a; }',
	'geo $b { default $nope; }',
	'map $nope $b { a b; }',
	'map x$nope $b { a b; }',
	'map $uri $b { a "x$nope"; }',
	'map $uri $b { $nope a; }',
	'map $uri $b { default $nope; }',
	'map $uri $b { ~$nope a; }',
	'log_format a escape=json "$nope";',
	'limit_req_zone $nope zone=a:1m rate=1r/s;',
	'limit_conn_zone $nope zone=a:1m;',
	'upstream u { hash $nope consistent; server 127.0.0.1; }',
	'upstream $nope { server 127.0.0.1; }',
	'proxy_cache_path logs/c$nope keys_zone=a:1m;',
	'server { server_name $nope; }',
	'server { server_name ~$nope; }',
	'server { root $nope; }',
	'server { ssl_certificate $nope; ssl_certificate_key $nope; }',
	'server { if ($nope) { } }',
	'server { return 301 https://$host$nope; }',
	'userid_domain $nope;',
];

/** Lines beside a use of $nope: does one of them define it? */
const DEFINITIONS = [
	['http', 'map $uri $nope { a b; }'],
	['http', 'map $uri $NOPE { a b; }'],
	['http', 'geo $nope { default a; }'],
	['http', 'geo $uri $nope { default a; }'],
	['http', 'split_clients $uri $nope { * a; }'],
	['http', 'map $uri $a { ~(?<nope>a) b; }'],
	['http', 'map $uri $a { (?<nope>a) b; }'],
	['http', 'server { location / { if ($uri) { set $Nope a; } } }'],
	['http', 'server { server_name ~(?<nope>a); }'],
	['http', 'server { server_name (?<nope>a); }'],
	['location', 'auth_request_set $nope a;'],
	['location', 'valid_referers ~(?<nope>a);'],
	['location', 'fastcgi_split_path_info ^(?<nope>a)(b)$;'],
	['location', 'proxy_redirect ~(?<nope>a) /;'],
	['location', 'proxy_cookie_path ~(?<nope>a) /;'],
	['location', 'proxy_cookie_domain ~(?<nope>a) a;'],
	['location', 'proxy_cookie_flags ~(?<nope>a) secure;'],
	['location', 'rewrite (?<nope>a) /;'],
	['location', "rewrite (?'nope'a) /;"],
	['location', 'rewrite (?P<NOPE>a) /;'],
	['location', 'rewrite \\(?<nope>a /;'],
	['location', 'if ($uri ~ (?<nope>a)) { }'],
	['location', 'if ($uri !~* (?<nope>a)) { }'],
	['location', 'if ($uri = (?<nope>a)) { }'],
	['location', 'location ~ (?<nope>a) { }'],
	['location', 'location "~(?<nope>a)" { }'],
	['location', 'location "/l/(?<nope>a)" { }'],
	['location', 'gzip_disable (?<nope>a);'],
	['location', 'uwsgi_param nope a;'],
] as const;

const CASES = [
	...IN_LOCATION.map((line) => ({ line, http: `server { listen 127.0.0.1:1; location /l { ${line} } }` })),
	...IN_HTTP.map((line) => ({ line, http: `${line} server { listen 127.0.0.1:1; }` })),
	...DEFINITIONS.map(([place, line]) => ({
		line,
		http: `log_format x $nope; ${place === 'http' ? line : ''} server { listen 127.0.0.1:1; location /l { ${place === 'http' ? '' : line} } }`,
	})),
	...[
		'$http_nope',
		'$arg_',
		'$cookie_a',
		'$sent_http_a',
		'$sent_trailer_a',
		'$upstream_http_a',
		'$upstream_trailer_a',
		'$upstream_cookie_a',
	].map((line) => ({ line, http: `log_format x ${line}; server { listen 127.0.0.1:1; }` })),
	...['$1', '${1}', '$uri', '$URI', '$connection_upgrade', '$http2', '$request_id', '$proxy_host', '$limit_rate'].map((line) => ({
		line,
		http: `log_format x "${line}"; server { listen 127.0.0.1:1; }`,
	})),
];

describe.each(binaries.map((nginx) => ({ version: nameOf(nginx), nginx })))('nginx $version', ({ nginx }) => {
	test('calls the same variables unknown, in the same places and no others (HD16, DU5, DU6, HD24)', async () => {
		const disagreements: unknown[] = [];
		let refused = 0;
		await Promise.all(
			CASES.map(async ({ line, http }) => {
				const text = `events {}\nhttp { ${PRIVATE_HTTP} access_log off; ${http} }\n`;
				const { ok, message } = await testConfiguration(nginx, { 'nginx.conf': text });
				const theirs = /^unknown "(.*)" variable/.exec(message ?? '')?.[1];
				if (!ok && theirs === undefined && isAtLeast(nginx.version, '1.26.0')) disagreements.push({ line, message });
				if (!ok && theirs === undefined) return;
				const table = variableTable(buildConfiguration('/nginx.conf', memoryFiles({ '/nginx.conf': text })));
				const ours = table.unknown[0]?.name;
				if (theirs !== undefined) refused++;
				if (ours !== theirs) disagreements.push({ line, ours, theirs });
			}),
		);
		expect(disagreements).toEqual([]);
		expect(refused).toBeGreaterThan(60);
	});
});

describe.each(binaries.map((nginx) => [nameOf(nginx), nginx] as const))(
	'variables of nginx %s that no line defines again (MP9)',
	(_, nginx) => {
		test('each of them', async () => {
			const taken: string[] = [];
			await forEachOfMany(fixedVariables('http'), async (name) => {
				const text = `events {}\nhttp { ${PRIVATE_HTTP} access_log off; map a $${name} { default b; } server { listen 127.0.0.1:18080; } }\n`;
				const { message } = await testConfiguration(nginx, { 'nginx.conf': text });
				if (message !== `the duplicate "${name}" variable`) taken.push(`${name}: ${message}`);
			});
			expect(taken).toEqual([]);
		}, 60_000);
	},
);
