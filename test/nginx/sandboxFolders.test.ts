import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder, sweepFolders } from '../../server/src/node/sandbox/folder.ts';

let parent: string;
beforeEach(() => {
	parent = mkdtempSync(join(tmpdir(), 'nginx-websocket-sweep-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

function stale(name: string, owner: unknown): void {
	mkdirSync(join(parent, `nginx-websocket-sandbox-${name}`));
	writeFileSync(join(parent, `nginx-websocket-sandbox-${name}`, 'owner.json'), JSON.stringify(owner));
}

test('the folder is nobody else’s to read', async () => {
	const folder = await makeFolder(parent);
	await folder.write('conf/nginx.conf', 'events {}');
	expect(statSync(folder.path).mode & 0o777).toBe(0o700);
	expect(statSync(join(folder.path, 'conf/nginx.conf')).mode & 0o777).toBe(0o600);
	await folder.remove();
	expect(readdirSync(parent)).toEqual([]);
});

test('what a crash left is swept at the next start; what is in use stays', async () => {
	const used = await makeFolder(parent);
	stale('gone', { pid: 2 ** 22 + 1, started: '1' });
	if (process.platform === 'linux') stale('reused', { pid: process.pid, started: '1' });
	mkdirSync(join(parent, 'nginx-websocket-sandbox-new'));
	mkdirSync(join(parent, 'somebody-elses'));
	expect(sweepFolders(parent)).toBe(process.platform === 'linux' ? 2 : 1);
	expect(readdirSync(parent).sort()).toEqual(
		[used.path.slice(used.path.lastIndexOf('/') + 1), 'nginx-websocket-sandbox-new', 'somebody-elses'].sort(),
	);
});
