/** What a person wrote and complained about, and what we say to it. The texts are ours; the complaints are those that come again and again. */
export interface Complaint {
	/** The number in the list of twenty. */
	readonly number: number;
	readonly complaint: string;
	/** By path; the first is the one that the person looks at. */
	readonly files: Readonly<Record<string, string>>;
	readonly version?: string;
	/** What is said, as `rule: sentence`, by place; empty where nothing is wrong. Mere information and hints are left out unless `all`. */
	readonly says: readonly string[];
	readonly all?: true;
	/** A rule that waits to be switched on, and is. */
	readonly asked?: string;
}

const http = (text: string): string => `events {}\nhttp {\n${text}}\n`;
const MAIN = '/etc/nginx/nginx.conf';

/** A server whose location `/ws` holds these lines. */
const server = (lines: string, more = ''): string =>
	`\tserver {\n\t\tlisten 80;\n${more}\t\tlocation /ws {\n${lines
		.trim()
		.split('\n')
		.map((line) => `\t\t\t${line.trim()}\n`)
		.join('')}\t\t}\n\t}\n`;

const WORKS = `proxy_pass http://127.0.0.1:3000;
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection "upgrade";
proxy_read_timeout 1h;`;

export const COMPLAINTS: readonly Complaint[] = [
	{
		number: 1,
		complaint: 'the handshake ends in 400 or 426 behind nginx',
		files: {
			[MAIN]: http(
				`\tserver {\n\t\tlisten 80;\n\t\tlocation /socket.io/ {\n\t\t\tproxy_pass http://127.0.0.1:3000;\n\t\t\tproxy_set_header Host $host;\n\t\t}\n\t}\n`,
			),
		},
		says: [
			'upgrade-not-forwarded: nginx drops the Upgrade header here, so the backend of location /socket.io/ sees a plain GET and the WebSocket handshake fails (200, 400, 404 or 426). Add `proxy_set_header Upgrade $http_upgrade;` and a `proxy_set_header Connection` that says upgrade to this location.',
		],
	},
	{
		number: 2,
		complaint: 'unknown "connection_upgrade" variable after pasting',
		files: { [MAIN]: http(server(WORKS.replace('"upgrade"', '$connection_upgrade'))) },
		says: [
			'unknown-variable: nginx refuses to start with unknown "connection_upgrade" variable: nothing in the http block defines it. Add the map that gives it its value.',
		],
	},
	{
		number: 2,
		complaint: 'the same, with the server in a file of its own',
		files: {
			[MAIN]: http('\tinclude conf.d/*.conf;\n'),
			'/etc/nginx/conf.d/app.conf': server(WORKS.replace('"upgrade"', '$connection_upgrade')),
		},
		says: [
			'unknown-variable: nginx refuses to start with unknown "connection_upgrade" variable: nothing in the http block defines it. Add the map that gives it its value.',
		],
	},
	{
		number: 3,
		complaint: 'the map was put into the server',
		files: {
			[MAIN]: http(
				server(
					WORKS.replace('"upgrade"', '$connection_upgrade'),
					"\t\tmap $http_upgrade $connection_upgrade {\n\t\t\tdefault upgrade;\n\t\t\t'' close;\n\t\t}\n",
				),
			),
		},
		says: ['directive-context: map is not allowed in a server block; nginx refuses to start. It belongs in http or stream.'],
	},
	{
		number: 4,
		complaint: 'the connection drops after exactly 60 seconds',
		files: { [MAIN]: http(server(WORKS.replace('proxy_read_timeout 1h', 'proxy_connect_timeout 1h'))) },
		says: [
			'idle-timeout: nginx closes this tunnel after 60 s without a byte in either direction (the default of proxy_read_timeout); the browser sees close code 1006. Set `proxy_read_timeout 1h;`, or ping more often than that.',
		],
		all: true,
	},
	{
		number: 4,
		complaint: 'the connection drops after a few seconds, through stream',
		files: {
			[MAIN]:
				'events {}\nstream {\n\t# websocket\n\tserver {\n\t\tlisten 80;\n\t\tproxy_pass 127.0.0.1:3000;\n\t\tproxy_timeout 5s;\n\t}\n\tserver {\n\t\tlisten 81;\n\t\tproxy_pass 127.0.0.1:3001;\n\t\tproxy_timeout 5s;\n\t}\n}\n',
		},
		says: [
			'idle-timeout: nginx closes this tunnel after 5 s without a byte in either direction (proxy_timeout, nginx.conf, line 7); the browser sees close code 1006. Set `proxy_timeout 1h;`, or ping more often than that.',
		],
		all: true,
	},
	{
		number: 5,
		complaint: 'one header in a location, and the WebSocket is gone',
		files: {
			[MAIN]: http(
				`\tproxy_http_version 1.1;\n\tproxy_set_header Upgrade $http_upgrade;\n\tproxy_set_header Connection "upgrade";\n${server('proxy_pass http://127.0.0.1:3000;\nproxy_set_header X-Real-IP $remote_addr;\nproxy_read_timeout 1h;')}`,
			),
		},
		says: [
			`headers-lost: This location's own proxy_set_header cancels every one set around it, among them Upgrade and Connection (nginx.conf, line 4), so the backend sees no WebSocket handshake. Repeat the upgrade headers here.`,
		],
	},
	{
		number: 6,
		complaint: 'a linter does not see what an include brings, and complains',
		files: {
			[MAIN]: http(`\tinclude maps.conf;\n${server('proxy_pass http://127.0.0.1:3000;\ninclude ws.conf;')}`),
			'/etc/nginx/ws.conf': WORKS.replace(/^proxy_pass.*\n/, '').replace('"upgrade"', '$connection_upgrade'),
			'/etc/nginx/maps.conf': "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }\n",
		},
		says: [],
		all: true,
	},
	{
		number: 6,
		complaint: 'a snippet alone: what includes it may bring all that it lacks',
		files: {
			'/etc/nginx/snippets/ws.conf':
				'proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection $connection_upgrade;\n',
		},
		says: [],
		all: true,
	},
	{
		number: 7,
		complaint: 'plain requests are told to upgrade too; a linter wants a map',
		files: { [MAIN]: http(server(WORKS)) },
		says: [],
		all: true,
	},
	{
		number: 7,
		complaint: 'a map that says close for plain requests takes away the connections that nginx keeps to the backend since 1.29.7',
		version: '1.30.0',
		all: true,
		files: {
			[MAIN]: http(
				`\tmap $http_upgrade $connection_upgrade {\n\t\tdefault upgrade;\n\t\t'' close;\n\t}\n\tupstream chat {\n\t\tserver 127.0.0.1:3000;\n\t}\n${server(WORKS.replace('"upgrade"', '$connection_upgrade').replace('127.0.0.1:3000', 'chat'))}`,
			),
		},
		says: [
			`backend-keepalive-lost: Plain requests through location /ws tell the backend to close the connection ("Connection: close"), so each opens a new one, though nginx keeps them for upstream chat (nginx.conf, line 7). Let the map give nothing for them: \`'' '';\`.`,
		],
	},
	{
		number: 8,
		complaint: 'works on the new machine, fails on the old one (1.29.7 changed the default)',
		files: { [MAIN]: http(server(WORKS.replace('proxy_http_version 1.1;\n', ''))) },
		version: '1.26.3',
		says: [
			'http-version-1-0: nginx before 1.29.7 speaks HTTP/1.0 to this backend because no proxy_http_version is set, and 4 of 21 tested backends refuse a WebSocket handshake over it (Go coder/websocket, Python websockets, Hypercorn, Jetty). Write `proxy_http_version 1.1;`, which newer versions do by themselves.',
		],
	},
	{
		number: 8,
		complaint: 'the same file on the new machine',
		files: { [MAIN]: http(server(WORKS.replace('proxy_http_version 1.1;\n', ''))) },
		version: '1.30.0',
		says: [],
		all: true,
	},
	{
		number: 9,
		complaint: 'the two values were swapped',
		files: {
			[MAIN]: http(
				`\tmap $http_upgrade $connection_upgrade {\n\t\tdefault upgrade;\n\t\t'' close;\n\t}\n${server(WORKS.replace('Upgrade $http_upgrade', 'Upgrade $connection_upgrade').replace('"upgrade"', '$http_upgrade'))}`,
			),
		},
		says: [
			'upgrade-value-wrong: The backend gets "Upgrade: upgrade" instead of "Upgrade: websocket", because $connection_upgrade holds the word for Connection, and refuses the handshake. Write `proxy_set_header Upgrade $http_upgrade;` and `proxy_set_header Connection $connection_upgrade;`.',
		],
	},
	{
		number: 9,
		complaint: 'the shell ate the $',
		files: { [MAIN]: http(server(WORKS.replace('"upgrade"', '"connection_upgrade"'))) },
		says: [
			'connection-not-upgrade: The backend gets "Connection: connection_upgrade", which is not the word "upgrade", and a backend that keeps to RFC 6455 refuses the handshake. Write `proxy_set_header Connection $connection_upgrade;`, with its map in the http block.',
		],
	},
	{
		number: 10,
		complaint: '403: the application compares Origin with Host, and linters demand Host everywhere',
		files: { [MAIN]: http(server(`${WORKS}\nproxy_set_header Host $http_host;`)) },
		says: [],
		all: true,
	},
	{
		number: 10,
		complaint: '403: the backend compares Origin with the name of the upstream, which is the Host that it gets',
		files: {
			[MAIN]: http(`\tupstream app {\n\t\tserver 127.0.0.1:3000;\n\t}\n${server(WORKS.replace('127.0.0.1:3000', 'app'))}`),
		},
		says: [
			`host-not-forwarded: The backend gets "Host: app" and not the name in the browser's address, so a check of the Origin against it answers 403 (Go's gorilla/websocket and Tornado do so). Write \`proxy_set_header Host $host;\`.`,
		],
		all: true,
		asked: 'host-not-forwarded',
	},
	{
		number: 11,
		complaint: 'session ID unknown, most of the time',
		files: {
			[MAIN]: http(
				`\tupstream app {\n\t\tserver 10.0.0.1:3000;\n\t\tserver 10.0.0.2:3000;\n\t}\n${server(WORKS.replace('127.0.0.1:3000', 'app')).replace('/ws', '/socket.io/')}`,
			),
		},
		says: [
			`socket-io-affinity: location /socket.io/ (nginx.conf, line 9) spreads the requests of one socket.io session over 2 servers (round robin), and all but one answer 400 "Session ID unknown". Add \`ip_hash;\` to this upstream, unless every client uses the websocket transport alone.`,
		],
	},
	{
		number: 11,
		complaint: 'the same servers for a plain WebSocket, where nothing is wrong',
		files: {
			[MAIN]: http(
				`\tupstream app {\n\t\tserver 10.0.0.1:3000;\n\t\tserver 10.0.0.2:3000;\n\t}\n${server(WORKS.replace('127.0.0.1:3000', 'app'))}`,
			),
		},
		says: [],
		all: true,
	},
	{
		number: 12,
		complaint: 'the client gets 301',
		files: {
			[MAIN]: http(
				`\tserver {\n\t\tlisten 80;\n\t\treturn 301 https://$host$request_uri;\n\t\tlocation /ws {\n\t\t\t${WORKS.replaceAll('\n', '\n\t\t\t')}\n\t\t}\n\t}\n`,
			),
		},
		says: [
			'handshake-answered: This return answers 301 before proxy_pass, so no handshake reaches the backend of location /ws (nginx.conf, line 6). Move it into a location of its own, or let handshakes pass it: `if ($http_upgrade !~* "^websocket$") { … }` around it.',
		],
	},
	{
		number: 12,
		complaint: 'a redirect to https beside the server that does the work',
		files: {
			[MAIN]: http(
				`\tserver {\n\t\tlisten 80 default_server;\n\t\treturn 301 https://$host$request_uri;\n\t}\n${server(WORKS).replace('listen 80', 'listen 8443')}`,
			),
		},
		says: [],
		all: true,
	},
	{
		number: 13,
		complaint: 'the slash at the end decides whether it works',
		files: { [MAIN]: http(server(WORKS).replace('/ws', '/ws/')) },
		says: [],
		all: true,
	},
	{
		number: 14,
		complaint: 'HTTP/2 to the backend',
		files: { [MAIN]: http(server(WORKS.replace('1.1', '2'))) },
		version: '1.30.0',
		says: [
			'http-version-2: nginx speaks HTTP/2 to this backend, and no upgrade is possible over it: the handshake ends in 200 or 502. Write `proxy_http_version 1.1;` in this location. (Holds from nginx 1.29.4.)',
		],
	},
	{
		number: 14,
		complaint: 'HTTP/2 towards the browser: told to be the reason, and is not',
		files: { [MAIN]: http(server(WORKS).replace('listen 80;', 'listen 443;\n\t\thttp2 on;')) },
		version: '1.30.0',
		says: [],
		all: true,
	},
	{
		number: 15,
		complaint: 'Safari fails on an Upgrade header, and the cure for it breaks the WebSocket',
		files: { [MAIN]: http(`\tproxy_hide_header Upgrade;\n${server(WORKS)}`) },
		says: [
			`upgrade-hidden: proxy_hide_header takes Upgrade out of the backend's 101 (nginx.conf, line 3), so the client refuses the handshake although nginx logs 101. Write \`proxy_pass_header Upgrade;\` in this location.`,
		],
	},
	{
		number: 16,
		complaint: 'a noisy rule about h2c where only websocket is let through',
		files: {
			[MAIN]: http(
				`\tmap $http_upgrade $ws {\n\t\tdefault '';\n\t\t~*^websocket$ websocket;\n\t}\n\tmap $ws $conn {\n\t\tdefault upgrade;\n\t\t'' '';\n\t}\n${server(WORKS.replace('$http_upgrade', '$ws').replace('"upgrade"', '$conn'))}`,
			),
		},
		says: [],
		all: true,
	},
	{
		number: 16,
		complaint: 'whatever protocol a client names is tunnelled',
		asked: 'upgrade-any-protocol',
		all: true,
		files: { [MAIN]: http(server(WORKS)) },
		says: [
			"upgrade-any-protocol: location /ws sends on any protocol that a client names in Upgrade; if the backend takes up another one than WebSocket (h2c), what is in that tunnel passes by locations, access rules and logs. Write `map $http_upgrade $websocket_upgrade { default ''; ~*^websocket$ websocket; }` in the http block and `proxy_set_header Upgrade $websocket_upgrade;` here.",
		],
	},
	{
		number: 17,
		complaint: '401 with a password in front',
		files: { [MAIN]: http(server(`${WORKS}\nauth_basic "members";\nauth_basic_user_file users;`)) },
		says: [],
	},
	{
		number: 18,
		complaint: 'after a reload the old processes stay for days',
		files: { [MAIN]: http(server(WORKS)) },
		says: [
			`reload-keeps-workers: After a reload the old workers live on until the last tunnel of location /ws ends, with the old configuration. Set \`worker_shutdown_timeout 1h;\` at the top of nginx.conf to end them.`,
		],
		all: true,
		asked: 'reload-keeps-workers',
	},
	{
		number: 19,
		complaint: 'quotes, braces and a # inside of words, which formatters damage',
		files: {
			[MAIN]: http(
				`\tmap "$http_upgrade;{}" $x {\n\t\tdefault "a # b; }";\n\t\t"~^x{2,3}$" 'c';\n\t}\n${server(`${WORKS}\nadd_header X-A "#; {";`)}`,
			),
		},
		says: [],
		all: true,
	},
	{
		number: 20,
		complaint: 'a misspelt directive',
		files: { [MAIN]: http(server(WORKS.replace('proxy_http_version', 'proxy_http_verison'))) },
		says: [
			'unknown-directive: There is no directive "proxy_http_verison"; nginx refuses to start. Did you mean proxy_http_version?',
		],
	},
	{
		number: 20,
		complaint: 'a template with variables of the shell',
		files: {
			'/etc/nginx/templates/default.conf.template': `server {\n\tlisten \${PORT};\n\tlocation /ws {\n\t\t${WORKS.replaceAll('\n', '\n\t\t').replace('127.0.0.1:3000', `\${BACKEND}`)}\n\t}\n}\n`,
		},
		says: [],
		all: true,
	},
	{
		number: 20,
		complaint: 'half a file, while it is typed',
		files: { [MAIN]: 'events {}\nhttp {\n\tserver {\n\t\tlocation /ws {\n\t\t\tproxy_pass http://127' },
		says: [
			'syntax-error: The block of "http" is never closed: add "}".',
			'syntax-error: The block of "server" is never closed: add "}".',
			'syntax-error: The block of "location /ws" is never closed: add "}".',
			'syntax-error: "proxy_pass" is not ended: add ";" here.',
		],
	},
];
