import { expect, test } from 'vitest';
import type { DocumentHighlight, Location, WorkspaceEdit } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { LspSession } from '../support/lspSession.ts';
import { uriOf } from '../support/lspSession.ts';
import { writeMarks } from '../support/marked.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';

/** Locations as the text of their files with marks around them, by path. */
function shown(session: LspSession, locations: readonly Location[]): Record<string, string> {
	const texts: Record<string, string> = {};
	for (const path of new Set(locations.map(({ uri }) => uri.replace('file://', '')))) {
		const text = session.disk.texts.get(path) ?? session.document(path).getText();
		const document = TextDocument.create(uriOf(path), 'nginx', 0, text);
		const spans = locations
			.filter(({ uri }) => uri === uriOf(path))
			.map(({ range }) => ({ start: document.offsetAt(range.start), end: document.offsetAt(range.end) }));
		texts[path] = writeMarks(text, spans);
	}
	return texts;
}

const TWO_FILES = {
	main: `events {}
http {
	map $http_upgrade $connection_upgrade {
		default upgrade;
		'' close;
	}
	upstream chat { server 127.0.0.1:9000; }
	include conf.d/*.conf;
}
`,
	site: `server {
	location /ws/ {
		proxy_pass http://ch‸at/x;
		proxy_set_header Connection $connection_upgrade;
		proxy_set_header X "\${connection_upgrade}";
		error_page 502 @down;
	}
	location @down { return 503; }
}
`,
};
const SITE = '/w/conf.d/site.conf';

test('an upstream leads to its block in another file', async () => {
	const session = await start({ files: { [MAIN]: TWO_FILES.main } });
	const { caret } = await session.open(SITE, TWO_FILES.site);
	const found = await session.at<Location[]>('textDocument/definition', SITE, caret);
	expect(shown(session, found)).toEqual({ [MAIN]: TWO_FILES.main.replace('upstream chat', 'upstream «chat»') });
});

test('a variable is found wherever it is written, in braces and quotes too', async () => {
	const session = await start({ files: { [MAIN]: TWO_FILES.main } });
	const site = TWO_FILES.site.replace('‸', '').replace('Connection $conn', 'Connection $co‸nn');
	const { caret, text } = await session.open(SITE, site);
	const found = await session.at<Location[]>('textDocument/references', SITE, caret, { context: { includeDeclaration: true } });
	expect(shown(session, found)).toEqual({
		[MAIN]: TWO_FILES.main.replace('$connection_upgrade', '$«connection_upgrade»'),
		[SITE]: text
			.replace('Connection $connection_upgrade', 'Connection $«connection_upgrade»')
			.replace('{connection_upgrade}', '{«connection_upgrade»}'),
	});
});

test('a named location is known in its own server only', async () => {
	const session = await start();
	const text = `http {
	server { error_page 502 @do‸wn; location @down { return 503; } }
	server { error_page 502 @down; location @down { return 504; } }
}
`;
	const { caret } = await session.open(MAIN, text);
	const found = await session.at<DocumentHighlight[]>('textDocument/documentHighlight', MAIN, caret);
	expect(found.map(({ range }) => range.start.line)).toEqual([1, 1]);
});

test('an include leads to every file that it brings', async () => {
	const session = await start({ files: { [SITE]: 'server { }\n', '/w/conf.d/other.conf': 'server { }\n' } });
	const { caret } = await session.open(MAIN, 'http { include conf.d/‸*.conf; }\n');
	const found = await session.at<Location[]>('textDocument/definition', MAIN, caret);
	expect(found.map(({ uri }) => uri).sort()).toEqual([uriOf('/w/conf.d/other.conf'), uriOf(SITE)].sort());
});

test('renaming a variable changes every file of the configuration, with the versions of those that are open', async () => {
	const session = await start({ files: { [MAIN]: TWO_FILES.main } });
	const site = TWO_FILES.site.replace('‸', '').replace('Connection $conn', 'Connection $co‸nn');
	const { caret, text } = await session.open(SITE, site);
	const edit = await session.at<WorkspaceEdit>('textDocument/rename', SITE, caret, { newName: '$ws' });
	expect(await session.applied({ title: '', edit })).toEqual({
		[MAIN]: TWO_FILES.main.replace('$connection_upgrade', '$ws'),
		[SITE]: text.replaceAll('connection_upgrade', 'ws'),
	});
});

test.each([
	['what nginx defines itself', 'set $a $ho‸st;', '$other', /\$host is a variable of nginx itself/],
	['what nginx lets a line change', 'set $ar‸gs x;', '$other', /\$args is a variable of nginx itself/],
	['what is defined nowhere', 'set $a $fo‸o;', '$other', /\$foo is not defined in this configuration/],
	['to a variable of nginx', 'set $a‸a 1;', '$host', /\$host is a variable of nginx itself; take another name\./],
	['to a request header', 'set $a‸a 1;', '$http_upgrade', /\$http_upgrade is a variable of nginx itself/],
	['to a name that is taken', 'set $a‸a 1; set $b 2;', '$b', /There is a variable b already/],
	['to what is no name', 'set $a‸a 1;', '$b-c', /cannot be the name of a variable/],
	['what has no name', 'retu‸rn 200;', 'x', /Only what a configuration defines itself/],
])('renaming %s is refused with a sentence', async (_, line, newName, sentence) => {
	const session = await start();
	const { caret } = await session.open(MAIN, `events {}\nhttp { server { ${line} } }\n`);
	await expect(session.at('textDocument/rename', MAIN, caret, { newName })).rejects.toThrow(sentence);
});

/** The configuration after renaming the upstream at the caret to `web`. */
async function renamed(marked: string): Promise<string | undefined> {
	const session = await start();
	const { caret } = await session.open(MAIN, marked);
	const edit = await session.at<WorkspaceEdit>('textDocument/rename', MAIN, caret, { newName: 'web' });
	return (await session.applied({ title: '', edit }))[MAIN];
}

const upstreams = (http: string, server: string): string =>
	`events {}\nhttp {\n\tupstream a‸pp { server 127.0.0.1:9000; }\n\tupstream other { server 127.0.0.1:9001; }\n${http}\n\tserver {\n${server}\n\t}\n}\n`;

test.each([
	['set', '', 'set $b §; location / { proxy_pass http://$b; } location /two { proxy_pass http://§; }'],
	['set in the location, with a URI behind it', '', 'location / { set $b §; proxy_pass http://$b/x; }'],
	['set to a whole URL', '', 'location / { set $b "http://§/x"; proxy_pass $b$is_args$args; }'],
	['set from another variable', '', 'set $a §; set $b $a; location / { proxy_pass http://${b}$request_uri; }'],
	['a map', 'map $http_x $b { default §; a "other"; ~*b §; }', 'location / { proxy_pass http://$b; }'],
	[
		'a map of a map',
		'map $http_x $a { default §; } map $http_y $b { default $a; a other; }',
		'location / { proxy_pass http://$b; }',
	],
	['split_clients', 'split_clients $remote_addr $b { 50% §; * other; }', 'location / { proxy_pass http://$b; }'],
	['geo', 'geo $b { default §; 10.0.0.0/8 other; }', 'location / { proxy_pass http://$b; }'],
	['behind $scheme', '', 'location / { proxy_pass $scheme://§; }'],
	['before the URI of the request', '', 'location / { proxy_pass http://§$request_uri; }'],
	[
		'another handler',
		'',
		'set $b §; location / { grpc_pass grpc://$b; } location /u { uwsgi_pass $b; } location /f { fastcgi_pass §; }',
	],
])('an upstream that gets into a handler by %s is renamed there too', async (_, http, server) => {
	const fill = (name: string): string => upstreams(http, server).replaceAll('§', name);
	expect(await renamed(fill('app'))).toBe(fill('web').replace('a‸pp', 'web'));
});

test.each([
	['a value for another purpose', '', 'set $c app; add_header X $c; location / { proxy_pass http://app; }', 'set $c app;'],
	['a port behind it', '', 'set $c app; location / { proxy_pass http://$c:80; }', 'set $c app;'],
	[
		'another server',
		'server { set $b app; return 200 $b; }',
		'set $b other; location / { proxy_pass http://$b; }',
		'set $b app;',
	],
])('what does not name the upstream stays: %s', async (_, http, server, kept) => {
	expect(await renamed(upstreams(http, server))).toContain(kept);
});

test.each([
	[
		'the request',
		'',
		'location / { proxy_pass http://$http_x; }',
		'`proxy_pass http://\\$http_x` in line 7 of nginx.conf may mean app',
	],
	['a capture', '', 'location ~ ^/(?<b>\\w+) { proxy_pass http://$b; }', 'may mean app'],
	['a name that is put together', '', 'location ~ ^/x(.*) { proxy_pass http://app$1; }', 'may mean app'],
	['a comparison', '', 'set $b app; if ($b = app) { return 403; } location / { proxy_pass http://$b; }', '`if \\(\\$b = app\\)`'],
])('an upstream that %s may name is not renamed', async (_, http, server, sentence) => {
	await expect(renamed(upstreams(http, server))).rejects.toThrow(new RegExp(sentence));
});

test.each([
	['an address', '127.0.0.1', /127\.0\.0\.1 is an address/],
	['what is no name', 'a;b', /"a;b" cannot be the name of an upstream\./],
])('an upstream is not renamed to %s', async (_, newName, sentence) => {
	const session = await start();
	const { caret } = await session.open(MAIN, upstreams('', ''));
	await expect(session.at('textDocument/rename', MAIN, caret, { newName })).rejects.toThrow(sentence);
});

test('an upstream in a value leads to its block', async () => {
	const session = await start();
	const text =
		'stream { upstream app { server 127.0.0.1:1; } map $ssl_preread_server_name $b { default a‸pp; } server { proxy_pass $b; } }\n';
	const { caret } = await session.open(MAIN, text);
	const found = await session.at<Location[]>('textDocument/definition', MAIN, caret);
	expect(found.map(({ range }) => range.start.character)).toEqual([18]);
});
