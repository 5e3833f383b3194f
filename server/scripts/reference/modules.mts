import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The packages of nginx's own modules that Debian ships apart. */
const PACKAGES = ['libnginx-mod-stream', 'libnginx-mod-mail'];

/**
 * The paths of the stream and mail modules of a Debian suite, fetched once into `folder`/SUITE/modules. The suite's nginx has to be
 * unpacked there already (unpackDebianNginx); its package must be of the same version.
 */
export async function unpackModules(suite: string, folder: string): Promise<readonly string[]> {
	const target = join(folder, suite, 'modules');
	if ((await stat(join(target, 'root')).catch(() => undefined)) === undefined) {
		const lists = join(target, 'lists');
		const debs = join(target, 'debs');
		await mkdir(join(lists, 'partial'), { recursive: true });
		await mkdir(debs, { recursive: true });
		await writeFile(join(target, 'status'), '');
		const options = [
			'Dir::Etc::SourceParts=/dev/null',
			`Dir::Etc::SourceList=${join(folder, suite, 'suite.sources')}`,
			`Dir::State::Lists=${lists}`,
			`Dir::State::status=${join(target, 'status')}`,
			'Dir::Cache::pkgcache=',
			'Dir::Cache::srcpkgcache=',
			'APT::Sandbox::User=root',
		].flatMap((option) => ['-o', option]);
		await run('apt-get', ['-qq', ...options, 'update'], { cwd: debs });
		await run('apt-get', ['-qq', ...options, '-t', suite, 'download', ...PACKAGES], { cwd: debs });
		for (const deb of await readdir(debs)) await run('dpkg', ['-x', join(debs, deb), join(target, 'root')]);
		for (const path of [lists, debs]) await rm(path, { recursive: true, force: true });
	}
	const modules = join(target, 'root/usr/lib/nginx/modules');
	return (await readdir(modules))
		.filter((name) => name.endsWith('.so'))
		.sort()
		.map((name) => join(modules, name));
}
