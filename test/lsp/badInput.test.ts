import { performance } from 'node:perf_hooks';
import { expect, test } from 'vitest';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';
const LOCATION = `location /ws/ {
	proxy_pass http://127.0.0.1:9000;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header Connection "upgrade";
	proxy_read_timeout 1h;
}
`;
const WHOLE = `events {}\nhttp {\nserver {\nlisten 8080;\n${LOCATION}}\n}\n`;

/** Everything an editor asks about a document as it opens it. Resolves when all is answered. */
const ASKED = ['documentSymbol', 'foldingRange', 'codeLens', 'documentLink', 'diagnostic'];

test.each([
	['nothing', ''],
	['a byte order mark', `\ufeff${WHOLE}`],
	['NUL bytes', WHOLE.replace('9000', '90\0\0')],
	['bytes that are no text', Array.from({ length: 20_000 }, (_, index) => String.fromCharCode((index * 7919) % 256)).join('')],
	['a thousand blocks in one another', `http {\n${'location / {\n'.repeat(1_000)}${'}\n'.repeat(1_000)}}\n`],
	['ten thousand blocks that never end', 'a {\n'.repeat(10_000)],
	['a quote that never ends', `${WHOLE}log_format x "${WHOLE.repeat(50)}`],
	['one line of a megabyte', `http { ${'add_header a b; '.repeat(65_000)} }`],
	['a word of a megabyte', `http { root ${'x'.repeat(1_000_000)}; }`],
	['lone carriage returns', WHOLE.replaceAll('\n', '\r')],
	['lone surrogates', WHOLE.replace('/ws/', '/\ud800ws\udc00/')],
])('%s is answered, in time, without a crash', async (_, text) => {
	const session = await start();
	const begun = performance.now();
	await session.open(MAIN, text);
	await Promise.all(ASKED.map((method) => session.about(`textDocument/${method}`, MAIN)));
	expect(performance.now() - begun).toBeLessThan(5_000);
	expect(session.logged).toEqual([]);
});

test('ten megabytes are answered, and then typed in, without a crash', async () => {
	const session = await start();
	const server = (index: number): string => `server {\nlisten 8080;\nserver_name s${index}.example.com;\n${LOCATION}}\n`;
	const servers = Array.from({ length: 10_000 }, (_, index) => server(index)).join('');
	const text = `events {}\nhttp {\n${servers}${'# filler to make it large enough for the test of large files\n'.repeat(140_000)}}\n`;
	expect(text.length).toBeGreaterThan(10_000_000);
	await session.open(MAIN, text);
	await session.open('/w/other.inc', LOCATION);
	// The other file is not kept waiting while the rules run.
	const answered: string[] = [];
	const [found] = await Promise.all([
		session.diagnostics(MAIN).finally(() => answered.push('large')),
		session.about('textDocument/foldingRange', '/w/other.inc').finally(() => answered.push('small')),
	]);
	expect(answered).toEqual(['small', 'large']);
	expect(found.length).toBeGreaterThanOrEqual(10_000);
	const line = text.slice(0, text.length / 4).split('\n').length;
	await session.change(MAIN, { range: { start: { line, character: 0 }, end: { line, character: 0 } }, text: ' ' });
	expect((await session.diagnostics(MAIN)).length).toBeGreaterThanOrEqual(10_000);
	expect(session.logged).toEqual([]);
}, 120_000);

test('CRLF: places are right, and what a cure writes ends its lines so', async () => {
	const session = await start();
	const text = WHOLE.replaceAll('\n', '\r\n');
	await session.open(MAIN, text);
	const [diagnostic] = await session.diagnostics(MAIN);
	expect(session.document(MAIN).getText(diagnostic?.range)).toBe('proxy_pass http://127.0.0.1:9000');
	const actions = await session.about<{ isPreferred?: boolean; title: string }[]>('textDocument/codeAction', MAIN, {
		range: diagnostic?.range,
		context: { diagnostics: [] },
	});
	const preferred = actions.find(({ isPreferred }) => isPreferred);
	if (preferred === undefined) throw new Error('no cure');
	const cured = (await session.applied(preferred))[MAIN] ?? '';
	expect(cured.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
	expect(cured).toContain('proxy_http_version 1.1;\r\n');
});

test('a position outside of the document is answered with nothing', async () => {
	const session = await start();
	await session.open(MAIN, WHOLE);
	for (const position of [
		{ line: 9_999, character: 0 },
		{ line: 0, character: 9_999 },
	])
		for (const method of ['hover', 'definition', 'completion', 'documentHighlight', 'prepareRename'])
			await session.at(`textDocument/${method}`, MAIN, position).catch(() => undefined);
	expect(session.logged).toEqual([]);
});

test('a document that was never opened is answered with nothing', async () => {
	const session = await start();
	expect(await session.diagnostics('/w/none.conf')).toEqual([]);
	expect(await session.about('textDocument/documentSymbol', '/w/none.conf')).toEqual([]);
	expect(session.logged).toEqual([]);
});
