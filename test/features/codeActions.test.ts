import { expect, test } from 'vitest';
import type { CodeAction, Diagnostic } from 'vscode-languageserver/node';
import type { LspSession } from '../support/lspSession.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';

async function actionsAt(
	session: LspSession,
	path: string,
	at: { start: number; end: number },
	only?: string[],
): Promise<CodeAction[]> {
	const document = session.document(path);
	const diagnostics = await session.diagnostics(path);
	const range = { start: document.positionAt(at.start), end: document.positionAt(at.end) };
	return session.about('textDocument/codeAction', path, {
		range,
		context: { diagnostics, ...(only === undefined ? {} : { only }) },
	});
}

function titled(actions: readonly CodeAction[], title: string | RegExp): CodeAction {
	const action = actions.find((one) => (typeof title === 'string' ? one.title === title : title.test(one.title)));
	if (action === undefined) throw new Error(`no action ${title}; there are: ${actions.map((one) => one.title).join(' | ')}`);
	return action;
}

const SITE = `server {
	listen 8080;
	location /ws/ {
		«proxy_pass http://127.0.0.1:9000»;
		proxy_http_version 1.1;
		proxy_set_header Upgrade $http_upgrade;
		proxy_read_timeout 1h;
	}
}
`;
const HTTP = `events {}
http {
	include conf.d/*.conf;
}
`;

test('the missing map goes into the http block of the other file, and both edits say for which version they are', async () => {
	const session = await start({ files: { [MAIN]: HTTP } });
	const { spans } = await session.open('/w/conf.d/site.conf', SITE);
	const [span] = spans;
	if (span === undefined) throw new Error('no mark');
	const actions = await actionsAt(session, '/w/conf.d/site.conf', span);
	const preferred = actions.filter(({ isPreferred }) => isPreferred);
	expect(preferred).toHaveLength(1);
	const texts = await session.applied(preferred[0] as CodeAction);
	expect(texts[MAIN]).toContain('map $http_upgrade $connection_upgrade');
	expect(texts['/w/conf.d/site.conf']).toContain('proxy_set_header Connection $connection_upgrade;');
	session.disk.texts.set(MAIN, texts[MAIN] ?? '');
	await session.write(MAIN, texts[MAIN] ?? '');
	await session.change('/w/conf.d/site.conf', { text: texts['/w/conf.d/site.conf'] ?? '' });
	expect(await session.findings('/w/conf.d/site.conf')).toEqual([]);
});

test('a finding can be silenced by a comment above it', async () => {
	const session = await start({ files: { [MAIN]: HTTP } });
	const { spans } = await session.open('/w/conf.d/site.conf', SITE);
	const actions = await actionsAt(session, '/w/conf.d/site.conf', spans[0] ?? { start: 0, end: 0 });
	const texts = await session.applied(titled(actions, /^Ignore /));
	const text = texts['/w/conf.d/site.conf'] ?? '';
	expect(text).toMatch(/\n\t\t# nginx-websocket-ignore [a-z0-9-]+ TODO: say why\n\t\tproxy_pass/);
	await session.change('/w/conf.d/site.conf', { text });
	expect(await session.findings('/w/conf.d/site.conf')).toEqual([]);
});

const TWO = `events {}
http {
	server {
		listen 8080;
		location /ws/ {
			proxy_pass http://127.0.0.1:9000;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
		location /socket.io/ {
			proxy_pass http://127.0.0.1:9001;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection "upgrade";
			proxy_read_timeout 1h;
		}
	}
}
`;

test('all findings of one rule are cured in one go', async () => {
	const session = await start();
	await session.open(MAIN, TWO);
	const at = TWO.indexOf('proxy_pass');
	const action = titled(
		await actionsAt(session, MAIN, { start: at, end: at }),
		'Fix all 2 findings of http-version-1-0 in this file',
	);
	const text = (await session.applied(action))[MAIN] ?? '';
	expect(text.match(/proxy_http_version 1\.1;/g)).toHaveLength(2);
	await session.change(MAIN, { text });
	expect(await session.findings(MAIN)).toEqual([]);
});

test('fix-all on save cures errors and warnings until nothing is left, and leaves what only informs', async () => {
	const session = await start();
	const text = `events {}
http {
	server {
		listen 8080;
		location /ws/ {
			proxy_pass http://127.0.0.1:9000;
			proxy_set_header Upgrade $http_upgrade;
		}
	}
}
`;
	await session.open(MAIN, text);
	const [action] = await actionsAt(session, MAIN, { start: 0, end: 0 }, ['source.fixAll']);
	expect(action?.kind).toBe('source.fixAll.nginxWebSocket');
	const cured = (await session.applied(action as CodeAction))[MAIN] ?? '';
	await session.change(MAIN, { text: cured });
	expect(await session.findings(MAIN)).toEqual([]);
	const left = await session.diagnostics(MAIN);
	expect(left.map(({ code }) => code)).toEqual(['idle-timeout']);
	expect(await actionsAt(session, MAIN, { start: 0, end: 0 }, ['source.fixAll'])).toEqual([]);
});

test('nothing is fixed unasked: fix-all comes only when its kind is named', async () => {
	const session = await start();
	await session.open(MAIN, TWO);
	const actions = await actionsAt(session, MAIN, { start: 0, end: 0 });
	expect(actions.filter(({ kind }) => kind?.startsWith('source'))).toEqual([]);
});

test('a location that nothing says is meant for WebSockets is turned into a route on request', async () => {
	const session = await start();
	const text = `events {}
http {
	server {
		listen 8080;
		location /api/ {
			proxy_pass http://127.0.0.1:9000;
			proxy_set_header Host $host;
		}
	}
}
`;
	await session.open(MAIN, text);
	expect(await session.diagnostics(MAIN)).toEqual([]);
	const at = text.indexOf('/api/');
	const actions = await actionsAt(session, MAIN, { start: at, end: at }, ['refactor']);
	const cured = (await session.applied(titled(actions, 'Proxy WebSockets here')))[MAIN] ?? '';
	expect(cured).toContain('proxy_set_header Host $host;');
	expect(cured).toContain('proxy_http_version 1.1;');
	expect(cured).toContain('map $http_upgrade $connection_upgrade');
	await session.change(MAIN, { text: cured });
	expect(await session.findings(MAIN)).toEqual([]);
});

test('a location that is a WebSocket route already is not turned into one', async () => {
	const session = await start();
	await session.open(MAIN, TWO);
	const at = TWO.indexOf('/ws/');
	expect(await actionsAt(session, MAIN, { start: at, end: at }, ['refactor'])).toEqual([]);
});

test('an action made for an older text is not resolved into edits', async () => {
	const session = await start();
	await session.open(MAIN, TWO);
	const at = TWO.indexOf('proxy_pass');
	const action = titled(await actionsAt(session, MAIN, { start: at, end: at }), /^Fix all 2/);
	await session.change(MAIN, { text: `# moved\n${TWO}` });
	const resolved = await session.client.sendRequest<CodeAction>('codeAction/resolve', action);
	expect(resolved.edit).toBeUndefined();
});

test('each fix carries the diagnostic that the client shows', async () => {
	const session = await start();
	await session.open(MAIN, TWO);
	const shown: Diagnostic[] = await session.diagnostics(MAIN);
	const at = TWO.indexOf('proxy_pass');
	const actions = await actionsAt(session, MAIN, { start: at, end: at });
	for (const action of actions) for (const diagnostic of action.diagnostics ?? []) expect(shown).toContainEqual(diagnostic);
});
