import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { generate } from 'selfsigned';
import { formatVersion } from '../../server/src/core/reference/versions.ts';
import type { NginxBinary } from '../../server/src/node/nginx/acquire.ts';
import type { Chat } from './chat.ts';
import { startChat } from './chat.ts';

const run = promisify(execFile);
const WORKSPACE = fileURLToPath(new URL('workspace/', import.meta.url));

/** The sample at work: a private copy of the workspace, the chat server, and nginx before it. All on loopback. */
export interface Sample {
	/** The folder to open in an editor. */
	readonly workspace: string;
	/** The main configuration file. */
	readonly main: string;
	readonly ports: { readonly http: number; readonly https: number; readonly chat: number };
	/** `http://localhost:8080/` and `https://localhost:8443/`. */
	readonly pages: readonly [string, string];
	/** Why no nginx runs; undefined when one does. */
	readonly withoutNginx: string | undefined;
	/** Makes nginx read its configuration again, and waits until it does; what it says against it, or undefined. */
	reload(): Promise<string | undefined>;
	stop(): Promise<void>;
}

/**
 * Copies the sample workspace, makes a self-signed certificate for it, starts the chat server and, when there is one, nginx. The ports of
 * the sample are 8080, 8443 and 9000; a port that is taken, or any with `anyPorts`, is replaced by a free one in the copy.
 */
export async function startSample(options: {
	readonly nginx: NginxBinary | string;
	readonly anyPorts?: boolean;
}): Promise<Sample> {
	const folder = await mkdtemp(join(tmpdir(), 'nginx-websocket-sample-'));
	// nginx's workers may run as another user.
	await chmod(folder, 0o755);
	const workspace = join(folder, 'chat');
	const main = join(workspace, 'nginx.conf');
	await cp(WORKSPACE, workspace, { recursive: true });
	for (const name of ['logs', 'temp']) await mkdir(join(folder, name));
	const ports = {
		http: await freePort(options.anyPorts === true ? 0 : 8080),
		https: await freePort(options.anyPorts === true ? 0 : 8443),
		chat: await freePort(options.anyPorts === true ? 0 : 9000),
	};
	await replacePorts(join(workspace, 'conf.d', 'chat.conf'), { 8080: ports.http, 8443: ports.https, 9000: ports.chat });
	await writeCertificate(join(workspace, 'tls'));

	let chat: Chat | undefined;
	let server: ChildProcess | undefined;
	const nginx = typeof options.nginx === 'string' ? undefined : options.nginx;
	const args = ['-p', `${folder}/`, '-c', main, '-e', join(folder, 'logs', 'startup.log')];
	const stop = async () => {
		if (server !== undefined) await ended(server);
		await chat?.stop();
		await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
	};
	try {
		chat = await startChat(ports.chat);
		if (nginx !== undefined) {
			server = spawn(nginx.path, [...args, '-g', 'daemon off;'], { stdio: ['ignore', 'ignore', 'pipe'] });
			await listening(ports.http, server);
			await writeEditorFiles(workspace, nginx, [...args, '-s', 'reload']);
		}
	} catch (error) {
		await stop();
		throw error;
	}
	return {
		workspace,
		main,
		ports,
		pages: [`http://localhost:${ports.http}/`, `https://localhost:${ports.https}/`],
		withoutNginx: typeof options.nginx === 'string' ? options.nginx : undefined,
		async reload() {
			if (nginx === undefined) return 'No nginx runs.';
			try {
				await run(nginx.path, [...args, '-t', '-q']);
				const before = await retired(folder);
				await run(nginx.path, [...args, '-s', 'reload']);
				// nginx lets its old workers accept connections for a moment after the new ones have started.
				for (let attempt = 0; attempt < 100 && (await retired(folder)) === before; attempt++) await setTimeout(50);
				return undefined;
			} catch (error) {
				return typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : String(error);
			}
		},
		stop,
	};
}

/** `wanted` when nobody listens there, else one that the system gives. */
async function freePort(wanted: number): Promise<number> {
	const bound = await bind(wanted);
	return bound ?? (await bind(0)) ?? wanted;
}

function bind(port: number): Promise<number | undefined> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(undefined));
		server.listen(port, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
		});
	});
}

async function replacePorts(path: string, ports: Readonly<Record<number, number>>): Promise<void> {
	const text = await readFile(path, 'utf8');
	await writeFile(
		path,
		text.replaceAll(/127\.0\.0\.1:(\d+)/g, (_, port: string) => `127.0.0.1:${ports[Number(port)] ?? port}`),
	);
}

/** A certificate for localhost, a week long, that no browser knows: made anew at each start. */
async function writeCertificate(folder: string): Promise<void> {
	await mkdir(folder);
	const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
		keySize: 2048,
		algorithm: 'sha256',
		notAfterDate: new Date(Date.now() + 7 * 24 * 60 * 60 * 1000),
		extensions: [
			{ name: 'basicConstraints', cA: false },
			{
				name: 'subjectAltName',
				altNames: [
					{ type: 2, value: 'localhost' },
					{ type: 7, ip: '127.0.0.1' },
				],
			},
		],
	});
	await writeFile(join(folder, 'chat.pem'), cert);
	await writeFile(join(folder, 'chat.key'), key, { mode: 0o600 });
}

/** How many workers nginx has sent away so far. */
async function retired(folder: string): Promise<number> {
	return (await readFile(join(folder, 'logs', 'error.log'), 'utf8')).split('gracefully shutting down').length;
}

/** What the editor knows of this very nginx: the task that reloads it, and its version. */
async function writeEditorFiles(workspace: string, nginx: NginxBinary, reload: readonly string[]): Promise<void> {
	const tasks = {
		version: '2.0.0',
		tasks: [
			{
				label: 'Reload nginx',
				type: 'process',
				command: nginx.path,
				args: reload,
				problemMatcher: [],
				presentation: { reveal: 'silent', revealProblems: 'onProblem', close: true },
			},
		],
	};
	const settings = { 'nginxWebSocket.nginxVersion': formatVersion(nginx.version) };
	const folder = join(workspace, '.vscode');
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, 'tasks.json'), `${JSON.stringify(tasks, undefined, '\t')}\n`);
	await writeFile(join(folder, 'settings.json'), `${JSON.stringify(settings, undefined, '\t')}\n`);
}

/** Waits until somebody answers on the port; throws what the process wrote when it ends first. */
function listening(port: number, child: ChildProcess): Promise<void> {
	let written = '';
	child.stderr?.on('data', (chunk: Buffer) => {
		written += chunk.toString();
	});
	const deadline = Date.now() + 10_000;
	return new Promise((resolve, reject) => {
		child.once('error', reject);
		const attempt = () => {
			if (child.exitCode !== null) return reject(new Error(`nginx ended: ${written.trim()}`));
			if (Date.now() > deadline) return reject(new Error(`nginx does not listen on port ${port}. ${written.trim()}`));
			const socket = connect(port, '127.0.0.1');
			socket.once('connect', () => {
				socket.destroy();
				resolve();
			});
			socket.once('error', () => void setTimeout(50).then(attempt));
		};
		attempt();
	});
}

function ended(child: ChildProcess): Promise<void> {
	return new Promise((resolve) => {
		if (child.exitCode !== null || child.signalCode !== null) return resolve();
		child.once('exit', () => resolve());
		child.kill('SIGTERM');
	});
}
