import { expect, test } from 'vitest';
import type { DocumentLink, DocumentSymbol, FoldingRange, SelectionRange, WorkspaceSymbol } from 'vscode-languageserver/node';
import { uriOf } from '../support/lspSession.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';
const TEXT = `# one
# two
events {}
http {
	upstream chat {
		server 127.0.0.1:9000;
	}
	server {
		listen 8080;
		server_name a.example.com;
		location /ws/ {
			proxy_pass http://chat;
		}
	}
	include conf.d/one.conf;
}
`;

function titles(symbols: readonly DocumentSymbol[]): unknown[] {
	return symbols.map(({ name, children }) => (children === undefined ? name : [name, titles(children)]));
}

test('the outline names servers by what they serve', async () => {
	const session = await start();
	await session.open(MAIN, TEXT);
	expect(titles(await session.about<DocumentSymbol[]>('textDocument/documentSymbol', MAIN))).toEqual([
		'events',
		['http', ['upstream chat', ['server a.example.com, listen 8080', ['location /ws/']]]],
	]);
});

test('the outline of half-typed text has what is there', async () => {
	const session = await start();
	await session.open(MAIN, 'http {\n\tserver {\n\t\tlocation /a {\n');
	expect(titles(await session.about<DocumentSymbol[]>('textDocument/documentSymbol', MAIN))).toEqual([
		['http', [['server', ['location /a']]]],
	]);
});

test('blocks and runs of comments fold, and the closing brace stays in sight', async () => {
	const session = await start();
	await session.open(MAIN, TEXT);
	const ranges = await session.about<FoldingRange[]>('textDocument/foldingRange', MAIN);
	expect(ranges.map(({ startLine, endLine }) => [startLine, endLine]).sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))).toEqual([
		[0, 1],
		[3, 14],
		[4, 5],
		[7, 12],
		[10, 11],
	]);
});

test('a selection grows from the word over the directive and the block to the whole text', async () => {
	const session = await start();
	const { caret } = await session.open(MAIN, TEXT.replace('http://chat', 'http://ch‸at'));
	const document = session.document(MAIN);
	const [selection] = await session.about<SelectionRange[]>('textDocument/selectionRange', MAIN, { positions: [caret] });
	const texts: string[] = [];
	for (let at = selection; at !== undefined; at = at.parent) texts.push(document.getText(at.range));
	expect(texts[0]).toBe('http://chat');
	expect(texts[1]).toBe('proxy_pass http://chat;');
	expect(texts[2]?.trim()).toBe('proxy_pass http://chat;');
	expect(texts[3]).toMatch(/^location \/ws\/ \{[\s\S]*\}$/);
	expect(texts.at(-1)).toBe(TEXT);
	for (let index = 1; index < texts.length; index++) expect(texts[index]).toContain(texts[index - 1]);
});

test('an include is a link to its file', async () => {
	const session = await start({ files: { '/w/conf.d/one.conf': 'map $a $b { }\n' } });
	await session.open(MAIN, TEXT);
	const links = await session.about<DocumentLink[]>('textDocument/documentLink', MAIN);
	expect(links.map(({ range, target }) => [session.document(MAIN).getText(range), target])).toEqual([
		['conf.d/one.conf', uriOf('/w/conf.d/one.conf')],
	]);
});

test('blocks of the whole workspace are found by a few of their letters', async () => {
	const session = await start({ files: { [MAIN]: TEXT, '/w/conf.d/one.conf': 'map $a $b { }\n' } });
	const found = await session.client.sendRequest<WorkspaceSymbol[]>('workspace/symbol', { query: 'map' });
	expect(found.map(({ name, location }) => [name, location.uri])).toEqual([['map $a $b', uriOf('/w/conf.d/one.conf')]]);
});
