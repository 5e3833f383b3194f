import { expect, test } from 'vitest';
import { TEST_HANDSHAKE, TRUST_GRANTED } from '../../server/src/protocol/requests.ts';
import { sessions } from '../support/sessions.ts';

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
			proxy_read_timeout 1h;
		}
	}
}
`;
const FOUND = ['http-version-1-0: proxy_pass http://127.0.0.1:9000'];

test('the nginx version is an input, and the client is told which one is taken and why', async () => {
	const session = await start({ settings: { nginxVersion: '1.30' } });
	await session.open(MAIN, TEXT);
	expect(await session.findings(MAIN)).toEqual([]);
	expect(session.statuses).toEqual([{ nginxVersion: '1.30.0', versionSource: 'setting' }]);
});

test('a setting that changes is taken up at once', async () => {
	const session = await start({ settings: { nginxVersion: '1.30' } });
	await session.open(MAIN, TEXT);
	expect(await session.findings(MAIN)).toEqual([]);
	const before = session.refreshes;
	session.settings = { nginxVersion: '1.22' };
	await session.client.sendNotification('workspace/didChangeConfiguration', { settings: null });
	await session.until(() => session.refreshes > before);
	expect(await session.findings(MAIN)).toEqual(FOUND);
	expect(session.statuses.at(-1)).toEqual({ nginxVersion: '1.22.0', versionSource: 'setting' });
});

test('a version that is none is said, and the default is taken', async () => {
	const session = await start({ settings: { nginxVersion: 'newest' } });
	await session.open(MAIN, TEXT);
	expect(await session.findings(MAIN)).toEqual(FOUND);
	expect(session.statuses.at(-1)).toMatchObject({ versionSource: 'default', problem: expect.stringContaining('"newest"') });
});

test('a rule can be switched off or made more severe', async () => {
	const off = await start({ settings: { severity: { 'http-version-1-0': 'off' } } });
	await off.open(MAIN, TEXT);
	expect(await off.findings(MAIN)).toEqual([]);
	const severe = await start({ settings: { severity: { 'http-version-1-0': 'error' } } });
	await severe.open(MAIN, TEXT);
	expect((await severe.diagnostics(MAIN)).map(({ severity }) => severity)).toEqual([1]);
});

test('the settings file of the project is found upwards, counts, and is followed when it changes', async () => {
	const session = await start({
		files: { '/w/.nginx-websocket.json': '{"nginxVersion":"1.30"}', '/w/a/nginx.conf': TEXT },
	});
	await session.open('/w/a/nginx.conf', TEXT);
	expect(await session.findings('/w/a/nginx.conf')).toEqual([]);
	await session.write('/w/.nginx-websocket.json', '{"nginxWebSocket.nginxVersion":"1.22"}');
	expect(await session.findings('/w/a/nginx.conf')).toEqual(FOUND);
});

test('a settings file that cannot be read is said and not used', async () => {
	const session = await start({ files: { '/w/.nginx-websocket.json': '{"nginxVersion":' } });
	await session.open(MAIN, TEXT);
	expect(await session.findings(MAIN)).toEqual(FOUND);
	expect(session.statuses.at(-1)?.problem).toMatch(
		/^\.nginx-websocket\.json, line 1: it is not valid JSON \(.*\); its settings are not used\.$/,
	);
});

test.each(['pull', 'push'] as const)(
	'a client that %ss diagnostics sees in the settings file why it is not used, until it is',
	async (diagnostics) => {
		const file = '/w/a/.nginx-websocket.json';
		const session = await start({ diagnostics, files: { [file]: '{\n\t"severity": {\n\t\t"no-such-rule": "off"\n\t}\n}\n' } });
		const shown = () => session.published.filter(({ uri }) => uri === `file://${file}`);
		await session.open('/w/a/nginx.conf', TEXT);
		if (diagnostics === 'pull') await session.diagnostics('/w/a/nginx.conf');
		await session.until(() => shown().length > 0);
		expect(shown()[0]?.diagnostics).toEqual([
			{
				range: { start: { line: 2, character: 0 }, end: { line: 2, character: 23 } },
				severity: 1,
				source: 'nginx-websocket',
				message: 'Nothing in this file is used: there is no rule "no-such-rule".',
			},
		]);
		await session.write(file, '{}');
		if (diagnostics === 'pull') await session.diagnostics('/w/a/nginx.conf');
		await session.until(() => shown().length > 1);
		expect(shown().map(({ diagnostics: items }) => items.length)).toEqual([1, 0]);
	},
);

test('what is shown in a settings file goes with it', async () => {
	const session = await start({ diagnostics: 'push', files: { '/w/.nginx-websocket.json': '[]' } });
	const shown = () => session.published.filter(({ uri }) => uri.endsWith('.json')).map(({ diagnostics }) => diagnostics.length);
	await session.until(() => shown().length > 0);
	await session.write('/w/.nginx-websocket.json', undefined);
	await session.until(() => shown().length > 1);
	expect(shown()).toEqual([1, 0]);
});

test('a settings file cannot choose the program that is started', async () => {
	const asked: string[] = [];
	const session = await start({
		initializationOptions: { trusted: true },
		files: { '/w/.nginx-websocket.json': '{"nginxPath":"/w/evil"}' },
		host: {
			nginxVersion: async (program) => {
				asked.push(program);
				return { text: 'nginx version: nginx/1.26.3' };
			},
		},
	});
	await session.open(MAIN, TEXT);
	await session.diagnostics(MAIN);
	expect(asked).toEqual(['']);
	expect(session.statuses.at(-1)).toMatchObject({
		nginxVersion: '1.26.3',
		versionSource: 'nginx',
		problem: expect.stringContaining("nginxPath is each person's own choice"),
	});
});

test('the settings file silences a rule, asks for certain routes only, and switches the lenses off', async () => {
	const file = '/w/.nginx-websocket.json';
	const session = await start({ files: { [file]: '{ "severity": { "http-version-1-0": "off" } }' } });
	await session.open(MAIN, TEXT);
	expect(await session.findings(MAIN)).toEqual([]);
	await session.write(file, '{ "severity": { "http-version-1-0": "error" }, "codeLens": false }');
	expect((await session.diagnostics(MAIN)).map(({ severity }) => severity)).toEqual([1]);
	expect(await session.about('textDocument/codeLens', MAIN)).toEqual([]);
	await session.write(file, '{ "intent": "certain" }');
	await session.change(MAIN, { text: TEXT.replace(/\t*proxy_set_header.*\n/g, '') });
	expect(await session.findings(MAIN)).toEqual([]);
	await session.write(file, '{ "intent": "likely" }');
	expect(await session.findings(MAIN)).toEqual(['upgrade-not-forwarded: proxy_pass http://127.0.0.1:9000']);
});

test('in a workspace that is not trusted nothing is started and nothing connected; trust changes that', async () => {
	const done: string[] = [];
	const session = await start({
		host: {
			nginxVersion: async () => {
				done.push('nginx');
				return { text: 'nginx/1.30.1' };
			},
			handshake: () => {
				done.push('handshake');
				throw new Error('not expected');
			},
		},
	});
	await session.open(MAIN, TEXT);
	expect(await session.findings(MAIN)).toEqual(FOUND);
	await expect(session.client.sendRequest(TEST_HANDSHAKE, { uri: 'x', url: 'ws://localhost/' })).rejects.toThrow(
		/only in a workspace that you trust/,
	);
	expect(done).toEqual([]);
	const before = session.refreshes;
	await session.client.sendNotification(TRUST_GRANTED);
	await session.until(() => session.refreshes > before);
	expect(done).toEqual(['nginx']);
	expect(await session.findings(MAIN)).toEqual([]);
});

test('a server that cannot make connections says so at the start, and when asked', async () => {
	const session = await start({ initializationOptions: { trusted: true } });
	expect(session.initialized.capabilities.experimental).toEqual({
		nginxWebSocket: { handshake: false, sandbox: false, explain: true },
	});
	await expect(session.client.sendRequest(TEST_HANDSHAKE, { uri: 'x', url: 'ws://localhost/' })).rejects.toThrow(
		/browser cannot open a raw connection/,
	);
});
