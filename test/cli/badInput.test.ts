import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundledCommandLine, type CommandLine, type Workspace, workspaceOf } from '../support/cli.ts';

/* Whatever a file holds: a clear message at most, within a second; never a crash, a hang, or a changed byte. */

const SERVER = `	server {
		listen 8080;
		location /ws {
			proxy_pass http://127.0.0.1:9000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_read_timeout 1h;
		}
	}
`;
const whole = (inside: string): string => `events {}\nhttp {\n${inside}${SERVER}}\n`;
const MEGABYTE = 1024 * 1024;

let cli: CommandLine;
let workspace: Workspace;
/** What starting the program alone takes on this machine, now. */
let start: number;

beforeAll(async () => {
	cli = bundledCommandLine();
	workspace = workspaceOf({
		'comment.conf': `${whole('')}# ${'x'.repeat(10 * MEGABYTE)}`,
		'word.conf': `${whole('')}${'x'.repeat(10 * MEGABYTE)}`,
		'lines.conf': whole('# a line of no consequence\n'.repeat((10 * MEGABYTE) / 27)),
		'arguments.conf': whole(`server { server_name ${'a.example.com '.repeat((10 * MEGABYTE) / 14)}; }\n`),
		'quote.conf': `${whole('')}set $a "${'a line of no consequence\n'.repeat((10 * MEGABYTE) / 25)}`,
		'braces.conf': '{'.repeat(100_000),
		'unclosed.conf': 'a {\n'.repeat(100_000),
		'closed.conf': '}'.repeat(100_000),
		'nested.conf': whole(
			`server {\n${Array.from({ length: 1000 }, (_, depth) => `location /${'a/'.repeat(depth % 7)}${depth} {`).join('\n')}\n${'}'.repeat(1001)}\n`,
		),
		'binary.conf': Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919 + 13 * (index >> 3)) % 256)),
		'zeros.conf': Buffer.alloc(5000),
		'utf16.conf': Buffer.from(`\ufeff${whole('')}`, 'utf16le'),
		'nul.conf': whole('').replace('listen 8080', 'lis\0ten 8080'),
		'bom.conf': `\ufeff${whole('')}`,
		'crlf.conf': whole('').replaceAll('\n', '\r\n'),
		'cr.conf': whole('').replaceAll('\n', '\r'),
		'latin1.conf': Buffer.from(whole('# caf\xe9\n'), 'latin1'),
		'cycle.conf': whole('include cycle.conf;\n'),
		'round.conf': whole('include round-a.inc;\n'),
		'round-a.inc': 'include round-b.inc;\n',
		'round-b.inc': 'include round-a.inc;\n',
		'gone.conf': whole('include nowhere.inc;\n'),
		'folder-in.conf': whole('include folder;\n'),
		'pipe-in.conf': whole('include pipe;\n'),
		'secret-in.conf': whole('include secret.inc;\n'),
		'secret.inc': '# nobody reads this\n',
		'binary-in.conf': whole('include binary.conf;\n'),
		'empty.conf': '',
		'blank.conf': ' \n\t\r\n',
	});
	mkdirSync(workspace.at('folder'));
	symlinkSync('circle.conf', workspace.at('circle.conf'));
	execFileSync('mkfifo', [workspace.at('pipe')]);
	chmodSync(workspace.at('secret.inc'), 0);
	start = (await cli.run(['--version'])).milliseconds;
});

afterAll(() => {
	cli.remove();
	workspace.remove();
});

test.each([
	['10 MB in one comment', 'comment.conf', 1, /nginx reads no word or comment of 4096 bytes or more/],
	['10 MB in one word', 'word.conf', 1, /\[syntax-error\]/],
	['10 MB of lines', 'lines.conf', 1, /1 error in 1 file/],
	['10 MB of arguments', 'arguments.conf', 1, /1 error in 1 file/],
	['10 MB in one open quote', 'quote.conf', 1, /\[syntax-error\]/],
	['100,000 opening braces', 'braces.conf', 1, /\[syntax-error\]/],
	['100,000 unclosed blocks', 'unclosed.conf', 1, /is never closed: add "}"/],
	['100,000 closing braces', 'closed.conf', 1, /\[syntax-error\]/],
	['1,000 nested blocks', 'nested.conf', 1, /connection-not-upgrade/],
	['a binary file', 'binary.conf', 2, /^binary\.conf cannot be read: it is a binary file\.\n$/],
	['nothing but NUL bytes', 'zeros.conf', 2, /^zeros\.conf cannot be read: it is a binary file\.\n$/],
	['UTF-16', 'utf16.conf', 2, /^utf16\.conf cannot be read: it is UTF-16, which nginx does not read; save it as UTF-8\.\n$/],
	['a NUL byte in a word', 'nul.conf', 1, /There is no directive "lis·ten"/],
	['a byte order mark', 'bom.conf', 1, /with a byte order mark before it, which nginx does not skip/],
	['CRLF', 'crlf.conf', 1, /^crlf\.conf:6:4 error/],
	['CR alone', 'cr.conf', 1, /1 error in 1 file/],
	['bytes that are no UTF-8', 'latin1.conf', 1, /1 error in 1 file/],
	['an include of itself', 'cycle.conf', 1, /includes itself.*\[include-cycle\]/],
	['includes in a circle', 'round.conf', 1, /round-b\.inc:1:1 error .*\[include-cycle\]/],
	['an include of a file that is not there', 'gone.conf', 1, /information No file for include nowhere\.inc.*\[include-missing\]/],
	['an include of a folder', 'folder-in.conf', 1, /warning .*cannot be read \(it is a folder\).*\[include-missing\]/],
	['an include of a pipe', 'pipe-in.conf', 1, /warning .*cannot be read \(it is not a file\)/],
	['an include of a binary file', 'binary-in.conf', 1, /warning .*cannot be read \(it is a binary file\)/],
	['an empty file', 'empty.conf', 0, /^Nothing to report/],
	['a blank file', 'blank.conf', 0, /^Nothing to report/],
	['a folder without configurations', 'folder', 2, /^There is no nginx configuration in the folder folder\.\n$/],
	['a link to itself', 'circle.conf', 2, /^circle\.conf cannot be read: it is a link that leads in a circle\.\n$/],
	['a pipe', 'pipe', 2, /^pipe is neither a file nor a folder\.\n$/],
	['no such file', 'nowhere.conf', 2, /^There is no file or folder nowhere\.conf\.\n$/],
	['a file in a file', 'empty.conf/nginx.conf', 2, /^There is no file or folder empty\.conf\/nginx\.conf\.\n$/],
])('%s', async (name, file, code, message) => {
	const result = await cli.run(['check', file], workspace.path);
	expect(code === 2 ? result.stderr : result.stdout).toMatch(message);
	expect(code === 2 ? result.stdout : result.stderr).toBe('');
	expect(result.code).toBe(code);
	// Never a hang: seconds for 10 MB, well under one for the rest on a machine of its own; CI's is shared, and the start of a process says how busy it is.
	expect(result.milliseconds).toBeLessThan((name.startsWith('10 MB') ? 20_000 : 5000) + 10 * start);
});

test('an include that may not be read', () => {
	// Root may read all, so root runs this one as nobody.
	const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
	for (const folder of [workspace.path, dirname(cli.path)]) chmodSync(folder, 0o755);
	const { stdout } = spawnSync(process.execPath, [cli.path, 'check', 'secret-in.conf'], {
		cwd: workspace.path,
		encoding: 'utf8',
		...nobody,
	});
	expect(stdout).toMatch(/cannot be read \(this user may not\)/);
});

describe('--fix loses nothing of', () => {
	test.each(['comment.conf', 'lines.conf', 'nested.conf', 'latin1.conf', 'nul.conf', 'cycle.conf'])('%s', async (file) => {
		const before = workspace.readBytes(file);
		await cli.run(['check', file, '--fix'], workspace.path);
		const after = workspace.readBytes(file);
		workspace.write(file, before);
		// What was there is still there, in its order: only lines were put in.
		let at = 0;
		for (const line of before.toString('latin1').split(/[\n\0]/)) {
			at = after.indexOf(line, at, 'latin1');
			if (at === -1) throw new Error(`lost: ${JSON.stringify(line.slice(0, 80))}`);
			at += line.length;
		}
	});
});

test('a reader that goes away early is no failure', async () => {
	const many = workspaceOf({
		'nginx.conf': `events {}\nhttp {\n${Array.from({ length: 3000 }, (_, index) => SERVER.replace('8080', String(10_000 + index))).join('')}}\n`,
	});
	const written = await new Promise<string>((resolve, reject) => {
		const shell = spawn('sh', ['-c', `"$0" "$1" check nginx.conf --format github | head -n 1`, process.execPath, cli.path], {
			cwd: many.path,
		});
		let errors = '';
		shell.stderr.on('data', (chunk: Buffer) => {
			errors += chunk.toString();
		});
		shell.on('error', reject);
		shell.on('close', () => resolve(errors));
	});
	expect(written.replace('Read as nginx 1.28.0.\n', '')).toBe('');
	many.remove();
});
