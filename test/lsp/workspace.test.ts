import { expect, test } from 'vitest';
import type { CompletionItem } from 'vscode-languageserver/node';
import { uriOf } from '../support/lspSession.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const MAIN = '/w/nginx.conf';
const SITE = '/w/conf.d/site.conf';
const HTTP = `events {}
http {
	proxy_http_version 1.1;
	map $http_upgrade $connection_upgrade { default upgrade; '' close; }
	include conf.d/*.conf;
}
`;
const ROUTE = `server {
	listen 8080;
	location /ws/ {
		proxy_pass http://127.0.0.1:9000;
		proxy_set_header Upgrade $http_upgrade;
		proxy_set_header Connection $connection_upgrade;
		proxy_read_timeout 1h;
	}
}
`;
const NO_VERSION = ['http-version-1-0: proxy_pass http://127.0.0.1:9000'];

test('a fragment is read in the place where the main file includes it', async () => {
	const session = await start({ files: { [MAIN]: HTTP } });
	await session.open(SITE, ROUTE);
	expect(await session.diagnostics(SITE)).toEqual([]);
});

test('what an open main file says, saved or not, decides about the fragment, and the client is told to ask again when the disk does', async () => {
	const session = await start({ files: { [MAIN]: HTTP } });
	await session.open(SITE, ROUTE);
	await session.open(MAIN, HTTP.replace('\tproxy_http_version 1.1;\n', ''));
	expect(await session.findings(SITE)).toEqual(NO_VERSION);
	await session.client.sendNotification('textDocument/didClose', { textDocument: { uri: uriOf(MAIN) } });
	expect(await session.findings(SITE)).toEqual([]);
	const before = session.refreshes;
	await session.write(MAIN, HTTP.replace('\tproxy_http_version 1.1;\n', ''));
	await session.until(() => session.refreshes > before);
	expect(await session.findings(SITE)).toEqual(NO_VERSION);
});

test('a fragment that two main files include is checked in both', async () => {
	const session = await start({
		files: { [MAIN]: HTTP, '/w/other.conf': HTTP.replace('\tproxy_http_version 1.1;\n', '') },
	});
	await session.open(SITE, ROUTE);
	expect(await session.findings(SITE)).toEqual(NO_VERSION);
});

test('a file that appears and includes the fragment changes what it means', async () => {
	const session = await start();
	await session.open(SITE, ROUTE.replace('proxy_read_timeout 1h;', 'proxy_read_timeout 1h; proxy_http_version 1.1;'));
	await session.diagnostics(SITE);
	await session.write(MAIN, HTTP.replace(/\tmap.*\n/, ''));
	expect(await session.findings(SITE)).toEqual(['unknown-variable: $connection_upgrade']);
	await session.write(MAIN, HTTP);
	expect(await session.findings(SITE)).toEqual([]);
	await session.write(MAIN, undefined);
	expect(await session.findings(SITE)).toEqual([]);
});

test('absolute includes are looked for in the workspace', async () => {
	const session = await start({ files: { [MAIN]: HTTP.replace('include conf.d', 'include /etc/nginx/conf.d') } });
	await session.open(SITE, ROUTE);
	expect(await session.diagnostics(SITE)).toEqual([]);
});

test('without a folder the nginx.conf above a file is found', async () => {
	const session = await start({ folders: [], files: { '/etc/nginx/nginx.conf': HTTP } });
	await session.open('/etc/nginx/conf.d/site.conf', ROUTE);
	expect(await session.diagnostics('/etc/nginx/conf.d/site.conf')).toEqual([]);
});

test('a comment tells the context of a fragment that nothing includes', async () => {
	const session = await start();
	const { caret } = await session.open('/w/part.conf', '# nginx-websocket-context: upstream\n‸\n');
	const items = await session.at<CompletionItem[]>('textDocument/completion', '/w/part.conf', caret);
	expect(items.map(({ label }) => label)).toContain('least_conn');
	expect(items.map(({ label }) => label)).not.toContain('listen');
});

test('an include cycle, an include that is missing and one that cannot be read are told at their lines', async () => {
	const session = await start({ files: { '/w/b.conf': 'include nginx.conf;\n' } });
	session.disk.locked.add('/w/locked.conf');
	await session.open(MAIN, 'events {}\nhttp {\n\tinclude b.conf;\n\tinclude gone.conf;\n\tinclude locked.conf;\n}\n');
	const found = await session.diagnostics(MAIN);
	expect(found.map(({ code, range, severity }) => [code, range.start.line, severity])).toEqual([
		['include-missing', 3, 3],
		['include-missing', 4, 2],
	]);
	await session.open('/w/b.conf', 'include nginx.conf;\n');
	expect((await session.diagnostics('/w/b.conf')).map(({ code }) => code)).toEqual(['include-cycle']);
});

test('two folders are two workspaces', async () => {
	const session = await start({
		folders: ['/w', '/v'],
		files: { [MAIN]: HTTP, '/v/nginx.conf': HTTP.replace('\tproxy_http_version 1.1;\n', '') },
	});
	await session.open(SITE, ROUTE);
	await session.open('/v/conf.d/site.conf', ROUTE);
	expect(await session.findings(SITE)).toEqual([]);
	expect(await session.findings('/v/conf.d/site.conf')).toEqual(NO_VERSION);
});

test('a virtual workspace is read through the client, include by include', async () => {
	const root = 'vscode-vfs://github/me/repo';
	const texts: Record<string, string> = { [`${root}/nginx.conf`]: HTTP };
	const asked: string[] = [];
	const session = await start({
		folders: [],
		initializationOptions: { filesThroughClient: true },
		answers: {
			'nginxWebSocket/fs/read': (params) => {
				const { uri } = params as { uri: string };
				asked.push(decodeURIComponent(uri));
				const text = texts[decodeURIComponent(uri)];
				return text === undefined ? { kind: 'missing' } : { kind: 'text', text };
			},
			'nginxWebSocket/fs/list': (params) => {
				const { uri } = params as { uri: string };
				return { entries: decodeURIComponent(uri) === `${root}/conf.d` ? [{ name: 'site.conf', kind: 'file' }] : [] };
			},
			'nginxWebSocket/fs/find': () => ({ uris: Object.keys(texts) }),
		},
	});
	await session.client.sendNotification('workspace/didChangeWorkspaceFolders', {
		event: { added: [{ uri: root, name: 'repo' }], removed: [] },
	});
	const uri = `${root}/conf.d/site.conf`;
	texts[uri] = ROUTE;
	await session.client.sendNotification('textDocument/didOpen', {
		textDocument: { uri, languageId: 'nginx', version: 1, text: ROUTE },
	});
	const report = await session.client.sendRequest('textDocument/diagnostic', { textDocument: { uri } });
	expect(report).toMatchObject({ kind: 'full', items: [] });
	expect(asked).toContain(`${root}/nginx.conf`);
});
