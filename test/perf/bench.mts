import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { formatVersion } from '../../server/src/core/reference/versions.ts';
import { generations } from '../support/nginx.ts';
import { generateConfiguration } from './input.ts';

/*
 * `npm run bench`: medians of paired runs on one generated input, as ratios (ours / theirs), and the figures behind them.
 * Wall time is never judged here; machines differ, ratios less so.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const cli = join(root, 'server/dist/node/cli.js');
const serverBundle = join(root, 'server/dist/node/server.js');
const folder = mkdtempSync(join(tmpdir(), 'nginx-websocket-bench-'));
const nginx = (await generations()).at(-1);

try {
	for (const lines of [10_000, 100_000]) {
		const file = join(folder, `${lines}.conf`);
		writeFileSync(file, generateConfiguration(lines));
		console.log(`\n${lines} lines, ${Math.round(statSync(file).size / 1024)} kB`);
		wholeProcess(file, lines);
	}
	console.log('\nEditor');
	for (const lines of [10_000, 100_000]) await keystrokes(lines);
	await coldStart();
	console.log('\nBundles');
	for (const path of [
		'client/dist/node/extension.js',
		'client/dist/browser/extension.js',
		'server/dist/node/server.js',
		'server/dist/browser/server.js',
		'server/dist/node/cli.js',
		'nginx-websocket.vsix',
	])
		if (existsSync(join(root, path)))
			console.log(`  ${path.padEnd(36)} ${Math.round(statSync(join(root, path)).size / 1024)} kB`);
} finally {
	rmSync(folder, { recursive: true, force: true });
}

/** `check` as a whole process against what a person would run in its place. */
function wholeProcess(file: string, lines: number): void {
	const ours = [process.execPath, cli, 'check', file, '--format', 'json'];
	const quoted = JSON.stringify(file);
	const rivals: readonly (readonly [string, readonly string[]])[] = [
		['bare node', [process.execPath, '-e', '0']],
		...(nginx === undefined
			? []
			: ([
					[
						`nginx -t (${formatVersion(nginx.version)})`,
						[
							nginx.path,
							'-t',
							'-q',
							'-p',
							`${folder}/`,
							'-c',
							file,
							'-e',
							join(folder, 'startup.log'),
							'-g',
							`pid ${folder}/pid;`,
						],
					],
				] as const)),
		['nginx-conf', [process.execPath, '-e', `require('nginx-conf').NginxConfFile.create(${quoted}, (e) => { if (e) throw e; })`]],
		[
			'@webantic/nginx-config-parser',
			[process.execPath, '-e', `const P = require('@webantic/nginx-config-parser'); new P().readConfigFile(${quoted})`],
		],
		[
			'nginx-linter',
			[process.execPath, join(root, 'node_modules/nginx-linter/bin/nginx-linter'), '--include', file, '--no-follow-includes'],
		],
	];
	const rounds = lines > 50_000 ? 7 : 11;
	console.log(`  check            ${time(ours, rounds).join(' / ')} ms (min / median / max), ${memory(ours)}`);
	for (const [name, command] of rivals) {
		if (spawnSync(command[0] ?? '', command.slice(1), { cwd: root }).error !== undefined) {
			console.log(`  ${name}: cannot be started here`);
			continue;
		}
		const pairs: { ratio: number; theirs: number }[] = [];
		for (let round = 0; round < rounds; round++) {
			const a = once(ours);
			const b = once(command);
			pairs.push({ ratio: a / b, theirs: b });
		}
		console.log(
			`  vs ${name.padEnd(32)} ratio ${median(pairs.map(({ ratio }) => ratio)).toFixed(2)} (theirs ${median(pairs.map(({ theirs }) => theirs)).toFixed(0)} ms, ${memory(command)})`,
		);
	}
}

function once(command: readonly string[]): number {
	const start = performance.now();
	spawnSync(command[0] ?? '', command.slice(1), { stdio: 'ignore', cwd: root });
	return performance.now() - start;
}

function time(command: readonly string[], rounds: number): readonly string[] {
	once(command);
	const runs = Array.from({ length: rounds }, () => once(command)).sort((a, b) => a - b);
	return [runs[0] ?? 0, median(runs), runs.at(-1) ?? 0].map((value) => value.toFixed(0));
}

/** The largest resident set of a command, by GNU time where it is installed. */
function memory(command: readonly string[]): string {
	const { stderr, error } = spawnSync('/usr/bin/time', ['-f', 'peak %M', ...command], {
		encoding: 'utf8',
		stdio: ['ignore', 'ignore', 'pipe'],
		cwd: root,
	});
	const peak = error === undefined ? /peak (\d+)/.exec(stderr)?.[1] : undefined;
	return peak === undefined ? 'memory not measured (no /usr/bin/time)' : `${Math.round(Number(peak) / 1024)} MiB`;
}

function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function percentile(values: readonly number[], part: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

interface Session {
	readonly connection: ReturnType<typeof createMessageConnection>;
	end(): Promise<void>;
}

async function startServer(): Promise<Session> {
	const child = spawn(process.execPath, [serverBundle, '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
	const connection = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
	connection.onRequest('workspace/configuration', (params: { items: readonly unknown[] }) => params.items.map(() => null));
	connection.onRequest('client/registerCapability', () => null);
	connection.onRequest('workspace/diagnostic/refresh', () => null);
	connection.onRequest('workspace/codeLens/refresh', () => null);
	connection.listen();
	await connection.sendRequest('initialize', {
		processId: process.pid,
		rootUri: null,
		workspaceFolders: null,
		capabilities: { textDocument: { diagnostic: { dynamicRegistration: false } }, workspace: { configuration: true } },
	});
	await connection.sendNotification('initialized', {});
	return {
		connection,
		end: () =>
			new Promise((resolve) => {
				child.once('exit', () => resolve());
				connection.dispose();
				child.kill();
			}),
	};
}

/** A letter typed in the middle of a document until the diagnostics for that text are back, over a real connection. */
async function keystrokes(lines: number): Promise<void> {
	const { connection, end } = await startServer();
	const text = generateConfiguration(lines);
	const uri = 'file:///bench/nginx.conf';
	await connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId: 'nginx', version: 1, text } });
	await connection.sendRequest('textDocument/diagnostic', { textDocument: { uri } });
	const line = Math.floor(lines / 2 / 21) * 21 + 9;
	const took: number[] = [];
	for (let stroke = 0; stroke < 120; stroke++) {
		const start = performance.now();
		await connection.sendNotification('textDocument/didChange', {
			textDocument: { uri, version: 2 + stroke },
			contentChanges: [{ range: { start: { line, character: 4 }, end: { line, character: 4 } }, text: ' ' }],
		});
		await connection.sendRequest('textDocument/diagnostic', { textDocument: { uri } });
		if (stroke >= 20) took.push(performance.now() - start);
	}
	console.log(
		`  keystroke to diagnostics, ${lines} lines: p50 ${percentile(took, 0.5).toFixed(1)} ms, p95 ${percentile(took, 0.95).toFixed(1)} ms`,
	);
	await end();
}

/** From spawn to the answer to `initialize`. */
async function coldStart(): Promise<void> {
	const took: number[] = [];
	for (let round = 0; round < 9; round++) {
		const start = performance.now();
		const { end } = await startServer();
		took.push(performance.now() - start);
		await end();
	}
	console.log(`  spawn to initialized: median ${median(took).toFixed(0)} ms`);
}
