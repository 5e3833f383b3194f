import type { Guard } from './guards.ts';

/*
 * Configurations that take the handshakes of some clients alone: with a token, a cookie, a header of the balancer in front, a password.
 * Nobody can say from the file that they fail.
 */

const PASS = 'proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; proxy_read_timeout 1h;';
const UPGRADE = 'proxy_set_header Upgrade $http_upgrade;';
const FORWARD = `${UPGRADE} proxy_set_header Connection "upgrade";`;

/** A server with these lines, and a location that works behind those. */
const server = (location: string, lines = '', head = 'location /ws'): string =>
	`server { listen 8080; ${lines} ${head} { ${location} ${PASS} ${FORWARD} } }\n`;

/** Connection comes from a variable of these lines of the http block. */
const connection = (http: string, value = '$conn'): string =>
	`${http} server { listen 8080; location /ws { ${PASS} ${UPGRADE} proxy_set_header Connection ${value}; } }\n`;

const choosy = (title: string, http: string, asked: Pick<Guard, 'path' | 'headers'>): Guard => ({
	rows: ['RT25'],
	title,
	http,
	...asked,
});

export const CHOOSY_GUARDS: readonly Guard[] = [
	choosy('a token in the query', server("if ($arg_token = '') { return 401; }"), { path: '/ws?token=1' }),
	choosy('any query', server("if ($is_args = '') { return 400; }"), { path: '/ws?a' }),
	choosy('a word in the query', server('if ($request_uri !~ room=) { return 403; }'), { path: '/ws?room=1' }),
	choosy('a map of the query', `map $arg_token $known { default 0; secret 1; } ${server('if ($known = 0) { return 403; }')}`, {
		path: '/ws?token=secret',
	}),
	choosy('the transport in the query', connection("map $arg_transport $conn { default ''; websocket upgrade; }"), {
		path: '/ws?transport=websocket',
	}),
	choosy('a cookie', server("if ($cookie_session = '') { return 403; }"), { headers: [['Cookie', 'session=1']] }),
	choosy('all cookies', server('if ($http_cookie !~ session) { return 403; }'), { headers: [['Cookie', 'session=1']] }),
	choosy('a browser', server('if ($http_user_agent !~ Mozilla) { return 403; }'), { headers: [['User-Agent', 'Mozilla/5.0']] }),
	choosy(
		'TLS at the balancer in front',
		server('', 'if ($http_x_forwarded_proto != https) { return 301 https://$host$request_uri; }'),
		{ headers: [['X-Forwarded-Proto', 'https']] },
	),
	choosy('pages of one site', server('if ($http_origin !~ "^https://app\\.example\\.com$") { return 403; }'), {
		headers: [['Origin', 'https://app.example.com']],
	}),
	choosy(
		'pages of one site, by a map',
		`map $http_origin $origin_ok { default 0; '' 1; '~^https?://(www\\.)?example\\.com(:\\d+)?$' 1; } ${server('if ($origin_ok = 0) { return 403; }', 'server_name ws.example.com;')}`,
		{ headers: [['Origin', 'https://www.example.com']] },
	),
	choosy('a secret of the CDN', server('if ($http_x_origin_secret != abc) { return 403; }'), {
		headers: [['X-Origin-Secret', 'abc']],
	}),
	choosy('a subprotocol', server("if ($http_sec_websocket_protocol = '') { return 400; }"), {
		headers: [['Sec-WebSocket-Protocol', 'chat']],
	}),
	choosy('a variable that a condition set', server('set $bad 1; if ($arg_key = k) { set $bad 0; } if ($bad) { return 403; }'), {
		path: '/ws?key=k',
	}),
	choosy('this machine', server('if ($remote_addr != 127.0.0.1) { return 403; }'), {}),
	choosy(
		'an address of a network',
		`geo $inside { default 0; 127.0.0.0/8 1; } ${server('if ($inside = 0) { return 403; }')}`,
		{},
	),
	choosy(
		'a host of several',
		server(
			'',
			'server_name example.com www.example.com; if ($host = example.com) { return 301 http://www.example.com$request_uri; }',
		),
		{
			headers: [['Host', 'www.example.com']],
		},
	),
	choosy('any host but some', server('', 'server_name _; if ($host !~* ^(www\\.)?example\\.com$) { return 444; }'), {
		headers: [['Host', 'www.example.com']],
	}),
	choosy('a longer path', server('', 'rewrite ^/$ /app/ permanent;', 'location /'), { path: '/room' }),
	choosy('a redirect of the bare path', server('rewrite ^/ws$ /ws/ redirect;'), { path: '/ws/room' }),
	choosy('a longer path, by its variable', server('if ($uri !~ ^/ws/room-) { return 404; }'), { path: '/ws/room-1' }),
	choosy('a map of the path', connection('map $uri $conn { default close; ~live upgrade; }'), { path: '/ws/live' }),
	choosy('the port of the query', server('').replace('127.0.0.1:9000', '127.0.0.1:$arg_port'), { path: '/ws?port=9000' }),
	choosy(
		'a name that only an expression has',
		`server { listen 8080 default_server; return 444; } ${server('', 'server_name ~^(?<user>[a-z0-9-]+)\\.code\\.example\\.com$;')}`,
		{ headers: [['Host', 'ann.code.example.com']] },
	),
	choosy(
		'a name with an underscore',
		`server { listen 8080 default_server; return 444; } ${server('', 'server_name my_app.example.com;')}`,
		{ headers: [['Host', 'my_app.example.com']] },
	),
	choosy('no file that says closed', server('', 'if (!-f /dev/zero) { set $open 1; } if ($open != 1) { return 503; }'), {}),
];
