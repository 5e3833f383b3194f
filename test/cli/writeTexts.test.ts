import { execFile } from 'node:child_process';
import { chmodSync, chownSync, ftruncateSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeTexts } from '../../server/src/node/textFiles.ts';
import { bundledCommandLine, type CommandLine, type Workspace, workspaceOf } from '../support/cli.ts';

/* A cure may need two files: half of it is worse than none. */

let workspace: Workspace;
let cli: CommandLine;

beforeAll(() => {
	cli = bundledCommandLine();
	workspace = workspaceOf({ 'folder.conf/x': '' });
});

afterAll(() => {
	cli.remove();
	workspace.remove();
});

test('a file that cannot be opened leaves all others as they are', () => {
	workspace.write('a.conf', 'old a');
	const texts = new Map([
		[workspace.at('a.conf'), 'new a'],
		[workspace.at('folder.conf'), 'new'],
	]);
	expect(writeTexts(texts)).toEqual({ path: workspace.at('folder.conf'), reason: 'it is a folder', changed: [] });
	expect(workspace.read('a.conf')).toBe('old a');
});

test.each([
	['is put back', 1, []],
	['is told of where it cannot be put back', 9, ['a.conf']],
])('what was written before a disk is full %s', (_, failures, changed) => {
	workspace.write('a.conf', 'old a, longer than the new one');
	workspace.write('b.conf', 'old b');
	const texts = new Map([
		[workspace.at('a.conf'), 'new a'],
		[workspace.at('b.conf'), 'new b'],
	]);
	let left = failures;
	const failure = writeTexts(texts, (file, bytes) => {
		const isFirst = left === failures && bytes.toString() === 'new a';
		if (!isFirst && left-- > 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
		writeSync(file, bytes, 0, bytes.length, 0);
		ftruncateSync(file, bytes.length);
	});
	expect(failure?.reason).toBe('the disk is full');
	expect(failure?.changed.filter((path) => path.endsWith('a.conf'))).toEqual(changed.map((name) => workspace.at(name)));
	expect(workspace.read('a.conf')).toBe(changed.length === 0 ? 'old a, longer than the new one' : 'new a');
});

test('bytes that are no UTF-8, and the rights of the file, stay', () => {
	workspace.write('c.conf', Buffer.from([0x61, 0xe9]));
	chmodSync(workspace.at('c.conf'), 0o640);
	const { ino } = statSync(workspace.at('c.conf'));
	expect(writeTexts(new Map([[workspace.at('c.conf'), 'b\u00e9c']]))).toBeUndefined();
	expect([...workspace.readBytes('c.conf')]).toEqual([0x62, 0xe9, 0x63]);
	expect(statSync(workspace.at('c.conf'))).toMatchObject({ ino, mode: 0o100640 });
});

test('--fix changes nothing when one of the files that it needs is not to be written', async () => {
	const main = 'events {}\nhttp {\n\tinclude conf.d/*.conf;\n}\n';
	const site =
		'server {\n\tlisten 8080;\n\tlocation /ws {\n\t\tproxy_pass http://127.0.0.1:9000;\n\t\tproxy_http_version 1.1;\n\t\tproxy_set_header Upgrade $http_upgrade;\n\t}\n}\n';
	const own = workspaceOf({ 'nginx.conf': main, 'conf.d/site.conf': site });
	chmodSync(own.at('nginx.conf'), 0o444);
	// The superuser may write everything, so somebody else runs it.
	const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
	for (const path of [own.path, own.at('conf.d'), own.at('conf.d/site.conf'), dirname(cli.path)]) {
		if (nobody !== undefined) chownSync(path, nobody.uid, nobody.gid);
		chmodSync(path, 0o755);
	}
	const ended = await new Promise<{ code: unknown; stderr: string }>((resolve) =>
		execFile(process.execPath, [cli.path, 'check', 'nginx.conf', '--fix'], { cwd: own.path, ...nobody }, (error, _, stderr) =>
			resolve({ code: error?.code, stderr }),
		),
	);
	expect(ended).toEqual({
		code: 2,
		stderr: `${own.at('nginx.conf')} cannot be written: this user may not; none of the 2 files to fix was changed.\n`,
	});
	expect(own.read('conf.d/site.conf')).toBe(site);
	own.remove();
});
