/** A configuration in which nothing is wrong: the handshake upgrades, and no rule says anything worse than information about it. */
export interface Guard {
	/** Rows of the catalogue that it stands for. */
	readonly rows: readonly string[];
	readonly title: string;
	/** Inside of `http`. nginx listens on 8080 and the backend on 9000. */
	readonly http: string;
	/** `/ws` unless said. */
	readonly path?: string;
	/** Of the handshake, beside or in place of its usual ones. */
	readonly headers?: readonly (readonly [string, string])[];
	/** The first version that knows it. */
	readonly from?: string;
}

const HEADERS = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";';
const MAP = "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }";

/** A server with one location that works, and something more in it. */
function location(
	more: string,
	rest: { readonly headers?: string; readonly server?: string; readonly http?: string; readonly head?: string } = {},
): string {
	const { headers = HEADERS, server = '', http = '', head = 'location /ws' } = rest;
	return `${http}
server {
	listen 8080;
	${server}
	${head} {
		proxy_pass http://127.0.0.1:9000;
		proxy_http_version 1.1;
		${headers}
		proxy_read_timeout 1h;
		${more}
	}
}
`;
}

const connection = (value: string): string => `proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection ${value};`;

export const GUARDS: readonly Guard[] = [
	{
		rows: ['TO10'],
		title: 'a client_header_timeout of 0 in a server that is not the default',
		http: `server { listen 8080 default_server; return 404; }
${location('', { server: 'server_name localhost; client_header_timeout 0;' })}`,
	},
	{
		rows: ['RT25'],
		title: 'auth_request asks a location that says yes',
		http: location('auth_request /auth;', { server: 'location = /auth { internal; return 204; }' }),
	},
	{
		rows: ['RT25'],
		title: 'auth_request is switched off here',
		http: location('auth_request off;', { server: 'auth_request /nowhere;' }),
	},
	{
		rows: ['RT22', 'DU4'],
		title: 'another server with one of the names',
		http: `server { listen 8080; server_name other.example.com; return 404; }
${location('', { server: 'server_name localhost other.example.com;' })}`,
	},
	{
		rows: ['HD12', 'MP13'],
		title: 'a list with upgrade in it',
		http: location('', { headers: connection('"keep-alive, Upgrade"') }),
	},
	{ rows: ['HD12'], title: 'capital letters', http: location('', { headers: connection('UPGRADE') }) },
	{ rows: ['HD13'], title: 'the Connection of the client', http: location('', { headers: connection('$http_connection') }) },
	{
		rows: ['HD21'],
		title: 'an empty Connection beside the right one, and the right one twice',
		http: location('proxy_set_header Connection ""; proxy_set_header Connection "keep-alive, Upgrade";'),
	},
	{
		rows: ['HD17', 'IN13'],
		title: 'Host from a header that only a proxy in front sends, beside one that is empty',
		http: location('proxy_set_header Host $http_x_forwarded_host; proxy_set_header Host "";'),
	},
	{
		rows: ['HD14', 'HD13'],
		title: 'an if that looks for the word in Connection',
		http: location('', {
			server: 'set $c close; if ($http_connection ~* upgrade) { set $c upgrade; }',
			headers: connection('$c'),
		}),
	},
	{
		rows: ['MP5'],
		title: 'a list of what may be upgraded',
		http: location('', {
			http: 'map $http_upgrade $c { default close; websocket upgrade; h2c close; }',
			headers: connection('$c'),
		}),
	},
	{
		rows: ['HD14'],
		title: 'a map by a regular expression over the Connection of the client',
		http: location('', {
			http: "map $http_connection $conn { default close; '~*upgrade' upgrade; }",
			headers: connection('$conn'),
		}),
	},
	{
		rows: ['HD18'],
		title: 'set and if',
		http: location('', { server: "set $c ''; if ($http_upgrade) { set $c upgrade; }", headers: connection('$c') }),
	},
	{ rows: ['HD20'], title: 'a fixed word in a location for everything', path: '/', http: location('', { head: 'location /' }) },
	{
		rows: ['HD22'],
		title: 'names in small letters',
		http: location('', { headers: 'proxy_set_header upgrade $http_upgrade; proxy_set_header connection upgrade;' }),
	},
	{ rows: ['HD30'], title: 'no extensions', http: location('proxy_set_header Sec-WebSocket-Extensions "";') },
	{ rows: ['HD33'], title: 'Connection hidden', http: location('proxy_hide_header Connection;') },
	{
		rows: ['HD39', 'TO16'],
		title: 'buffers, rates and sizes',
		http: location(
			'proxy_buffering on; proxy_request_buffering off; gzip on; client_max_body_size 1k; limit_rate 1m; expires 1h; proxy_ignore_client_abort on; proxy_redirect off; etag off;',
		),
	},
	{
		rows: ['TO5', 'TO6', 'TO7'],
		title: 'other timeouts, small ones',
		http: location(
			'proxy_send_timeout 5s; send_timeout 5s; keepalive_timeout 5s; proxy_connect_timeout 5s; client_body_timeout 5s;',
		),
	},
	{
		rows: ['IN3'],
		title: 'headers of the server, written below the location',
		http: `server {\n\tlisten 8080;\n\tlocation /ws { proxy_pass http://127.0.0.1:9000; }\n\t${HEADERS}\n\tproxy_http_version 1.1;\n\tproxy_read_timeout 1h;\n}\n`,
	},
	{
		rows: ['IN4'],
		title: 'the version and the timeout from outside',
		http: `proxy_http_version 1.1;\nserver {\n\tlisten 8080;\n\tproxy_read_timeout 1h;\n\tlocation /ws {\n\t\tproxy_pass http://127.0.0.1:9000;\n\t\t${HEADERS}\n\t}\n}\n`,
	},
	{
		rows: ['IN6', 'RT7'],
		title: 'proxy_pass in an if on Upgrade',
		http: `server {\n\tlisten 8080;\n\tlocation /ws {\n\t\tproxy_http_version 1.1;\n\t\t${HEADERS}\n\t\tproxy_read_timeout 1h;\n\t\tif ($http_upgrade ~* ^websocket$) { proxy_pass http://127.0.0.1:9000; }\n\t\tproxy_pass http://127.0.0.1:9000;\n\t}\n}\n`,
	},
	{
		rows: ['IN10'],
		title: 'limit_except that proxies too',
		http: location('limit_except POST { proxy_pass http://127.0.0.1:9000; }'),
	},
	{
		rows: ['IN8'],
		title: 'files beside a site that proxies, by root around it or by what they are',
		path: '/',
		http: location(
			`location ~* \\.(css|js|png)$ { expires 30d; } location = /robots.txt { access_log off; } location /app/files { access_log off; }
		location ^~ /.well-known/acme-challenge/ { default_type text/plain; } location /films { mp4; } location /put { dav_methods PUT; }`,
			{ head: 'location /', server: 'root /srv/www;' },
		),
	},
	{
		rows: ['IN8'],
		title: 'files beside a site that proxies, without root',
		path: '/',
		http: location(
			`location ~* \\.(css|js|png)$ { access_log off; } location = /favicon.ico { access_log off; } location /assets/ { add_header X y; }
		location /up { dav_methods PUT; } location /dir { random_index on; } location ~ \\.(mp4|webm|woff2)$ { access_log off; }`,
			{ head: 'location /' },
		),
	},
	{
		rows: ['IN1', 'IN2'],
		title: 'plain locations in one for everything',
		path: '/',
		http: location(
			`location ~* \\.(js|css|png)$ { proxy_pass http://127.0.0.1:9000; proxy_set_header Host $host; expires 1d; }
		location ~ ^/api/(health|metrics)$ { proxy_pass http://127.0.0.1:9000; proxy_set_header Host $host; }
		location /api/v1 { proxy_pass http://127.0.0.1:9000; proxy_set_header Connection ""; }`,
			{ head: 'location /' },
		),
	},
	{
		rows: ['IN1'],
		title: 'a server that turns the headers of http off',
		path: '/ws',
		http: `${HEADERS}\nserver {\n\tlisten 8081;\n\tproxy_set_header Connection "";\n\tlocation / { proxy_pass http://127.0.0.1:9000; }\n}\n${location('')}`,
	},
	{
		rows: ['DU3'],
		title: 'an exact location beside a prefix, equal expressions, equal prefixes inside an expression',
		http: location('', {
			server:
				'location = /a { return 204; } location /a { return 204; } location ~ /x { location /x/y { return 204; } location /x/y { return 204; } } location ~ /x { return 204; }',
		}),
	},
	{ rows: ['RT24'], title: 'limit_except that lets GET through', http: location('limit_except GET { deny all; }') },
	{ rows: ['IN12', 'UP18'], title: 'a cache that a handshake passes by', http: location('proxy_cache off;') },
	{
		rows: ['MP3'],
		title: 'the map with an empty value',
		http: location('', { http: MAP, headers: connection('$connection_upgrade') }),
	},
	{
		rows: ['MP2'],
		title: 'the map with close, with a literal address',
		http: location('', {
			http: "map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
			headers: connection('$connection_upgrade'),
		}),
	},
	{
		rows: ['MP6'],
		title: 'keys in any case, and a regular expression',
		http: location('', { http: 'map $http_upgrade $c { WebSocket upgrade; ~*^h2c nothing; }', headers: connection('$c') }),
	},
	{
		rows: ['MP11', 'MP12'],
		title: 'a volatile map of a map',
		http: location('', {
			http: `${MAP} map $connection_upgrade $c { volatile; '' ''; default $connection_upgrade; }`,
			headers: connection('$c'),
		}),
	},
	{
		rows: ['RT1'],
		title: 'a location with the slash, and one for the path without',
		http: location('', {
			head: 'location /ws/',
			server: `location = /ws { proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; ${HEADERS} proxy_read_timeout 1h; }`,
		}),
	},
	{
		rows: ['RT3', 'RT5'],
		title: '^~ keeps regular expressions away',
		http: location('', { head: 'location ^~ /ws', server: 'location ~ ws$ { return 404; }' }),
	},
	{
		rows: ['RT7', 'RT8'],
		title: 'error_page with = to a named location',
		path: '/',
		http: `server {\n\tlisten 8080;\n\tlocation / {\n\t\terror_page 418 = @ws;\n\t\tif ($http_upgrade ~* websocket) { return 418; }\n\t\treturn 200;\n\t}\n\tlocation @ws {\n\t\tproxy_pass http://127.0.0.1:9000;\n\t\tproxy_http_version 1.1;\n\t\t${HEADERS}\n\t\tproxy_read_timeout 1h;\n\t}\n}\n`,
	},
	{
		rows: ['RT8', 'RT25'],
		title: 'error_page for failures alone, without =',
		http: location('deny 10.0.0.0/8; error_page 403 @denied; error_page 502 504 @second;', {
			server: `location @denied { proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; ${HEADERS} } location @second { proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; ${HEADERS} }`,
		}),
	},
	{
		rows: ['RT8', 'RT25'],
		title: 'error_page for who is not let in',
		http: location('auth_request /auth; error_page 401 @login;', {
			server: `location = /auth { internal; return 204; } location @login { proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; ${HEADERS} }`,
		}),
	},
	{
		rows: ['RT7', 'RT8'],
		title: 'a jump that only some requests take',
		http: location('error_page 418 @poll; if ($arg_transport = polling) { return 418; }', {
			server: `location @poll { proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; ${HEADERS} }`,
		}),
	},
	{
		rows: ['RT7', 'RT13'],
		title: 'a rewrite to an internal location, beside pages of errors',
		http: location('internal;', {
			head: 'location /_ws',
			server: 'error_page 500 502 503 504 /50x.html; location /ws { rewrite ^/ws(.*)$ /_ws$1 last; }',
		}),
	},
	{
		rows: ['RT7', 'RT13'],
		title: 'an internal location under the path that leads there',
		http: location('internal;', { head: 'location /ws/', server: 'location = /ws { rewrite ^ /ws/live last; }' }),
	},
	{
		rows: ['DU8', 'RT6'],
		title: 'a query that an expression can do without',
		http: location('', { head: 'location ~ ^/ws(\\?.*)?$' }),
	},
	{ rows: ['DU8'], title: 'signs that a path may have', path: '/c++/ws', http: location('', { head: 'location /c++/ws' }) },
	{
		rows: ['DU8'],
		title: 'two slashes that are not merged',
		path: '//ws',
		http: location('', { head: 'location //ws', server: 'merge_slashes off;' }),
	},
	{
		rows: ['DU8', 'RT7'],
		title: 'a location without a slash that a rewrite leads to',
		http: location('', { head: 'location ws', server: 'location /ws { rewrite ^ ws last; }' }).replace(':9000;', ':9000/;'),
	},
	{
		rows: ['RT12'],
		title: 'try_files with a named location',
		http: `server {\n\tlisten 8080;\n\tlocation /ws { try_files $uri @ws; }\n\tlocation @ws {\n\t\tproxy_pass http://127.0.0.1:9000;\n\t\tproxy_http_version 1.1;\n\t\t${HEADERS}\n\t\tproxy_read_timeout 1h;\n\t}\n}\n`,
	},
	{ rows: ['RT15'], title: 'no URI behind proxy_pass', path: '/ws/a%20b', http: location('') },
	{
		rows: ['RT16'],
		title: 'a URI behind proxy_pass with a slash on both',
		path: '/ws/room',
		http: location('', { head: 'location /ws/' }).replace(':9000;', ':9000/chat/;'),
	},
	{
		rows: ['RT17'],
		title: 'a variable with the URI of the request',
		http: location('', { server: 'set $b 127.0.0.1:9000;' }).replace('http://127.0.0.1:9000;', 'http://$b$request_uri;'),
	},
	{ rows: ['RT18'], title: 'rewrite break', http: location('rewrite ^/ws(.*)$ /socket$1 break;') },
	{
		rows: ['RT23'],
		title: 'valid_referers with none',
		http: location('valid_referers none blocked localhost; if ($invalid_referer) { return 403; }'),
	},
	{ rows: ['RT25', 'SE5'], title: 'allow for this machine', http: location('allow 127.0.0.1; deny all;') },
	{
		rows: ['RT25'],
		title: 'auth_request that agrees',
		http: location('auth_request /auth;', { server: 'location = /auth { internal; return 204; }' }),
	},
	{ rows: ['PR1', 'PR3'], title: 'HTTP/2 for the rest of the site', from: '1.25.1', http: location('', { server: 'http2 on;' }) },
	{
		rows: ['UP2'],
		title: 'a plain WebSocket over two servers',
		http: location('', { http: 'upstream chat { server 127.0.0.1:9000; server 127.0.0.1:9000; }' }).replace(
			'http://127.0.0.1:9000;',
			'http://chat;',
		),
	},
	{
		rows: ['UP8'],
		title: 'a pool of connections, with the map',
		http: location('', {
			http: `${MAP} upstream chat { server 127.0.0.1:9000; keepalive 8; }`,
			headers: connection('$connection_upgrade'),
		}).replace('http://127.0.0.1:9000;', 'http://chat;'),
	},
	{
		rows: ['UP1', 'TO22'],
		title: 'socket.io over servers with ip_hash',
		path: '/socket.io/',
		http: location('', {
			http: 'upstream app { ip_hash; server 127.0.0.1:9000; server 127.0.0.1:9000; }',
			head: 'location /socket.io/',
		}).replace('http://127.0.0.1:9000;', 'http://app;'),
	},
	{
		rows: ['UP1'],
		title: 'socket.io over one server that is named twice, and over a hash of the client',
		path: '/socket.io/',
		http: `upstream one { server 127.0.0.1:9000; server 127.0.0.1:9000; } upstream two { hash $remote_addr$http_x_id consistent; server 127.0.0.1:9000; server localhost:9000; }
server { listen 8081; location /socket.io/ { proxy_pass http://two; proxy_http_version 1.1; ${HEADERS} } }
${location('', { head: 'location /socket.io/' }).replace('http://127.0.0.1:9000;', 'http://one;')}`,
	},
	{
		rows: ['UP6'],
		title: 'sticky, where nginx has it',
		from: '1.29.6',
		path: '/socket.io/',
		http: location('', {
			http: 'upstream app { zone app 64k; sticky cookie route; server 127.0.0.1:9000; }',
			head: 'location /socket.io/',
		}).replace('http://127.0.0.1:9000;', 'http://app;'),
	},
	{
		rows: ['UP14'],
		title: 'a variable that is an address',
		http: location('', { server: 'set $b 127.0.0.1;' }).replace('http://127.0.0.1:9000;', 'http://$b:9000;'),
	},
	{ rows: ['BK1', 'BK3'], title: 'Host with its port', http: location('proxy_set_header Host $http_host;') },
	{ rows: ['BK1'], title: 'no Host at all', http: location('') },
	{
		rows: ['SE3', 'SE1'],
		title: 'only websocket is let through',
		http: location('', {
			http: "map $http_upgrade $ws_upgrade { default ''; '~*^websocket$' websocket; } map $ws_upgrade $ws_connection { default upgrade; '' ''; }",
			headers: 'proxy_set_header Upgrade $ws_upgrade; proxy_set_header Connection $ws_connection;',
		}),
	},
	{
		rows: ['SE4'],
		title: 'a check of the Origin',
		http: location('if ($origin_ok = 0) { return 403; }', {
			http: "map $http_origin $origin_ok { default 0; '' 1; '~^https?://localhost(:[0-9]+)?$' 1; }",
		}),
	},
	{
		rows: ['HD19'],
		title: 'Upgrade as a fixed word in a location for WebSockets alone',
		http: location('', { headers: 'proxy_set_header Upgrade websocket; proxy_set_header Connection upgrade;' }),
	},
	{
		rows: ['RT24', 'RT25'],
		title: 'a method for known addresses alone',
		http: location('limit_except OPTIONS { allow 127.0.0.1; deny all; }'),
	},
	{
		rows: ['RT25'],
		title: 'a token in the query',
		path: '/ws?token=1',
		http: location('if ($arg_token = "") { return 401; }'),
	},
	{
		rows: ['RT4', 'RT25'],
		title: 'an expression takes the path, and lets known addresses through',
		path: '/ws/',
		http: location('allow 127.0.0.1; deny all;', {
			head: `location /ws/ { proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; ${HEADERS} proxy_read_timeout 1h; }\n\tlocation ~ ^/(ws|api)/`,
		}),
	},
	{
		rows: ['RT3', 'RT25'],
		title: 'an earlier expression takes the path, and asks for a token',
		path: '/live/ws?token=1',
		http: location('if ($arg_token = "") { return 403; }', {
			head: 'location ~ ^/live/',
		}).replace(
			/\}\n$/,
			`\tlocation ~ ^/live/ws$ { proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; ${HEADERS} proxy_read_timeout 1h; }\n}\n`,
		),
	},
];
