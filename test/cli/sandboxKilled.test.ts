import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createProtocolConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { SANDBOX } from '../../server/src/protocol/sandbox.ts';
import { bundledCommandLine, type CommandLine } from '../support/cli.ts';
import { uriOf } from '../support/lspSession.ts';
import { generations } from '../support/nginx.ts';
import { processesWith, type SandboxGround, sandboxGround } from '../support/sandboxes.ts';

/* An nginx that takes its time to start, and whoever waits for it is gone in the middle. */

const [nginx] = await generations();
if (nginx === undefined) throw new Error('there is no nginx here');

let command: CommandLine;
let ground: SandboxGround;
let slow: string;
beforeAll(() => {
	command = bundledCommandLine();
});
afterAll(() => command.remove());
beforeEach(() => {
	ground = sandboxGround();
	ground.configuration({
		'nginx.conf':
			'events {}\nhttp { server { listen 80; location /ws { proxy_pass http://a; proxy_set_header Upgrade $http_upgrade; } } }\n',
	});
	slow = join(ground.folder, 'slow-nginx');
	writeFileSync(
		slow,
		`#!/bin/sh\ncase "$1" in -t|-v|-V) exec '${nginx.path}' "$@";; esac\necho "$@" > '${join(ground.folder, 'started')}'\nexec sleep 300\n`,
	);
	chmodSync(slow, 0o755);
});
afterEach(() => ground.remove());

const started = () => expect.poll(() => existsSync(join(ground.folder, 'started')), { timeout: 20_000 }).toBe(true);
const nothingLeft = () =>
	expect.poll(() => [...ground.left(), ...processesWith(`${ground.parent}/`)], { timeout: 20_000 }).toEqual([]);
const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
const start = (...args: readonly string[]) =>
	spawn(process.execPath, [command.path, ...args], {
		cwd: ground.folder,
		env: { ...process.env, TMPDIR: ground.parent },
		stdio: ['pipe', 'pipe', 'ignore'],
	});

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
	'the command line gets %s: no process and no file stays behind',
	async (signal) => {
		const child = start('test', 'nginx.conf', '--sandbox', '--nginx', slow);
		await started();
		expect(ground.left()).toHaveLength(1);
		const end = ended(child);
		child.kill(signal);
		expect(await end).toBe(signal === 'SIGKILL' ? null : 1);
		await nothingLeft();
	},
);

test.each(['killed', 'left by its editor'] as const)(
	'the language server is %s: no process and no file stays behind',
	async (how) => {
		const child = start('server', '--stdio');
		if (child.stdout === null || child.stdin === null) throw new Error('no streams');
		const client = createProtocolConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
		client.onRequest('workspace/configuration', ({ items }: { items: readonly unknown[] }) =>
			items.map(() => ({ nginxPath: slow })),
		);
		client.onRequest('client/registerCapability', () => null);
		client.onError(() => undefined);
		client.listen();
		await client.sendRequest('initialize', {
			processId: null,
			rootUri: uriOf(ground.folder),
			workspaceFolders: [{ uri: uriOf(ground.folder), name: 'w' }],
			initializationOptions: { trusted: true },
			capabilities: { workspace: { configuration: true } },
		});
		await client.sendNotification('initialized', {});
		client.sendRequest(SANDBOX, { uri: uriOf(join(ground.folder, 'nginx.conf')) }).catch(() => undefined);
		await started();
		const end = ended(child);
		if (how === 'killed') child.kill('SIGKILL');
		else child.stdin.destroy();
		await end;
		client.dispose();
		await nothingLeft();
	},
);
