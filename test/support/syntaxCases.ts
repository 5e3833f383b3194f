/** Where a case stands in a whole configuration, so that nginx can be asked about it. */
export type Place = 'main' | 'http' | 'server' | 'location' | 'types' | 'map' | 'upstream';

/** A text, what nginx reads in it (see `outline`) and what is wrong with it (see `problemsOutline`); lines count from the text's first. */
export interface SyntaxCase {
	/** The row of the semantics catalogue, or what the case is about. */
	readonly row: string;
	readonly name: string;
	readonly place: Place;
	readonly text: string;
	readonly outline: string;
	readonly problems?: readonly string[];
	/** nginx stops at something else first (an unknown name, say): it is not asked. */
	readonly nginxDiffers?: string;
}

const long = (bytes: number): string => 'x'.repeat(bytes);

/** One line each for the rows TK1 – TK16, checked by the reader's test and against nginx. */
export const tokenizerCases: readonly SyntaxCase[] = [
	{ row: 'TK1', name: 'space, tab, CR and LF separate words', place: 'types', text: 'a b\tc\rd\n e;', outline: 'a b c d e;' },
	{
		row: 'TK1',
		name: 'vertical tab and no-break space do not',
		place: 'types',
		text: 'a\vb c\u00a0d;',
		outline: '«a\\u000bb» «c\u00a0d»;',
	},
	{ row: 'TK1', name: 'CRLF files are fine', place: 'types', text: 'a b;\r\n# c\r\nd e;\r\n', outline: 'a b; d e;' },
	{
		row: 'TK1',
		name: 'the byte order mark is part of the first name',
		place: 'main',
		text: '\ufeffuser a;',
		outline: '«\ufeffuser» a;',
	},
	{ row: 'TK1', name: 'NUL is part of a word', place: 'types', text: 'a\0b c;', outline: '«a\\u0000b» c;' },
	{ row: 'TK2', name: 'a hash in a word is no comment', place: 'types', text: 'a#b c#;', outline: '«a#b» «c#»;' },
	{
		row: 'TK2',
		name: 'a comment may start after ; { and }',
		place: 'http',
		text: 'server {# a\nlisten 80;# b }\n}# c',
		outline: 'server { listen 80; }',
	},
	{ row: 'TK2', name: 'a comment may stand between arguments', place: 'types', text: 'a # ; { "\n b;', outline: 'a b;' },
	{
		row: 'TK2',
		name: 'a hash right after a quote is refused',
		place: 'types',
		text: 'a "b"# c\n;',
		outline: 'a b;',
		problems: ['unexpected-after-quote 1:"\\"b\\"" | 1: unexpected "#"'],
	},
	{ row: 'TK3', name: 'quotes inside a word are literal', place: 'types', text: `a"b"c don't;`, outline: '«a"b"c» «don\'t»;' },
	{
		row: 'TK3',
		name: 'a word may not follow a closing quote',
		place: 'types',
		text: 'a "b"c;',
		outline: 'a b c;',
		problems: ['unexpected-after-quote 1:"\\"b\\"" | 1: unexpected "c"'],
	},
	{
		row: 'TK3',
		name: 'nor may a quoted one',
		place: 'types',
		text: `a "b""c";`,
		outline: 'a b c;',
		problems: ['unexpected-after-quote 1:"\\"b\\"" | 1: unexpected """'],
	},
	{
		row: 'TK4',
		name: ') after a quote starts a new word',
		place: 'types',
		text: 'if ($a = "b") c;',
		outline: 'if «($a» = b «)» c;',
	},
	{
		row: 'TK5',
		name: 'escaped quotes and backslashes lose the backslash',
		place: 'types',
		text: `a \\"b\\' "\\"" \\\\;`,
		outline: `a «"b'» «"» «\\\\»;`,
	},
	{
		row: 'TK5',
		name: '\\t \\r \\n become control characters, in quotes or not',
		place: 'types',
		text: `a b\\tc "\\r" '\\n';`,
		outline: 'a «b\\tc» «\\r» «\\n»;',
	},
	{
		row: 'TK5',
		name: 'every other backslash stays, and hides what follows',
		place: 'types',
		text: 'a \\. \\; \\{ \\# b\\ c;',
		outline: 'a «\\\\.» «\\\\;» «\\\\{» «\\\\#» «b\\\\ c»;',
	},
	{
		row: 'TK6',
		name: 'line ends in quotes and between arguments',
		place: 'types',
		text: 'a "b\nc"\n\n d\n;',
		outline: 'a «b\\nc» d;',
	},
	{
		row: 'TK7',
		name: 'a brace ends a word and opens a block',
		place: 'server',
		text: 'location /ws{}',
		outline: 'location /ws { }',
	},
	{
		row: 'TK7',
		name: 'a regular expression with a bare brace is torn apart',
		place: 'server',
		text: 'location ~ ^/a{2}$ {\n}',
		outline: 'location ~ ^/a { «2}$» { } ?',
		problems: ['unclosed-block 1:"{" | 2: unexpected end of file, expecting "}"'],
		nginxDiffers: 'unknown directive "2}$"',
	},
	{
		row: 'TK7',
		name: 'a brace right after a dollar is part of the word',
		place: 'types',
		text: 'a ${b}c $${d ${{e;',
		outline: 'a «${b}c» «$${d» «${{e»;',
	},
	{
		row: 'TK7',
		name: 'but not after $x',
		place: 'types',
		text: 'a $b{',
		outline: 'a $b { ?',
		problems: ['unexpected-open 1:"{" | 1: unexpected "{"', 'unclosed-block 1:"{" | 1: unexpected end of file, expecting "}"'],
	},
	{ row: 'TK8', name: '} inside a word is literal', place: 'types', text: 'ab} c}d;', outline: '«ab}» «c}d»;' },
	{
		row: 'TK8',
		name: '} at the start of a word closes, and complains of pending words',
		place: 'http',
		text: 'server {\nlisten 80\n}',
		outline: 'server { listen 80! }',
		problems: ['missing-semicolon 2:"0" | 3: unexpected "}"'],
	},
	{ row: 'TK9', name: '; ends a directive right after a quote', place: 'types', text: `a "b";c 'd';`, outline: 'a b; c d;' },
	{
		row: 'TK9',
		name: ';;',
		place: 'types',
		text: 'a b;;',
		outline: 'a b;',
		problems: ['unexpected-semicolon 1:";" | 1: unexpected ";"'],
	},
	{
		row: 'TK9',
		name: '};',
		place: 'http',
		text: 'server {\n};',
		outline: 'server { }',
		problems: ['unexpected-semicolon 2:";" | 2: unexpected ";"'],
	},
	{
		row: 'TK9',
		name: 'a bare {',
		place: 'http',
		text: 'server {\n{ listen 80; }\n}',
		outline: 'server { listen 80; }',
		problems: ['unexpected-open 2:"{" | 2: unexpected "{"'],
	},
	{
		row: 'TK9',
		name: '{{',
		place: 'http',
		text: 'server {{\nlisten 80;\n}',
		outline: 'server { listen 80; }',
		problems: ['unexpected-open 1:"{" | 1: unexpected "{"'],
	},
	{ row: 'TK11', name: 'a word of 4095 bytes fits', place: 'types', text: `a ${long(4095)};`, outline: `a ${long(4095)};` },
	{
		row: 'TK11',
		name: 'one of 4096 does not',
		place: 'types',
		text: `a\n${long(4096)};`,
		outline: `a ${long(4096)};`,
		problems: [`parameter-too-long 2:"${long(4096)}" | 2: too long parameter "xxxxxxxxxx..." started`],
	},
	{
		row: 'TK11',
		name: 'bytes count, not characters',
		place: 'types',
		text: `a ${'é'.repeat(2048)};`,
		outline: `a «${'é'.repeat(2048)}»;`,
		problems: [`parameter-too-long 1:"${'é'.repeat(2048)}" | 1: too long parameter "éééééééééé..." started`],
		nginxDiffers: 'it quotes ten bytes, not ten characters',
	},
	{
		row: 'TK11',
		name: 'in quotes nginx suspects a missing quote',
		place: 'types',
		text: `a\n"${long(4096)}"\n;`,
		outline: `a ${long(4096)};`,
		problems: [`parameter-too-long 2:"\\"${long(4096)}\\"" | 2: too long parameter, probably missing terminating """ character`],
	},
	{
		row: 'TK11',
		name: 'a comment of 4096 bytes does not fit either',
		place: 'types',
		text: `a b;\n#${long(4095)}\nc d;`,
		outline: 'a b; c d;',
		problems: [`parameter-too-long 2:"#${long(4095)}" | 2: too long parameter "#xxxxxxxxx..." started`],
	},
	{
		row: 'TK12',
		name: 'a quote that is never closed',
		place: 'types',
		text: 'a b;\nc "d;\ne f;\n',
		outline: 'a b; c d; e f;',
		problems: ['unterminated-quote 2:"\\"d" | 4: unexpected end of file, expecting ";" or "}"'],
	},
	{
		row: 'TK12',
		name: 'a quote that ends in the next one',
		place: 'types',
		text: 'a "b;\nc "d";\ne f;',
		outline: 'a b; c d; e f;',
		problems: ['unterminated-quote 1:"\\"b" | 2: unexpected "d"'],
	},
	{
		row: 'TK12',
		name: 'a block that is never closed',
		place: 'main',
		text: 'events {}\nhttp {\nserver {\n}\n',
		outline: 'events { } http { server { } ?',
		problems: ['unclosed-block 2:"{" | 5: unexpected end of file, expecting "}"'],
	},
	{ row: 'TK14', name: 'empty arguments are arguments', place: 'types', text: `a "" '';`, outline: 'a «» «»;' },
	{
		row: 'TK15',
		name: 'braces in Lua strings and comments do not count',
		place: 'server',
		text: 'content_by_lua_block {\n local a = "}" .. \'{\' .. [[}]] .. [==[ ]] } ]==]\n -- }\n --[[ }\n ]]\n if a then b({}) end\n}\nlisten 80;',
		outline: 'content_by_lua_block { raw } listen 80;',
		nginxDiffers: 'there is no Lua module in it',
	},
	{
		row: 'TK15',
		name: 'Lua that is never closed',
		place: 'server',
		text: 'set_by_lua_block $a {\n return "}"\n',
		outline: 'set_by_lua_block $a { raw ?',
		problems: ['unclosed-block 1:"{" | 3: unexpected end of file, expecting terminating characters for lua code block'],
		nginxDiffers: 'there is no Lua module in it',
	},
	{
		row: 'TK16',
		name: 'entries of a map are lists of words',
		place: 'map',
		text: "default upgrade; '' close; server a;",
		outline: 'default upgrade; «» close; server a;',
	},
	{
		row: 'TK16',
		name: 'an entry takes no block',
		place: 'map',
		text: 'default { a b; }',
		outline: 'default { a b; }',
		problems: ['unexpected-open 1:"{" | 1: unexpected "{"'],
	},
];

/** A forgotten `;` or brace: where the person forgot it, and what nginx says where (TK8, TK10, TK12). */
export const forgottenCases: readonly SyntaxCase[] = [
	{
		row: 'TK10',
		name: 'the next line becomes arguments',
		place: 'location',
		text: 'proxy_pass http://127.0.0.1:9000\nproxy_http_version 1.1;\nproxy_read_timeout 1d;',
		outline: 'proxy_pass http://127.0.0.1:9000! proxy_http_version 1.1; proxy_read_timeout 1d;',
		problems: ['missing-semicolon 1:"0" | 2: invalid number of arguments in "proxy_pass" directive'],
	},
	{
		row: 'TK10',
		name: 'nginx names the line of the ; that ends it all',
		place: 'location',
		text: 'proxy_set_header Host $host\n\n# why\nproxy_set_header\n  Upgrade\n  $http_upgrade\n;',
		outline: 'proxy_set_header Host $host! proxy_set_header Upgrade $http_upgrade;',
		problems: ['missing-semicolon 1:"t" | 7: invalid number of arguments in "proxy_set_header" directive'],
	},
	{
		row: 'TK10',
		name: 'two in a row',
		place: 'location',
		text: 'proxy_set_header Host $host\nproxy_set_header Upgrade $http_upgrade\nproxy_pass http://127.0.0.1;',
		outline: 'proxy_set_header Host $host! proxy_set_header Upgrade $http_upgrade! proxy_pass http://127.0.0.1;',
		problems: [
			'missing-semicolon 1:"t" | 3: invalid number of arguments in "proxy_set_header" directive',
			'missing-semicolon 2:"e" | 3: invalid number of arguments in "proxy_set_header" directive',
		],
	},
	{
		row: 'TK10',
		name: 'before a block',
		place: 'server',
		text: 'root /srv\nlocation / {\n}',
		outline: 'root /srv! location / { }',
		problems: ['missing-semicolon 1:"v" | 2: directive "root" is not terminated by ";"'],
	},
	{
		row: 'TK10',
		name: 'server_name before a block',
		place: 'server',
		text: 'server_name a.example\n\nlocation = /x {\n}',
		outline: 'server_name a.example! location = /x { }',
		problems: ['missing-semicolon 1:"e" | 3: directive "server_name" is not terminated by ";"'],
	},
	{
		row: 'TK10',
		name: 'listen takes any number of words, but not these',
		place: 'server',
		text: 'listen 18080\nserver_name a.example;',
		outline: 'listen 18080! server_name a.example;',
		problems: ['missing-semicolon 1:"0" | 2: invalid parameter "server_name"'],
	},
	{
		row: 'TK10',
		name: 'a server of an upstream',
		place: 'upstream',
		text: 'server 127.0.0.1:1\nserver 127.0.0.1:2\nkeepalive 2;',
		outline: 'server 127.0.0.1:1! server 127.0.0.1:2! keepalive 2;',
		problems: [
			'missing-semicolon 1:"1" | 3: invalid parameter "server"',
			'missing-semicolon 2:"2" | 3: invalid parameter "keepalive"',
		],
	},
	{
		row: 'TK10',
		name: 'access_log, error_log, error_page, add_header, ssl_protocols',
		place: 'server',
		text: 'error_log stderr\nroot /a;\nerror_page 500 502 /e\nroot /b;\nadd_header A b\nroot /c;\naccess_log off\ngzip on;\nssl_protocols TLSv1.2\nroot /d;\naccess_log /x\nroot /e;',
		outline:
			'error_log stderr! root /a; error_page 500 502 /e! root /b; add_header A b! root /c; access_log off! gzip on; ssl_protocols TLSv1.2! root /d; access_log /x! root /e;',
		problems: [
			'missing-semicolon 1:"r" | 2: invalid log level "root"',
			'missing-semicolon 3:"e" | 4: invalid value "/e"',
			'missing-semicolon 5:"b" | 6: invalid number of arguments in "add_header" directive',
			'missing-semicolon 7:"f" | 8: invalid parameter "gzip"',
			'missing-semicolon 9:"2" | 10: invalid value "root"',
			'missing-semicolon 11:"x" | 12: unknown log format "root"',
		],
	},
	{
		row: 'TK10',
		name: 'a directive without arguments',
		place: 'location',
		text: 'internal\nproxy_pass http://127.0.0.1;',
		outline: 'internal! proxy_pass http://127.0.0.1;',
		problems: ['missing-semicolon 1:"l" | 2: invalid number of arguments in "internal" directive'],
	},
	{
		row: 'TK10',
		name: 'a half-typed name',
		place: 'location',
		text: 'proxy_set_\nproxy_pass http://127.0.0.1;',
		outline: 'proxy_set_! proxy_pass http://127.0.0.1;',
		problems: ['missing-semicolon 1:"_" | 2: unknown directive "proxy_set_"'],
	},
	{
		row: 'TK10',
		name: 'a comment in the manner of other languages',
		place: 'location',
		text: 'internal; // never from outside\nproxy_pass http://127.0.0.1;',
		outline: 'internal; // never from outside! proxy_pass http://127.0.0.1;',
		problems: ['stray-words 1:"// never from outside" | 2: unknown directive "//"'],
	},
	{
		row: 'TK10',
		name: 'the last two of a block',
		place: 'location',
		text: 'proxy_set_header Host $host\nproxy_pass http://127.0.0.1\n}\n#',
		outline: 'proxy_set_header Host $host! proxy_pass http://127.0.0.1!',
		problems: [
			'missing-semicolon 1:"t" | 3: unexpected "}"',
			'missing-semicolon 2:"1" | 3: unexpected "}"',
			'unexpected-close 3:"}" | 3: unexpected "}"',
		],
	},
	{
		row: 'TK8',
		name: 'behind a quote, before }',
		place: 'http',
		text: 'server { return 200 "ok"}',
		outline: 'server { return 200 ok! }',
		problems: ['missing-semicolon 1:"\\"" | 1: unexpected "}"'],
	},
	{
		row: 'TK12',
		name: 'at the end of the file',
		place: 'main',
		text: 'user a\nworker_processes 1',
		outline: 'user a! worker_processes 1!',
		problems: [
			'missing-semicolon 1:"a" | 2: unexpected end of file, expecting ";" or "}"',
			'missing-semicolon 2:"1" | 2: unexpected end of file, expecting ";" or "}"',
		],
	},
	{
		row: 'TK10',
		name: 'in a map',
		place: 'map',
		text: "default upgrade\n'' close;",
		outline: 'default upgrade! «» close;',
		problems: ['missing-semicolon 1:"e" | 2: invalid number of the map parameters'],
	},
	{
		row: 'TK10',
		name: 'a brace instead of a semicolon',
		place: 'server',
		text: 'location /ws\n    proxy_pass http://127.0.0.1;\n}\nlisten 80;',
		outline: 'location /ws! { proxy_pass http://127.0.0.1; } listen 80;',
		problems: ['missing-open 1:"s" | 2: directive "location" has no opening "{"'],
	},
];

/** Several lines that are one directive, and that nginx accepts. */
export const severalLines: readonly { readonly place: Place; readonly text: string }[] = [
	{ place: 'http', text: "log_format main '$remote_addr'\n  '$status'\n  '$request';" },
	{ place: 'server', text: 'server_name\n  a.example\n  internal\n  root\n  default;' },
	{ place: 'server', text: 'listen 18080\n  default_server\n  proxy_protocol;' },
	{ place: 'server', text: 'server_name a.example\nroot /srv;' },
	{ place: 'server', text: 'index\n  index.html\n  root\n  gzip;' },
	{ place: 'location', text: 'add_header\n  X-A\n  "b"\n  always;' },
	{ place: 'location', text: 'proxy_set_header\n  Host\n  $host;' },
	{ place: 'location', text: 'if ($request_method\n  =\n  POST)\n{\n}' },
	{ place: 'location', text: 'try_files $uri\n  index\n  =404;' },
	{ place: 'location', text: 'return\n  200\n  "a\nproxy_pass b;\n";' },
	{ place: 'http', text: 'upstream\n  server\n{\n server 127.0.0.1:1\n  backup;\n server 127.0.0.1:2; }' },
	{ place: 'types', text: 'a\n  b\n  include\n  c;' },
	{ place: 'map', text: 'server\n  location;\ndefault\n  root;' },
];

const AROUND: Readonly<Record<Place, readonly [string, string]>> = {
	main: ['', ''],
	http: ['events {} http { access_log off; ', '\n}\n'],
	server: ['events {} http { access_log off; server { ', '\n}}\n'],
	location: ['events {} http { access_log off; server { location / { ', '\n}}}\n'],
	types: ['events {} http { access_log off; types { ', '\n}}\n'],
	map: ['events {} http { access_log off; map $uri $a { ', '\n}}\n'],
	upstream: ['events {} http { access_log off; upstream a { ', '\n}}\n'],
};

/** A text in a whole configuration, its lines keeping their numbers. */
export function placed(text: string, place: Place): string {
	const [before, after] = AROUND[place];
	return `${before}${text}${after}`;
}
