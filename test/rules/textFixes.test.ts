import { expect, test } from 'vitest';
import { afterFix, analysed, versionOf } from '../support/analysed.ts';

/* What the preferred fixes of findings about refused text write. */

const MAIN = '/etc/nginx/nginx.conf';
const http = (text: string): string => `events {}\nhttp {\n${text}\n}\n`;
const location = (lines: string): string =>
	http(
		`server {\nlisten 80;\nlocation /ws {\nproxy_pass http://127.0.0.1:1;\nproxy_http_version 1.1;\n${lines}\nproxy_read_timeout 1h;\n}\n}`,
	);

test.each([
	[
		'a map without an end of its entry',
		"map $http_upgrade $c { default upgrade '' close; }",
		"map $http_upgrade $c { default upgrade; '' close; }",
	],
	[
		'a map with signs of equality',
		"map $http_upgrade $c { default = upgrade; '' close; }",
		"map $http_upgrade $c { default upgrade; '' close; }",
	],
	[
		'a map whose variable has braces',
		'map $uri ${cu} { default a; }\nserver { return 200 $cu; }',
		'map $uri $cu { default a; }\nserver { return 200 $cu; }',
	],
	[
		'a map whose variable has no dollar',
		'map $uri cu { default a; }\nserver { return 200 $cu; }',
		'map $uri $cu { default a; }\nserver { return 200 $cu; }',
	],
	[
		'a repeat in an expression',
		'server { location ~ ^/a[0-9]{1,3}$ { return 200; } }',
		'server { location ~ "^/a[0-9]{1,3}$" { return 200; } }',
	],
	[
		'a repeat in a condition',
		'server { if ($uri ~ ^/(a|b){2}$) { return 200; } }',
		'server { if ($uri ~ "^/(a|b){2}$") { return 200; } }',
	],
	['a repeat in a map', 'map $uri $x { ~^/[0-9]{3}$ a; }', 'map $uri $x { "~^/[0-9]{3}$" a; }'],
	['if without its blank', "server { if($host != 'x') { return 200; } }", "server { if ($host != 'x') { return 200; } }"],
	['location without its blank', 'server { location/ws { return 200; } }', 'server { location /ws { return 200; } }'],
	[
		'a condition without parentheses',
		'server { if $http_upgrade = a { return 200; } }',
		'server { if ($http_upgrade = a) { return 200; } }',
	],
	[
		'a condition without a dollar',
		'server { if (http_upgrade = a) { return 200; } }',
		'server { if ($http_upgrade = a) { return 200; } }',
	],
	['a comma for the semicolon', 'server {\nlisten 80,\nroot /a;\n}', 'server {\nlisten 80;\nroot /a;\n}'],
	['a colon for the semicolon', 'server {\nlisten 80:\n}', 'server {\nlisten 80;\n}'],
	['a comma for the semicolon of an entry', "map $uri $c {\n/a b,\n'' c;\n}", "map $uri $c {\n/a b;\n'' c;\n}"],
	['a semicolon of another script', 'server {\nlisten 80；\nroot /a;\n}', 'server {\nlisten 80;\nroot /a;\n}'],
	[
		'a server whose first line is commented out',
		'server {\nlisten 80;\n}\n#server {\nlisten 81;\nlocation / { return 200; }\n}',
		'server {\nlisten 80;\n}\nserver {\nlisten 81;\nlocation / { return 200; }\n}',
	],
	[
		'a location whose first line is commented out',
		'server {\n# location /a {\n# root /a;\n# }\n# location /ws {\nproxy_pass http://127.0.0.1:1;\n}\nlisten 80;\n}',
		'server {\n# location /a {\n# root /a;\n# }\nlocation /ws {\nproxy_pass http://127.0.0.1:1;\n}\nlisten 80;\n}',
	],
	[
		'a server whose first line is gone',
		'\tserver {\n\t\tlisten 80;\n\t}\n\t\tlisten 81;\n\t\tlocation / { return 200; }\n\t}',
		'\tserver {\n\t\tlisten 80;\n\t}\n\tserver {\n\t\tlisten 81;\n\t\tlocation / { return 200; }\n\t}',
	],
	[
		'a brace too many within',
		'\tserver {\n\t\tlocation /a { return 200; }\n\t\t}\n\t\tlocation /b { return 200; }\n\t}',
		'\tserver {\n\t\tlocation /a { return 200; }\n\t\t\n\t\tlocation /b { return 200; }\n\t}',
	],
	[
		'a map that defines the header it is to look up',
		"map $http_upgrade $http_upgrade { default upgrade; '' close; }\nserver { location /ws { proxy_pass http://127.0.0.1:1; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; proxy_read_timeout 1h; } }",
		"map $http_upgrade $connection_upgrade { default upgrade; '' close; }\nserver { location /ws { proxy_pass http://127.0.0.1:1; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; proxy_read_timeout 1h; } }",
	],
	[
		'the two names of a map the wrong way around',
		"map $connection_upgrade $http_upgrade { default upgrade; '' close; }\nserver { location /ws { proxy_pass http://127.0.0.1:1; proxy_set_header Connection $connection_upgrade; } }",
		"map $http_upgrade $connection_upgrade { default upgrade; '' close; }\nserver { location /ws { proxy_pass http://127.0.0.1:1; proxy_set_header Connection $connection_upgrade; } }",
	],
	['a comment of C', 'server {\n/* old */ listen 80;\n}', 'server {\n# old\nlisten 80;\n}'],
	['a comment of an INI file', 'server {\n; chat\nlisten 80;\n}', 'server {\n# chat\nlisten 80;\n}'],
	['a line that goes on with a backslash', 'server { listen 80; \\\nroot /a; }', 'server { listen 80; \nroot /a; }'],
	[
		'an open quote',
		'server {\nlisten 80;\nadd_header X "a;\nroot /a;\n}',
		'server {\nlisten 80;\nadd_header X "a";\nroot /a;\n}',
	],
	['an open quote in a block on one line', 'server { listen 80; add_header X "a; }', 'server { listen 80; add_header X "a"; }'],
	['a no-break space behind the name', 'server { listen\u00a080; }', 'server { listen 80; }'],
	['a no-break space between words', 'server { add_header X\u00a0a; }', 'server { add_header X a; }'],
	['a listen as a URL', 'server { listen http://127.0.0.1:80; }', 'server { listen 127.0.0.1:80; }'],
	['a time in two words', 'proxy_read_timeout 1h 30m;', 'proxy_read_timeout 1h30m;'],
	['no time-out', 'proxy_read_timeout off;', 'proxy_read_timeout 1d;'],
	['a parenthesis too few', 'server { if ($uri ~ (a|b) { return 200; } }', 'server { if ($uri ~ (a|b)) { return 200; } }'],
])('%s', (_, bad, good) => {
	const texts = { [MAIN]: http(bad) };
	const fix = analysed(texts)
		.findings.flatMap((finding) => finding.fixes())
		.find(({ preferred }) => preferred);
	expect(fix === undefined ? undefined : afterFix(texts, fix)[MAIN]).toBe(http(good));
});

test.each([
	[
		'a name that nobody has',
		'proxy_header Upgrade $http_upgrade;\nproxy_set_header Connection upgrade;',
		'proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection upgrade;',
	],
	[
		'always behind a header',
		'proxy_set_header Upgrade $http_upgrade always;\nproxy_set_header Connection upgrade;',
		'proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection upgrade;',
	],
	[
		'headers in an if',
		'if ($http_upgrade) {\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection upgrade;\n}',
		'proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection upgrade;\nif ($http_upgrade) {\n}',
	],
])('in a location: %s', (_, bad, good) => {
	const texts = { [MAIN]: location(bad) };
	const [fix] = analysed(texts)
		.findings.filter(({ severity }) => severity === 'error')
		.flatMap((finding) => finding.fixes().filter(({ preferred }) => preferred));
	expect(fix === undefined ? undefined : afterFix(texts, fix)[MAIN]).toBe(location(good));
});

test('a map above http goes into it', () => {
	const texts = { [MAIN]: `events {}\nmap $uri $x {\n\tdefault a;\n}\nhttp {\n\tserver {\n\t\tlisten 80;\n\t}\n}\n` };
	const [fix] = analysed(texts).findings[0]?.fixes() ?? [];
	expect(fix && afterFix(texts, fix)[MAIN]).toBe(
		'events {}\nhttp {\n\tmap $uri $x {\n\t\tdefault a;\n\t}\n\n\tserver {\n\t\tlisten 80;\n\t}\n}\n',
	);
});

test('a misspelt variable is looked for among the own ones first', () => {
	const map = "map $http_upgrade $ws_upgrade { default websocket; '' ''; }\n";
	const server = 'server { location /ws { proxy_pass http://127.0.0.1:1; proxy_set_header Upgrade $ws_upgrad; } }';
	const said = analysed({ [MAIN]: http(map + server) }).findings.find(({ ruleId }) => ruleId === 'unknown-variable');
	expect(said?.message).toContain('Did you mean $ws_upgrade?');
});

test('stream has no variables of requests', () => {
	const text = 'events {}\nstream {\nmap $http_upgrade $x { default a; }\nserver { listen 80; proxy_pass $x; }\n}\n';
	expect(analysed({ [MAIN]: text }).findings.map(({ message }) => message)).toEqual([
		'nginx refuses to start with unknown "http_upgrade" variable: stream passes bytes on and has no variables of requests. Take it out, or use a variable of the stream modules.',
	]);
});

test('a directive that the version has not is an error where the version was said, and a warning where it is assumed', () => {
	const texts = { [MAIN]: http('server { listen 80; http2 on; }') };
	const version = versionOf('1.22.1');
	const severities = [true, false].map((isVersionStated) =>
		analysed(texts, { version, isVersionStated }).findings.map(({ severity }) => severity),
	);
	expect(severities).toEqual([['error'], ['warning']]);
});

test('files are named from the main file’s folder, and a file included twice is named so', () => {
	const messages = analysed({
		[MAIN]: 'events {}\nhttp {\nserver {\nlisten 80;\ninclude a.conf;\ninclude a.conf;\n}\n}\n',
		'/etc/nginx/a.conf': 'root /a;\n',
	}).findings.map(({ message }) => message);
	expect(messages).toEqual([
		'root is set here already (its file is included twice here); nginx refuses to start. Keep one of them.',
	]);
});

test('a brace is not taken out where the line that opened its block is gone', () => {
	const text = http('server {\nlisten 80;\nproxy_pass http://127.0.0.1:1;\n}\nlisten 80;\n}');
	const { findings } = analysed({ [MAIN]: text }, { version: versionOf('1.22.1') });
	const fixes = findings.find(({ ruleId }) => ruleId === 'syntax-error')?.fixes() ?? [];
	expect(fixes.map(({ title, preferred }) => ({ title, preferred }))).toEqual([
		{ title: 'Remove the extra closing brace', preferred: false },
	]);
});

test('a block that was pasted into a map is told as that', () => {
	const text = http(
		"map $uri $a {\ndefault b;\nlocation /ws {\nproxy_pass http://127.0.0.1:1;\n}\n'' c;\n}\nserver {\nlisten 80;\n}",
	);
	const { findings } = analysed({ [MAIN]: text }, { version: versionOf('1.22.1') });
	expect(findings.map(({ message }) => message)).toEqual([
		'A map holds no blocks: take this one out of it, or end the map with "}" before it.',
	]);
});

test.each([
	['above the http block', 'proxy_http_version 1.1;\nevents {}\nhttp {\n\tserver { listen 80; }\n}\n'],
	['in events', 'events {\n\tproxy_http_version 1.1;\n}\nhttp {\n\tserver { listen 80; }\n}\n'],
])('a line of locations %s goes into it', (_, text) => {
	const texts = { [MAIN]: text };
	const { findings } = analysed(texts, { version: versionOf('1.22.1') });
	const [fix] = findings.find(({ ruleId }) => ruleId === 'directive-context')?.fixes() ?? [];
	const fixed = fix === undefined ? '' : (afterFix(texts, fix)[MAIN] ?? '');
	expect(fixed).toContain('http {\n\tproxy_http_version 1.1;\n\tserver');
	expect(fixed.match(/proxy_http_version/g)).toHaveLength(1);
});

const C = 'ssl_certificate cert.pem; ssl_certificate_key key.pem;';
const WS =
	'location /ws { proxy_pass http://127.0.0.1:1; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_read_timeout 1h; proxy_set_header X-Forwarded-Proto $scheme; }';
test.each([
	['a port of TLS that comes first', 'listen 443;\nlisten 80;', 'listen 443 ssl;\nlisten 80;', 'listen-without-tls'],
	['a port of TLS alone', 'listen 443;', 'listen 443 ssl;', 'listen-without-tls'],
	['a port of TLS with http2', 'listen [::]:443 http2;', 'listen [::]:443 http2 ssl;', 'listen-http2-only'],
	['a port of TLS with http2, told of TLS', 'listen [::]:443 http2;', 'listen [::]:443 http2 ssl;', 'listen-without-tls'],
])('%s', (_, bad, good, rule) => {
	const server = (listen: string): string => http(`server {\n${listen}\n${C}\n${WS}\nlocation / { root /a; }\n}`);
	const texts = { [MAIN]: server(bad) };
	const { findings } = analysed(texts, { version: versionOf('1.22.1') });
	const fix = findings
		.find(({ ruleId }) => ruleId === rule)
		?.fixes()
		.find(({ preferred }) => preferred);
	expect(fix && afterFix(texts, fix)[MAIN]).toBe(server(good));
	expect(fix?.safe).toBe(true);
});

test('taking http2 off a port says whom that shuts out', () => {
	const text = http(`server {\nlisten 8080 http2;\n${WS}\nlocation / { root /a; }\n}`);
	const { findings } = analysed({ [MAIN]: text }, { version: versionOf('1.22.1') });
	expect(findings.find(({ ruleId }) => ruleId === 'listen-http2-only')?.fixes()[0]?.title).toBe(
		'Take http2 off this listen, which shuts out HTTP/2 without TLS',
	);
});

test.each([
	['is not preferred for a name without a dot', '', false],
	['is preferred where the file asks it elsewhere', 'server { listen 81; resolver 127.0.0.11; }', true],
])("Docker's name server %s", (_, more, preferred) => {
	const text = http(
		`${more} server {\nlisten 80;\n${WS.replace('proxy_pass http://127.0.0.1:1', 'set $b chat; proxy_pass http://$b:1')} }`,
	);
	const { findings } = analysed({ [MAIN]: text }, { version: versionOf('1.22.1') });
	const fixes = findings.find(({ ruleId }) => ruleId === 'proxy-target-unusable')?.fixes() ?? [];
	expect(fixes.map((fix) => [fix.title, fix.preferred])).toEqual([
		["Ask Docker's name server (127.0.0.11, only inside Docker)", preferred],
	]);
});
