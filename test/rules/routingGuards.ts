import type { Guard } from './guards.ts';

/* Locations that share their paths with others, rewrites and jumps, where the handshake works. */

const W =
	'proxy_pass http://127.0.0.1:9000; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_read_timeout 1h;';

const routing = (rows: readonly string[], title: string, path: string, locations: string, http = ''): Guard => ({
	rows,
	title,
	path,
	http: `${http} server { listen 8080; ${locations} }\n`,
});

export const ROUTING_GUARDS: readonly Guard[] = [
	routing(
		['RT3'],
		'a dot that nobody escaped, in an expression for socket.io',
		'/socket.io/',
		`location ~ ^/socket.io/ { ${W} }`,
	),
	routing(
		['RT3'],
		'two endpoints in one expression, their dots not escaped',
		'/engine.io/',
		`location ~* /(socket.io|engine.io)/ { ${W} }`,
	),
	routing(
		['RT7'],
		'a rewrite that leads some paths to a WebSocket location, and others elsewhere',
		'/v2/ws/c',
		`location /ws/ { ${W} } location /v2/ { rewrite ^/v2/(.*)$ /$1 last; ${W} } location / { proxy_pass http://127.0.0.1:9000; }`,
	),
	routing(
		['RT3'],
		'an exact location for the bare path, which upgrades too',
		'/ws',
		`location /ws { ${W} } location = /ws { ${W} }`,
	),
	routing(
		['RT3'],
		'a page at the bare path, which has an exact location of its own',
		'/ws/room',
		`location /ws { ${W} } location = /ws { return 204; }`,
	),
	routing(
		['RT7'],
		'an application whose bare path leads to its first page',
		'/app/live',
		`location /app/ { rewrite ^/app/$ /app/login redirect; ${W} }`,
	),
	routing(
		['RT7'],
		'an application whose bare path gets its slash',
		'/app/live',
		`location /app { rewrite ^/app$ /app/ permanent; ${W} }`,
	),
	routing(
		['RT3'],
		'a ^~ prefix beside an expression that has other paths too',
		'/live/2',
		`location ~ ^/(rt|live)/ { ${W} } location ^~ /rt/ { return 204; }`,
	),
	routing(
		['RT3'],
		'a ^~ prefix with a longer plain one below it, where the expressions are tried again',
		'/rt/1',
		`location ~ ^/rt/[0-9]+$ { ${W} } location ^~ / { return 204; } location /rt/ { return 204; }`,
	),
	routing(
		['DU10'],
		'a map that names the location of handshakes',
		'/',
		`location / { try_files /nonexistent @$type; } location @web { return 204; } location @websocket { ${W} }`,
		'map $http_upgrade $type { default web; websocket websocket; }',
	),
	routing(
		['RT12'],
		'try_files that leads to another location, which upgrades',
		'/ws',
		`location /ws { try_files $uri /app$uri; ${W} } location /app { ${W} }`,
	),
];
