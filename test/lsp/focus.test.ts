import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildConfiguration } from '../../server/src/core/config/build.ts';
import type { Files } from '../../server/src/core/config/model.ts';
import { DEFAULT_VERSION } from '../../server/src/core/reference/versions.ts';
import { Checked } from '../../server/src/features/checked.ts';
import type { ShownFinding } from '../../server/src/features/findings.ts';
import { Focus } from '../../server/src/lsp/focus.ts';
import { Sentences } from '../../server/src/lsp/moved.ts';
import { memoryFiles } from '../support/memoryFiles.ts';
import { tokenSoup } from '../support/tokenSoup.ts';

const MAIN = '/w/nginx.conf';
const SITE = '/w/sites/one.conf';

/** Lines of a location that matter to WebSockets, to variables, and to the choice of servers and locations. */
const LINE = fc.constantFrom(
	'proxy_pass http://127.0.0.1:9000;',
	'proxy_pass http://chat;',
	'proxy_pass http://$backend;',
	'proxy_http_version 1.1;',
	'proxy_set_header Upgrade $http_upgrade;',
	'proxy_set_header Connection $connection_upgrade;',
	'proxy_set_header Connection "upgrade";',
	'proxy_set_header Host $host;',
	'proxy_set_header X $own;',
	'proxy_read_timeout 1h;',
	'set $own 1;',
	'set $backend 127.0.0.1:9001;',
	'# websocket',
	'# nginx-websocket-ignore http-version-1-0 known',
	'include gone.conf;',
	'include part.conf;',
	'return 404;',
	'proxy_hide_header Upgrade;',
	'proxy_sett_header A b;',
	'proxy_pass http://127.0.0.1:9000',
	'error_page 502 @down;',
	'error_page 418 = @down;',
	'error_page 418 @gone;',
	'return 418;',
	'root /srv;',
	'# a remark',
	'js_set $own main.f;',
	'rewrite ^/a(?<tail>.*)$ /ws/$tail last;',
	'limit_conn perip 10;',
	'proxy_cache c;',
	'deny all;',
	'internal;',
	'proxy_pass http://127.0.0.1:9000/x;',
	'proxy_set_header Upgrade websocket;',
	'proxy_set_header Sec-WebSocket-Protocol "";',
	'if ($http_upgrade = "websocket") { return 200; }',
);
const lines = fc.array(LINE, { maxLength: 5 });
const location = fc
	.tuple(
		fc.constantFrom(
			'/ws/',
			'/',
			'/api',
			'~ ^/(?<name>\\w+)/socket',
			'= /ws',
			'/socket.io/',
			'@down',
			'~* \\.js$',
			'ws',
			'/ws?x=1',
		),
		lines,
	)
	.map(([match, body]) => `\t\tlocation ${match} {\n${body.map((line) => `\t\t\t${line}\n`).join('')}\t\t}\n`);
const server = fc
	.tuple(
		fc.constantFrom('8080', '8080', '8080 default_server', '127.0.0.1:8080', '443 ssl', '443 ssl', '80'),
		fc.constantFrom('a.example.com', 'b.example.com', 'c.example.com', 'd.example.com', 'e.example.com', '*.example.com', '_'),
		fc.array(LINE, { maxLength: 2 }),
		fc.array(location, { minLength: 1, maxLength: 3 }),
	)
	.map(
		([listen, name, body, locations]) =>
			`\tserver {\n\t\tlisten ${listen};\n\t\tserver_name ${name};\n${body.map((line) => `\t\t${line}\n`).join('')}${locations.join('')}\t}\n`,
	);
const configuration = fc
	.tuple(
		fc.array(
			fc.constantFrom(
				"map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
				'map $http_upgrade $connection_upgrade { default close; websocket upgrade; }',
				'upstream chat { server 127.0.0.1:9000; server 127.0.0.1:9001; }',
				'proxy_set_header Upgrade $http_upgrade;',
				'proxy_http_version 1.1;',
				'proxy_hide_header Upgrade;',
				'limit_conn perip 10;',
				'proxy_set_header Sec-WebSocket-Protocol "";',
				'upstream chat { server 127.0.0.1:9000 max_conns=5; }',
				'# one',
			),
			{ maxLength: 4 },
		),
		fc.array(
			fc.oneof(
				{ weight: 30, arbitrary: server },
				{ weight: 1, arbitrary: fc.constant('\t# nginx-websocket-ignore headers-lost known\n') },
			),
			{
				minLength: 1,
				maxLength: 5,
			},
		),
		fc.array(server, { maxLength: 3 }),
	)
	.map(([http, servers, others]) => ({
		main: `worker_shutdown_timeout 10s;\nevents { worker_connections 64; }\nhttp {\n${http.map((line) => `\t${line}\n`).join('')}\tinclude sites/*.conf;\n${servers.join('')}}\n`,
		site: others.join(''),
	}));

/** A place as a share of the text, how much is taken out, and what is put in. */
const edit = fc.record({
	at: fc.integer({ min: 0, max: 9_999 }).map((share) => share / 10_000),
	length: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(12) }),
	text: fc.oneof(
		{ weight: 6, arbitrary: LINE.map((line) => `\n\t\t\t${line}`) },
		{ weight: 4, arbitrary: LINE.map((line) => ` ${line} `) },
		{ weight: 3, arbitrary: fc.constantFrom(' ', 'x', '1', ';', '\n', '#', '}', '{', '"', '$') },
		{ weight: 1, arbitrary: tokenSoup },
	),
});

function checkedAs(texts: Readonly<Record<string, string>>): Checked {
	const files = memoryFiles(texts);
	const rebuild = (from: Files) => buildConfiguration(MAIN, from);
	return new Checked(rebuild(files), { version: DEFAULT_VERSION, files, rebuild });
}

function plain(findings: readonly ShownFinding[]) {
	return findings.map(({ ruleId, severity, message, at, related }) => ({ ruleId, severity, message, at, related }));
}

test('what is known of one server and the rest as it was is what a whole check says, whatever is typed', () => {
	let followed = 0;
	let whole = 0;
	fc.assert(
		fc.property(
			configuration,
			fc.array(edit, { minLength: 1, maxLength: 6 }),
			fc.boolean(),
			fc.boolean(),
			({ main, site }, edits, inSite, byLocation) => {
				const texts: Record<string, string> = { [MAIN]: main, [SITE]: site, '/w/part.conf': 'set $part 1;\n' };
				const path = inSite && site !== '' ? SITE : MAIN;
				const largest = byLocation ? 0 : 6_000;
				let focus = new Focus(checkedAs({ ...texts }), largest);
				for (const { at, length, text } of edits) {
					const before = texts[path] ?? '';
					const start = Math.floor(at * before.length);
					const oldEnd = Math.min(before.length, start + length);
					texts[path] = before.slice(0, start) + text + before.slice(oldEnd);
					const now = checkedAs({ ...texts });
					if (focus.follow(path, texts[path], { start, oldEnd, newEnd: start + text.length })) {
						followed++;
						for (const file of [MAIN, SITE])
							expect(plain(focus.findings(file))).toEqual(plain(now.findings.filter((finding) => finding.at.path === file)));
					} else {
						whole++;
						focus = new Focus(now, largest);
					}
				}
			},
		),
		{ numRuns: Number(process.env.FOCUS_RUNS ?? 150), seed: Number(process.env.FOCUS_SEED ?? 7) },
	);
	// Else it would be for nothing.
	expect(followed / (followed + whole)).toBeGreaterThan(0.04);
});

const SERVERS = Array.from(
	{ length: 30 },
	(_, index) => `	server {
		listen 8080;
		server_name s${index}.example.com;
		error_page 500 502 /50x.html;
		location /ws/ {
			proxy_pass http://127.0.0.1:9000;
		}
		location / {
			try_files $uri /index.html;
		}
		location = /50x.html { root /srv; }
	}
`,
).join('');
const LOCATIONS = `	server {
		listen 8080;
		server_name one.example.com;
		error_page 500 502 /50x.html;
		location = /50x.html { root /srv; }
${Array.from({ length: 60 }, (_, index) => `		location /ws${index}/ {\n			proxy_pass http://127.0.0.1:9000;\n		}\n`).join('')}	}
`;

test.each([
	['one of many servers', SERVERS],
	['one of many locations of a server', LOCATIONS],
])('lines typed into %s, letter by letter, need no whole check', (_, servers) => {
	const texts: Record<string, string> = { [MAIN]: `events {}\nhttp {\n${servers}}\n` };
	const typed =
		'\n\t\t\tproxy_http_version 1.1;\n\t\t\tproxy_set_header Upgrade $http_upgrade;\n\t\t\tproxy_set_header Connection "upgrade";';
	let at = (texts[MAIN] ?? '').indexOf('9000;', (texts[MAIN] ?? '').length / 2) + 5;
	const focus = new Focus(checkedAs({ ...texts }));
	let lost = 0;
	let current = focus;
	for (const letter of typed) {
		const before = texts[MAIN] ?? '';
		texts[MAIN] = before.slice(0, at) + letter + before.slice(at);
		const touched = { start: at, oldEnd: at, newEnd: at + 1 };
		at++;
		if (!current.follow(MAIN, texts[MAIN], touched)) {
			lost++;
			current = new Focus(checkedAs({ ...texts }));
		}
	}
	expect(plain(current.findings(MAIN))).toEqual(plain(checkedAs({ ...texts }).findings));
	// An open quote reaches beyond the server; nothing less than the whole tells what it does.
	expect(lost).toBeLessThanOrEqual('"upgrade"'.length + 1);
});

test('a sentence goes on naming the line that it named', () => {
	const sentences = new Sentences('/w/sites/a.conf', { first: 5, last: 6, by: 2 }, [MAIN, '/w/sites/a.conf'], '/w');
	const moved = (sentence: string, own: string) => sentences.moved(sentence, own);
	expect(moved('set (sites/a.conf, line 9), and here (line 4)', MAIN)).toBe('set (sites/a.conf, line 11), and here (line 4)');
	expect(moved('set here already (line 9)', '/w/sites/a.conf')).toBe('set here already (line 11)');
	expect(moved('set (nginx.conf, line 9), (line 4)', '/w/sites/a.conf')).toBe('set (nginx.conf, line 9), (line 4)');
	// The line itself has changed, or nobody knows the file.
	expect(moved('set (/w/sites/a.conf, line 6)', MAIN)).toBeUndefined();
	expect(moved('set (b.conf, line 6)', MAIN)).toBeUndefined();
	expect(Sentences.mayBeMistaken('return 200 "see line 5";')).toBe(true);
});
