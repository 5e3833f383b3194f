import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CancellationTokenSource, type Diagnostic, type TextDocumentContentChangeEvent } from 'vscode-languageserver/node';
import { LspSession, uriOf } from '../support/lspSession.ts';
import { sessions } from '../support/sessions.ts';
import { tokenSoup } from '../support/tokenSoup.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';
const TEXT = `events {}
http {
	server {
		listen 8080;
		location /ws/ {
			proxy_pass http://127.0.0.1:9000;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
		}
	}
}
`;

test('a question that is asked before a change is never answered with the old text', async () => {
	const session = await start();
	await session.open(MAIN, TEXT);
	const asked = session.diagnostics(MAIN);
	await session.change(MAIN, { text: 'events {}\n' });
	const outcome = await asked.then(
		(items) => ({ items }),
		(error: Error & { code: number }) => ({ code: error.code }),
	);
	// Either the answer was out before the change came in, and the client sees it first; or it is refused as out of date.
	if ('code' in outcome) expect(outcome.code).toBe(-32801);
	expect(await session.diagnostics(MAIN)).toEqual([]);
});

test('a question that waits for files is refused when the document changes meanwhile', async () => {
	let release: (() => void) | undefined;
	const held = new Promise<void>((resolve) => {
		release = resolve;
	});
	const session = await start({
		initializationOptions: { trusted: true },
		host: {
			nginxVersion: async () => {
				await held;
				return { text: 'nginx/1.26.3' };
			},
		},
	});
	await session.open(MAIN, TEXT);
	const asked = session.diagnostics(MAIN);
	await session.change(MAIN, { text: 'events {}\n' });
	// The server has read the change once it has answered what was sent behind it.
	await session.about('textDocument/semanticTokens/full', MAIN).catch(() => undefined);
	release?.();
	await expect(asked).rejects.toMatchObject({ code: -32801 });
	expect(await session.diagnostics(MAIN)).toEqual([]);
});

test('a cancelled question is answered as cancelled', async () => {
	const session = await start();
	await session.open(MAIN, TEXT);
	const source = new CancellationTokenSource();
	const asked = session.client.sendRequest('textDocument/diagnostic', { textDocument: { uri: uriOf(MAIN) } }, source.token);
	source.cancel();
	const outcome = await asked.then(
		() => 'answered',
		(error: { code: number }) => error.code,
	);
	expect(['answered', -32800]).toContain(outcome);
});

test('a burst of keystrokes is checked for its last state, and every result names its version', async () => {
	const session = await start({ diagnostics: 'push' });
	await session.open(MAIN, '');
	const begun = Date.now();
	let last = 1;
	for (let length = 1; length <= TEXT.length; length++)
		last = await session.change(MAIN, {
			range: { start: session.document(MAIN).positionAt(length - 1), end: session.document(MAIN).positionAt(length - 1) },
			text: TEXT[length - 1] ?? '',
		});
	await session.until(() => session.published.some(({ version }) => version === last));
	const versions = session.published.map(({ version }) => version ?? 0);
	expect(versions).toEqual([...versions].sort((a, b) => a - b));
	// The first and the last state, and a few in between while it goes on.
	expect(versions.length).toBeLessThanOrEqual(3 + (Date.now() - begun) / 100);
	expect(session.published.at(-1)?.diagnostics.map(({ code }) => code)).toContain('http-version-1-0');
});

test('keystrokes with pauses between them are each checked', async () => {
	const session = await start({ diagnostics: 'push' });
	await session.open(MAIN, TEXT);
	for (let count = 0; count < 3; count++) {
		await new Promise((resolve) => setTimeout(resolve, 40));
		const version = await session.change(MAIN, {
			range: { start: { line: 0, character: 9 }, end: { line: 0, character: 9 } },
			text: 'x',
		});
		await session.until(() => session.published.some((one) => one.version === version));
	}
});

test('after any edits the server says what it would say about the text opened fresh', async () => {
	const session = await start();
	await session.open(MAIN, TEXT);
	const change = fc.record({
		from: fc.nat(400),
		length: fc.nat(40),
		text: fc.oneof(tokenSoup, fc.constantFrom('\n', ';', '{', '}', '"', "'", '\r\n', '#', '\\', '🎉', 'proxy_http_version 1.1;')),
	});
	let count = 0;
	await fc.assert(
		fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
			await session.change(MAIN, { text: TEXT });
			for (const { from, length, text } of changes) {
				const document = session.document(MAIN);
				const size = document.getText().length;
				const start = Math.min(from, size);
				const event: TextDocumentContentChangeEvent = {
					range: { start: document.positionAt(start), end: document.positionAt(Math.min(start + length, size)) },
					text,
				};
				await session.change(MAIN, event);
			}
			const path = `/w/fresh${count++}.conf`;
			const text = session.document(MAIN).getText();
			const fresh = await LspSession.start();
			try {
				await fresh.open(MAIN, '');
				await fresh.change(MAIN, { text });
				expect(plain(await session.diagnostics(MAIN)), path).toEqual(plain(await fresh.diagnostics(MAIN)));
				expect(await session.about('textDocument/documentSymbol', MAIN)).toEqual(
					await fresh.about('textDocument/documentSymbol', MAIN),
				);
			} finally {
				await fresh.stop();
			}
		}),
		{ numRuns: 60 },
	);
});

function plain(diagnostics: readonly Diagnostic[]) {
	return diagnostics.map(({ code, message, range, severity }) => ({ code, message, range, severity }));
}
