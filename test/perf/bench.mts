import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { formatVersion } from '../../server/src/core/reference/versions.ts';
import { generations } from '../support/nginx.ts';
import { generateConfiguration } from './input.ts';

/*
 * `npm run bench`: medians of paired runs on one generated input, as ratios (ours / theirs), the figures behind them, and beside each
 * the goal. Nothing fails here: machines differ, ratios less so. Run `npm run package` first; the bundles are measured as they are.
 */

/** What we want to reach. Times in milliseconds, sizes in kB. */
const GOALS = {
	ratioToNginx: 1,
	keystroke: new Map([
		[10_000, 8],
		[100_000, 60],
	]),
	coldStart: 120,
	package: 600,
};

/** A rival that takes longer is not waited for. */
const LONGEST = 15_000;

/** What is typed into a location in the middle, letter by letter, and taken out again. */
const TYPED = 'proxy_buffering off;\n            ';
const ROUNDS = 3;

const root = fileURLToPath(new URL('../../', import.meta.url));
const cli = join(root, 'server/dist/node/cli.js');
const serverBundle = join(root, 'server/dist/node/server.js');
const folder = mkdtempSync(join(tmpdir(), 'nginx-websocket-bench-'));
const nginx = (await generations()).at(-1);

console.log(
	`${availableParallelism()} processors, of which others use ${(loadavg()[0] ?? 0).toFixed(1)}; Node ${process.versions.node}`,
);
try {
	const checks: number[] = [];
	for (const lines of [10_000, 100_000]) {
		const file = join(folder, `${lines}.conf`);
		writeFileSync(file, generateConfiguration(lines));
		console.log(`\n${lines} lines, ${Math.round(statSync(file).size / 1024)} kB`);
		checks.push(wholeProcess(file, lines));
	}
	const [small = 0, large = 0] = checks;
	console.log(`\nTen times the lines take ${(large / small).toFixed(1)} times as long (goal: at most 10)`);
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
			console.log(
				`  ${path.padEnd(36)} ${(statSync(join(root, path)).size / 1000).toFixed(0)} kB${path.endsWith('.vsix') ? goal(statSync(join(root, path)).size / 1000, GOALS.package, 'kB') : ''}`,
			);
} finally {
	rmSync(folder, { recursive: true, force: true });
}

/** `check` as a whole process against what a person would run in its place. */
function wholeProcess(file: string, lines: number): number {
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
	const rounds = lines > 50_000 ? 5 : 9;
	const own = time(ours, rounds);
	const peak = memory(ours);
	console.log(
		`  check            ${own.map((value) => value.toFixed(0)).join(' / ')} ms (min / median / max), ${mebibytes(peak)}`,
	);
	for (const [name, command] of rivals) {
		const first = spawnSync(command[0] ?? '', command.slice(1), { cwd: root, timeout: LONGEST });
		if (first.error !== undefined) {
			console.log(
				`  vs ${name.padEnd(32)} ${first.signal === null ? 'cannot be started here' : `not done after ${LONGEST / 1000} s`}`,
			);
			continue;
		}
		const pairs: { ratio: number; theirs: number }[] = [];
		for (let round = 0; round < rounds; round++) {
			const a = once(ours);
			const b = once(command);
			pairs.push({ ratio: a / b, theirs: b });
		}
		const ratio = median(pairs.map((pair) => pair.ratio));
		const theirs = memory(command);
		console.log(
			`  vs ${name.padEnd(32)} ratio ${ratio.toFixed(2)} (theirs ${median(pairs.map((pair) => pair.theirs)).toFixed(0)} ms, ${mebibytes(theirs)})`,
		);
		if (!name.startsWith('nginx -t')) continue;
		console.log(`     ${''.padEnd(32)} time${goal(ratio, GOALS.ratioToNginx, 'times nginx')}`);
		if (peak !== undefined && theirs !== undefined)
			console.log(`     ${''.padEnd(32)} memory ${(peak / theirs).toFixed(2)}${goal(peak / theirs, 1, 'times nginx')}`);
	}
	return own[1] ?? 0;
}

/** ` (goal: under 8 ms, reached)`. */
function goal(value: number, most: number, unit: string): string {
	return ` (goal: at most ${most} ${unit}, ${value <= most ? 'reached' : 'missed'})`;
}

function mebibytes(kibibytes: number | undefined): string {
	return kibibytes === undefined ? 'memory not measured (no /usr/bin/time)' : `${Math.round(kibibytes / 1024)} MiB`;
}

function once(command: readonly string[]): number {
	const start = performance.now();
	spawnSync(command[0] ?? '', command.slice(1), { stdio: 'ignore', cwd: root });
	return performance.now() - start;
}

function time(command: readonly string[], rounds: number): readonly number[] {
	once(command);
	const runs = Array.from({ length: rounds }, () => once(command)).sort((a, b) => a - b);
	return [runs[0] ?? 0, median(runs), runs.at(-1) ?? 0];
}

/** The largest resident set of a command in KiB, by GNU time; undefined where that is not installed. */
function memory(command: readonly string[]): number | undefined {
	const { stderr, error } = spawnSync('/usr/bin/time', ['-f', 'peak %M', ...command], {
		encoding: 'utf8',
		stdio: ['ignore', 'ignore', 'pipe'],
		cwd: root,
	});
	const peak = error === undefined ? /peak (\d+)/.exec(stderr)?.[1] : undefined;
	return peak === undefined ? undefined : Number(peak);
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

/** From a letter typed until the diagnostics for that text are back, over a real connection, as an editor asks for them. */
async function keystrokes(lines: number): Promise<void> {
	const { connection, end } = await startServer();
	const text = generateConfiguration(lines);
	const uri = 'file:///bench/nginx.conf';
	await connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId: 'nginx', version: 1, text } });
	const ask = (): Promise<{ resultId: string }> =>
		connection.sendRequest('textDocument/diagnostic', { textDocument: { uri }, previousResultId: result?.resultId });
	let result: { resultId: string } | undefined;
	const opened = performance.now();
	result = await ask();
	const opening = performance.now() - opened;

	const before = text.slice(0, text.indexOf('proxy_pass', text.length / 2)).split('\n');
	const place = (offset: number) => {
		const typed = TYPED.slice(0, offset).split('\n');
		const column = typed.length === 1 ? (before.at(-1)?.length ?? 0) : 0;
		return { line: before.length - 1 + typed.length - 1, character: column + (typed.at(-1)?.length ?? 0) };
	};
	const took: number[] = [];
	let version = 1;
	const change = async (from: number, to: number, letter: string): Promise<void> => {
		const start = performance.now();
		await connection.sendNotification('textDocument/didChange', {
			textDocument: { uri, version: ++version },
			contentChanges: [{ range: { start: place(from), end: place(to) }, text: letter }],
		});
		result = await ask();
		took.push(performance.now() - start);
	};
	for (let round = 0; round < ROUNDS; round++) {
		for (let at = 0; at < TYPED.length; at++) await change(at, at, TYPED[at] ?? '');
		for (let at = TYPED.length; at > 0; at--) await change(at - 1, at, '');
	}
	// The first strokes after opening find nothing prepared; they are told apart.
	const first = took.splice(0, 5);
	const p95 = percentile(took, 0.95);
	console.log(
		`  keystroke to diagnostics, ${lines} lines: p50 ${percentile(took, 0.5).toFixed(1)} ms, p95 ${p95.toFixed(1)} ms${goal(p95, GOALS.keystroke.get(lines) ?? 0, 'ms')}; opened in ${opening.toFixed(0)} ms, first stroke ${(first[0] ?? 0).toFixed(0)} ms`,
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
	console.log(`  spawn to initialized: median ${median(took).toFixed(0)} ms${goal(median(took), GOALS.coldStart, 'ms')}`);
}
