import { expect, test } from 'vitest';
import type { CodeAction } from 'vscode-languageserver/node';
import type { Host } from '../../server/src/lsp/host.ts';
import { sandboxWith } from '../../server/src/node/sandbox/sandboxWith.ts';
import {
	PROVE_FIX,
	PROVE_FIX_COMMAND,
	type ProveFixParams,
	RUN_NGINX,
	type RunNginxResult,
	SANDBOX,
	type SandboxReport,
} from '../../server/src/protocol/sandbox.ts';
import { uriOf } from '../support/lspSession.ts';
import { generations } from '../support/nginx.ts';
import { sessions } from '../support/sessions.ts';

const start = sessions();
const [nginx] = await generations();
if (nginx === undefined) throw new Error('there is no nginx here');

const MAIN = '/w/nginx.conf';
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

const host: Partial<Host> = {
	sandbox: (configuration, { routeId }, onStage) =>
		sandboxWith({ program: nginx.path, version: undefined }, configuration, {
			onStage,
			...(routeId === undefined ? {} : { wanted: ({ id }) => id === routeId }),
		}),
	run: async (command) => ({ ok: false, output: command.slice(1).join('\n') }),
};
const trusted = { initializationOptions: { trusted: true, commands: [PROVE_FIX_COMMAND] }, host };

test('the sandbox shows what really happens with the text in the editor', async () => {
	const session = await start(trusted);
	await session.open(MAIN, BROKEN);
	const { headline, proved, report } = await session.client.sendRequest<SandboxReport>(SANDBOX, { uri: uriOf(MAIN) });
	expect(headline).toBe('0 of 1 handshakes upgraded, 1 did not.');
	expect(proved).toBe(false);
	expect(report).toContain('the backend receives HTTP/1.0');
	expect(report).toContain(`[nginx.conf:5](${uriOf(MAIN)}#L5)`);
});

test('a fix is proved from the light bulb: before and after, and nothing is changed', async () => {
	const session = await start(trusted);
	await session.open(MAIN, BROKEN);
	const [diagnostic] = await session.diagnostics(MAIN);
	if (diagnostic === undefined) throw new Error('nothing was found');
	const actions = await session.about<CodeAction[]>('textDocument/codeAction', MAIN, {
		range: diagnostic.range,
		context: { diagnostics: [diagnostic], only: ['quickfix'] },
	});
	const proof = actions.find(({ command }) => command?.command === PROVE_FIX_COMMAND);
	expect(proof?.title).toMatch(/^Prove this fix: /);
	expect(proof?.edit).toBeUndefined();
	const params = proof?.command?.arguments?.[0] as ProveFixParams;
	const { proved, headline, report } = await session.client.sendRequest<SandboxReport>(PROVE_FIX, params);
	expect(proved).toBe(true);
	expect(headline).toBe('Before: 0 of 1 handshakes upgraded, 1 did not. After: 1 of 1 handshakes upgraded.');
	expect(report).toMatch(/\| `location \/ws\/`<br>`ws:\/\/localhost:8080\/ws\/` \| does not upgrade: .* \| upgrades \(101\) \|/);
	expect(await session.findings(MAIN)).toEqual(['http-version-1-0: proxy_pass http://127.0.0.1:9000']);
});

test('a fix that was made for another text is not proved', async () => {
	const session = await start(trusted);
	await session.open(MAIN, BROKEN);
	const edits = [{ uri: uriOf(MAIN), version: 7, edits: [] }];
	await expect(session.client.sendRequest(PROVE_FIX, { uri: uriOf(MAIN), title: 'x', edits })).rejects.toThrow('has changed');
});

test('an editor that has no such command is offered no proof', async () => {
	const session = await start({ ...trusted, initializationOptions: { trusted: true } });
	await session.open(MAIN, BROKEN);
	const [diagnostic] = await session.diagnostics(MAIN);
	const actions = await session.about<CodeAction[]>('textDocument/codeAction', MAIN, {
		range: diagnostic?.range,
		context: { diagnostics: [], only: ['quickfix'] },
	});
	expect(actions.filter(({ command }) => command !== undefined)).toEqual([]);
});

test('nothing is started in a workspace that is not trusted, nor without a machine', async () => {
	let started = 0;
	const counting: Partial<Host> = {
		sandbox: async () => {
			started++;
			throw new Error('never');
		},
		run: async () => {
			started++;
			return { ok: true, output: '' };
		},
	};
	const untrusted = await start({ initializationOptions: { trusted: false }, host: counting });
	await untrusted.open(MAIN, BROKEN);
	const ask = (session: typeof untrusted, method: string) =>
		session.client.sendRequest(method, { uri: uriOf(MAIN), command: ['nginx', '-t'], title: '', edits: [] });
	for (const method of [SANDBOX, PROVE_FIX, RUN_NGINX]) await expect(ask(untrusted, method)).rejects.toThrow('that you trust');
	expect(started).toBe(0);
	const browser = await start({ initializationOptions: { trusted: true } });
	await browser.open(MAIN, BROKEN);
	for (const method of [SANDBOX, PROVE_FIX, RUN_NGINX]) await expect(ask(browser, method)).rejects.toThrow('A browser');
});

test('what nginx complains of stands on its line, also in an included file and where nginx names no line', async () => {
	const session = await start({
		...trusted,
		files: {
			'/w/conf.d/chat.conf':
				'server {\n\tlisten 8081;\n\tproxy_pas http://a;\n\tssl_certificate /etc/ssl/chat.pem;\n\treturn 200 $nothing;\n}\n',
		},
	});
	await session.open(MAIN, 'events {}\nhttp {\n\tinclude conf.d/*.conf;\n}\n');
	const output = [
		'nginx: [warn] conflicting server name "" on 0.0.0.0:8081, ignored',
		'nginx: [emerg] unknown directive "proxy_pas" in /etc/nginx/conf.d/chat.conf:3',
		'nginx: [emerg] unknown "nothing" variable',
		'nginx: [emerg] bind() to 0.0.0.0:8081 failed (98: Address already in use)',
		'nginx: [emerg] cannot load certificate "/etc/ssl/chat.pem": BIO_new_file() failed',
		'nginx: [emerg] open() "/run/nginx.pid" failed (13: Permission denied)',
		'nginx: configuration file /etc/nginx/nginx.conf test failed',
	];
	const { ok, problems } = await session.client.sendRequest<RunNginxResult>(RUN_NGINX, {
		uri: uriOf(MAIN),
		command: ['nginx', ...output],
	});
	expect(ok).toBe(false);
	expect(
		problems.map(
			({ uri, range, severity, message }) =>
				`${uri.slice(uri.lastIndexOf('/') + 1)}:${range.start.line + 1} ${severity} ${message.slice(0, 30)}`,
		),
	).toEqual([
		'nginx.conf:1 warning conflicting server name "" on ',
		'chat.conf:3 error unknown directive "proxy_pas"',
		'chat.conf:5 error unknown "nothing" variable',
		'chat.conf:2 error bind() to 0.0.0.0:8081 failed ',
		'chat.conf:4 error cannot load certificate "/etc/',
		'nginx.conf:1 error open() "/run/nginx.pid" failed',
	]);
});
