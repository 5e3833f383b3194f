import { expect, test } from 'vitest';
import type { CodeAction, DocumentDiagnosticReport, Hover } from 'vscode-languageserver/node';
import { uriOf } from '../support/lspSession.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();

const BROKEN = `events {}
http {
	server {
		listen 8080;
		location /ws/ {
			proxy_pass http://127.0.0.1:9000;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`;
const MAIN = '/w/nginx.conf';

test('a client that asks gets the mistake at its place, with a link to the page of the rule', async () => {
	const session = await start();
	await session.open(MAIN, BROKEN);
	expect(await session.findings(MAIN)).toEqual(['http-version-1-0: proxy_pass http://127.0.0.1:9000']);
	const [diagnostic] = await session.diagnostics(MAIN);
	expect(diagnostic).toMatchObject({
		source: 'nginx-websocket',
		severity: 2,
		codeDescription: { href: expect.stringMatching(/^https:.*http-version-1-0\.md$/) },
	});
	expect(diagnostic?.relatedInformation?.length).toBeGreaterThan(0);
});

test('what is typed is checked at once, and the cure silences it', async () => {
	const session = await start();
	await session.open(MAIN, BROKEN);
	const [diagnostic] = await session.diagnostics(MAIN);
	if (diagnostic === undefined) throw new Error('nothing was found');
	const actions = await session.about<CodeAction[]>('textDocument/codeAction', MAIN, {
		range: diagnostic.range,
		context: { diagnostics: [diagnostic], only: ['quickfix'] },
	});
	const preferred = actions.find(({ isPreferred }) => isPreferred);
	expect(preferred?.diagnostics).toEqual([diagnostic]);
	const cured = (await session.applied(preferred as CodeAction))[MAIN] ?? '';
	expect(cured).toContain('proxy_http_version 1.1;');
	await session.change(MAIN, { text: cured });
	expect(await session.findings(MAIN)).toEqual([]);
});

test('an unchanged result is not sent twice', async () => {
	const session = await start();
	await session.open(MAIN, BROKEN);
	const first = await session.about<DocumentDiagnosticReport>('textDocument/diagnostic', MAIN);
	const again = await session.about<DocumentDiagnosticReport>('textDocument/diagnostic', MAIN, {
		previousResultId: first.kind === 'full' ? first.resultId : undefined,
	});
	expect(again.kind).toBe('unchanged');
});

test('a client that does not ask is sent each result with the version it belongs to, and nothing stays when the document closes', async () => {
	const session = await start({ diagnostics: 'push' });
	const { uri } = await session.open(MAIN, BROKEN);
	await session.until(() => session.published.some(({ version, diagnostics }) => version === 1 && diagnostics.length > 0));
	const version = await session.change(MAIN, { text: 'events {}\n' });
	await session.until(() => session.published.some((sent) => sent.version === version));
	expect(session.published.at(-1)).toEqual({ uri, version, diagnostics: [] });
	await session.client.sendNotification('textDocument/didClose', { textDocument: { uri } });
	await session.until(() => session.published.at(-1)?.version === undefined);
	expect(session.published.at(-1)).toEqual({ uri, diagnostics: [] });
});

test('hover on proxy_pass says what the backend receives and where it comes from', async () => {
	const session = await start();
	const { caret } = await session.open(MAIN, BROKEN.replace('proxy_pass', 'proxy_‸pass'));
	const hover = await session.at<Hover>('textDocument/hover', MAIN, caret);
	const text = (hover.contents as { value: string }).value;
	expect(text).toContain('`GET /ws/ HTTP/1.0`');
	expect(text).toContain('`Upgrade: websocket`');
	expect(text).toContain('`Connection: upgrade`');
	expect(text).toContain('idle limit 1 h');
	expect(text).toContain(`${uriOf(MAIN)}#L7`);
});
