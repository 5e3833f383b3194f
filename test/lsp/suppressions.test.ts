import { expect, test } from 'vitest';
import type { CodeAction, Diagnostic } from 'vscode-languageserver/node';
import type { LspSession } from '../support/lspSession.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';

/** Forty servers, so that a keystroke is checked in part; the ignore comment stands in the last. */
const text = (comment: string, more = ''): string => `events {}
http {
${Array.from({ length: 40 }, (_, index) => `\tserver {\n\t\tlisten ${8100 + index};\n\t\tlocation / {\n\t\t\tproxy_pass http://127.0.0.1:${10_000 + index};\n\t\t}\n\t}\n`).join('')}	server {
		listen 8080;
		location /ws {
			${comment}
			proxy_pass http://127.0.0.1:9000;${more}
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`;
const IGNORE = '# nginx-websocket-ignore http-version-1-0 the backend takes it';

const shown = async (session: LspSession): Promise<readonly string[]> =>
	(await session.diagnostics(MAIN)).map(({ code, severity }: Diagnostic) => `${severity} ${code}`);

test('a comment silences a finding while typing elsewhere, and is reported once there is nothing to silence', async () => {
	const session = await start();
	await session.open(MAIN, text(IGNORE));
	expect(await shown(session)).toEqual([]);
	await session.change(MAIN, { text: text(IGNORE).replace('proxy_read_timeout 1h', 'proxy_read_timeout 2h') });
	expect(await shown(session)).toEqual([]);
	const before = text(IGNORE);
	await session.change(MAIN, { text: before });
	const position = session
		.document(MAIN)
		.positionAt(before.indexOf('proxy_pass http://127.0.0.1:9000;') + 'proxy_pass http://127.0.0.1:9000;'.length);
	await session.change(MAIN, { range: { start: position, end: position }, text: '\n\t\t\tproxy_http_version 1.1;' });
	expect(await shown(session)).toEqual(['4 ignore-comment']);
	const [hint] = await session.diagnostics(MAIN);
	expect(session.document(MAIN).getText(hint?.range)).toBe(IGNORE);
	expect(hint?.message).toBe(
		'Nothing here is found by http-version-1-0; remove this comment, or move it to the line above the finding.',
	);
	expect(hint?.codeDescription?.href).toMatch(/ignore-comment\.md$/);
});

test('a comment that silences nothing is removed by its quick fix', async () => {
	const session = await start();
	const written = text('# nginx-websocket-ignore no-such-rule why');
	await session.open(MAIN, written);
	const [hint] = (await session.diagnostics(MAIN)).filter(({ code }) => code === 'ignore-comment');
	const actions = await session.about<CodeAction[]>('textDocument/codeAction', MAIN, {
		range: hint?.range,
		context: { diagnostics: [hint], only: ['quickfix'] },
	});
	expect(actions.map(({ title }) => title)).toEqual(['Remove this comment']);
	expect((await session.applied(actions[0] as CodeAction))[MAIN]).toBe(
		written.replace('\t\t\t# nginx-websocket-ignore no-such-rule why\n', ''),
	);
});

test('a comment that is typed silences at once', async () => {
	const session = await start();
	const bare = text('# as told');
	await session.open(MAIN, bare);
	expect(await shown(session)).toEqual(['2 http-version-1-0']);
	const at = bare.indexOf('# as told');
	const { positionAt } = { positionAt: (offset: number) => session.document(MAIN).positionAt(offset) };
	await session.change(MAIN, { range: { start: positionAt(at), end: positionAt(at + '# as told'.length) }, text: IGNORE });
	expect(await shown(session)).toEqual([]);
});
