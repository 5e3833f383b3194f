import { describe, expect, test } from 'vitest';
import type { CompletionItem } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';

async function offered(marked: string) {
	const session = await start();
	const { caret } = await session.open(MAIN, marked);
	const items = await session.at<CompletionItem[]>('textDocument/completion', MAIN, caret);
	return { session, items, labels: items.map(({ label }) => label) };
}

test('only directives of the context are offered', async () => {
	const { labels } = await offered('http {\n\tserver {\n\t\tlocation / {\n\t\t\tpro‸\n\t\t}\n\t}\n}\n');
	expect(labels).toContain('proxy_pass');
	expect(labels).toContain('proxy_http_version');
	expect(labels).not.toContain('listen');
	expect(labels).not.toContain('upstream');
});

test.each([
	['at the top', '‸\n', 'http', 'location'],
	['in http', 'http {\n\t‸\n}\n', 'upstream', 'proxy_pass'],
	['in a server', 'http { server {\n\t‸\n} }\n', 'listen', 'upstream'],
	['in an unclosed server', 'http { server {\n\tlis‸\n', 'listen', 'upstream'],
	['in an upstream', 'http { upstream a {\n\t‸\n} }\n', 'least_conn', 'listen'],
	['in a stream server', 'stream { server {\n\t‸\n} }\n', 'proxy_timeout', 'proxy_set_header'],
])('%s', async (_, marked, yes, no) => {
	const { labels } = await offered(marked);
	expect(labels).toContain(yes);
	expect(labels).not.toContain(no);
});

test('the word under the caret is replaced, and the arguments are left to be filled in', async () => {
	const { items, session } = await offered('http { server { location / { proxy_bu‸ } } }\n');
	const item = items.find(({ label }) => label === 'proxy_buffering');
	const document = session.document(MAIN);
	const text = TextDocument.applyEdits(document, item?.textEdit !== undefined && 'range' in item.textEdit ? [item.textEdit] : []);
	expect(text).toContain(`location / { proxy_buffering \${1|on,off|}; }`);
});

test('variables are offered after a dollar sign, those of the configuration first', async () => {
	const { items, labels } = await offered(
		'http { map $http_upgrade $connection_upgrade { default upgrade; }\nserver { location / { proxy_set_header Connection $c‸; } } }\n',
	);
	expect(labels).toContain('$connection_upgrade');
	expect(labels).toContain('$http_upgrade');
	expect(labels).toContain('$host');
	const sorted = [...items].sort((a, b) => ((a.sortText ?? a.label) < (b.sortText ?? b.label) ? -1 : 1));
	expect(sorted[0]?.label).toBe('$connection_upgrade');
});

test('a variable of braces is completed too', async () => {
	const { items, session } = await offered(`http { server { set $own 1; return 200 "\${ow‸"; } }\n`);
	const item = items.find(({ label }) => label === '$own');
	const text = TextDocument.applyEdits(
		session.document(MAIN),
		item?.textEdit !== undefined && 'range' in item.textEdit ? [item.textEdit] : [],
	);
	expect(text).toContain(`return 200 "\${own";`);
});

test.each([
	['values', 'http { server { location / { proxy_buffering ‸; } } }', ['on', 'off']],
	['headers', 'http { server { location / { proxy_set_header ‸; } } }', ['Upgrade', 'Connection', 'Host']],
	['values of a header', 'http { server { location / { proxy_set_header Connection ‸; } } }', ['$connection_upgrade']],
	['upstreams', 'http { upstream chat { server a; } server { location / { proxy_pass ‸; } } }', ['http://chat']],
	['named locations', 'http { server { location @down { } location / { error_page 502 ‸; } } }', ['@down']],
])('%s are offered as arguments', async (_, marked, expected) => {
	const { labels } = await offered(marked);
	expect(labels).toEqual(expect.arrayContaining(expected));
});

test.each([
	['a comment', '# pro‸\n'],
	['Lua', 'http { server { content_by_lua_block { ngx.s‸ } } }'],
	['a map', 'http { map $a $b { ‸ } }'],
	['an argument that may be anything', 'http { server { location / { proxy_read_timeout ‸; } } }'],
	['the name of a file', 'http { include ‸; }'],
	['what is complete but for its semicolon', 'http { server { location / { proxy_http_version 1.1 ‸\n} } }'],
])('nothing is offered in %s', async (_, marked) => {
	expect((await offered(marked)).labels).toEqual([]);
});

test('an item tells its documentation when it is chosen', async () => {
	const { items, session } = await offered('http { server { location / { proxy_pa‸ } } }\n');
	const item = items.find(({ label }) => label === 'proxy_pass');
	const resolved = await session.client.sendRequest<CompletionItem>('completionItem/resolve', item);
	expect(resolved.documentation).toMatchObject({ value: expect.stringContaining('proxied server') });
});

describe('a line without its semicolon yet', () => {
	const REST = ['\n\t\t}\n\t}\n}\n', '\n\n\t\t\tproxy_pass http://a;\n\t\t}\n\t}\n}\n', '', ' }}}\n'];
	test.each(
		REST.flatMap((rest) =>
			[
				['proxy_http_version ', ['1.0', '1.1', '2']],
				['proxy_buffering ', ['on', 'off']],
				['proxy_set_header Upgrade  ', ['$http_upgrade']],
				['proxy_cache_lock\t', ['on', 'off']],
				['limit_req ', ['zone=']],
			].map(([line, words]) => [line, rest, words] as const),
		),
	)('%j before %j is given its argument', async (line, rest, words) => {
		const { labels } = await offered(`http {\n\tserver {\n\t\tlocation / {\n\t\t\t${String(line)}‸${rest}`);
		expect(labels).toEqual(words);
	});

	test('the next line is another directive', async () => {
		const { labels } = await offered('http {\n\tserver {\n\t\tlocation / {\n\t\t\tproxy_buffering\n\t\t\t‸\n\t\t}\n\t}\n}\n');
		expect(labels).toContain('proxy_pass');
	});
});

test('words that only stand for something are not offered', async () => {
	const { labels } = await offered('http { server { location / { proxy_cache ‸; } } }');
	expect(labels).toEqual(['off']);
});

const CONNECTION = 'server { location / { proxy_set_header Connection ‸; } }';

test('the variable of the map that there is is offered for Connection', async () => {
	const { labels } = await offered(`http { map $http_upgrade $cu { default upgrade; '' close; } ${CONNECTION} }\n`);
	expect(labels).toEqual(['$cu', '"upgrade"']);
});

test('where there is no map, choosing the variable adds it', async () => {
	const { items, session } = await offered(`http {\n\t${CONNECTION}\n}\n`);
	const item = items.find(({ label }) => label === '$connection_upgrade');
	const edits = [
		...(item?.additionalTextEdits ?? []),
		...(item?.textEdit !== undefined && 'range' in item.textEdit ? [item.textEdit] : []),
	];
	expect(TextDocument.applyEdits(session.document(MAIN), edits)).toBe(
		`http {\n\tmap $http_upgrade $connection_upgrade {\n\t\tdefault upgrade;\n\t\t''      '';\n\t}\n\n\t${CONNECTION.replace('‸', '$connection_upgrade')}\n}\n`,
	);
});

test('a variable whose map would have to go into another file is not offered', async () => {
	const session = await start({ files: { [MAIN]: 'events {}\nhttp {\n\tinclude conf.d/*.conf;\n}\n' } });
	const { caret } = await session.open('/w/conf.d/a.conf', CONNECTION);
	const items = await session.at<CompletionItem[]>('textDocument/completion', '/w/conf.d/a.conf', caret);
	expect(items.map(({ label }) => label)).toEqual(['"upgrade"']);
});
