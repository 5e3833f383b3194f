import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type NginxVersion, parseVersion } from '../../core/reference/versions.ts';

const run = promisify(execFile);

/** An nginx that can be started here. */
export interface NginxBinary {
	/** The program, or a wrapper that starts it with its own libraries. */
	readonly path: string;
	readonly version: NginxVersion;
	/** Where it comes from, for a person: `PATH`, `Debian bookworm, unpacked`. */
	readonly origin: string;
	/** The folder that stands for `/` where it was unpacked: its modules lie there, not in the machine's own folders. */
	readonly root?: string;
}

/** `stream {}` is a package of its own in Debian. */
const STREAM_PACKAGE = 'libnginx-mod-stream';
/** Modules of others that are modelled; a suite may lack one for a while. */
const FOREIGN_PACKAGES: readonly string[] = ['libnginx-mod-http-headers-more-filter'];
const WANTED = ['nginx', STREAM_PACKAGE, ...FOREIGN_PACKAGES].join(' ');

export type Acquired =
	| { readonly kind: 'nginx'; readonly nginx: NginxBinary }
	| { readonly kind: 'none'; readonly reason: string };

/** Debian suites and the series of nginx that they brought when this was written; sid moves, so what counts is what `nginx -v` says. */
export const DEBIAN_SUITES: readonly string[] = ['bookworm', 'trixie', 'sid'];

/** Asks a program for its version (`nginx -v` writes to standard error). Undefined when it cannot be started. */
export async function askVersion(path: string): Promise<NginxVersion | undefined> {
	try {
		const { stdout, stderr } = await run(path, ['-v'], { timeout: 10_000 });
		return parseVersion(`${stderr}${stdout}`);
	} catch {
		return undefined;
	}
}

/** The nginx that a shell would start, or the one in a usual folder that PATH lacks. */
export async function installedNginx(): Promise<NginxBinary | undefined> {
	for (const path of [
		'nginx',
		'/usr/sbin/nginx',
		'/usr/local/sbin/nginx',
		'/usr/local/nginx/sbin/nginx',
		'/opt/homebrew/bin/nginx',
	]) {
		const version = await askVersion(path);
		if (version !== undefined) return { path, version, origin: path === 'nginx' ? 'PATH' : path };
	}
	return undefined;
}

/**
 * Unpacks a Debian suite's nginx with the libraries that it was built against into `folder`/SUITE, without installing anything, and
 * keeps it there. Needs apt-get, apt-cache and dpkg, and Debian's package mirror. Safe to call from several processes.
 */
export async function unpackDebianNginx(suite: string, folder: string): Promise<Acquired> {
	const target = join(folder, suite);
	const wrapper = join(target, 'nginx');
	const origin = `Debian ${suite}, unpacked`;
	const root = join(target, 'root');
	/** The list of packages is written last: what an earlier release unpacked may lack one. */
	const isWhole = async (): Promise<boolean> => (await readFile(join(target, 'packages'), 'utf8').catch(() => '')) === WANTED;
	const known = await askVersion(wrapper);
	if (known !== undefined && (await isWhole())) return { kind: 'nginx', nginx: { path: wrapper, version: known, origin, root } };

	const mirror = await debianMirror();
	if (mirror === undefined)
		return { kind: 'none', reason: 'nginx can be unpacked by itself on Debian only; install nginx, or set the path of one.' };
	await mkdir(folder, { recursive: true });
	const scratch = await mkdtemp(join(folder, `.${suite}-`));
	try {
		await download(suite, mirror, scratch);
		await writeFile(join(scratch, 'nginx'), await wrapperText(join(scratch, 'root'), root));
		await chmod(join(scratch, 'nginx'), 0o755);
		await rm(join(scratch, 'debs'), { recursive: true, force: true });
		await rm(join(scratch, 'lists'), { recursive: true, force: true });
		await writeFile(join(scratch, 'packages'), WANTED);
		const isGood = async (): Promise<boolean> => (await askVersion(wrapper)) !== undefined && (await isWhole());
		if ((await stat(target).catch(() => undefined)) !== undefined && !(await isGood()))
			await rm(target, { recursive: true, force: true });
		await rename(scratch, target).catch(async (error: unknown) => {
			if (!(await isGood())) throw error;
		});
	} catch (error) {
		if (known !== undefined) return { kind: 'nginx', nginx: { path: wrapper, version: known, origin, root } };
		return { kind: 'none', reason: `The nginx of Debian ${suite} could not be unpacked: ${firstLine(error)}` };
	} finally {
		await rm(scratch, { recursive: true, force: true });
	}
	const version = await askVersion(wrapper);
	return version === undefined
		? { kind: 'none', reason: `The nginx of Debian ${suite} was unpacked but does not start.` }
		: { kind: 'nginx', nginx: { path: wrapper, version, origin, root } };
}

/** Fetches nginx, its stream module, the modules of others, and the libraries it needs from one suite and unpacks them under `scratch`/root. */
async function download(suite: string, mirror: string, scratch: string): Promise<void> {
	const lists = join(scratch, 'lists');
	const debs = join(scratch, 'debs');
	const sources = join(scratch, 'suite.sources');
	const status = join(scratch, 'status');
	await writeFile(status, '');
	await mkdir(join(lists, 'partial'), { recursive: true });
	await mkdir(debs, { recursive: true });
	await writeFile(
		sources,
		`Types: deb\nURIs: ${mirror}\nSuites: ${suite}\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`,
	);
	const options = [
		'Dir::Etc::SourceParts=/dev/null',
		`Dir::Etc::SourceList=${sources}`,
		`Dir::State::Lists=${lists}`,
		// What is installed on this machine must not decide which version is fetched.
		`Dir::State::status=${status}`,
		'Dir::Cache::pkgcache=',
		'Dir::Cache::srcpkgcache=',
		'APT::Sandbox::User=root',
	].flatMap((option) => ['-o', option]);
	const limits = { timeout: 300_000, maxBuffer: 64 * 1024 * 1024, cwd: debs };
	await run('apt-get', ['-qq', ...options, 'update'], limits);
	const dependencies = async (name: string): Promise<readonly string[]> => {
		const { stdout } = await run('apt-cache', [...options, 'depends', '-i', name], limits);
		return [...stdout.matchAll(/^\s*\|?(?:Pre)?Depends: (\S+)/gm)]
			.map((match) => match[1] ?? '')
			.filter((found) => /^(?:lib|zlib)/.test(found));
	};
	const libraries = new Set<string>();
	const pending = [...(await dependencies('nginx'))];
	for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
		if (libraries.has(name)) continue;
		libraries.add(name);
		pending.push(...(await dependencies(name)));
	}
	await run('apt-get', ['-qq', ...options, '-t', suite, 'download', 'nginx', STREAM_PACKAGE, ...libraries], limits);
	for (const name of FOREIGN_PACKAGES)
		await run('apt-get', ['-qq', ...options, '-t', suite, 'download', name], limits).catch(() => undefined);
	for (const deb of await readdir(debs)) await run('dpkg', ['-x', join(debs, deb), join(scratch, 'root')], limits);
}

/** A shell script that starts the unpacked program with the unpacked loader and libraries. `root` is where they lie now, `later` where they will. */
async function wrapperText(root: string, later: string): Promise<string> {
	const loader = await findLoader(root);
	if (loader === undefined) throw new Error('the package brought no dynamic loader');
	const folder = dirname(loader);
	const triple = folder.slice(folder.lastIndexOf('/') + 1);
	const libraries = [`${later}/usr/lib/${triple}`, `${later}/lib/${triple}`].join(':');
	return `#!/bin/sh\nexec '${later}${loader}' --library-path '${libraries}' '${later}/usr/sbin/nginx' "$@"\n`;
}

/** The dynamic loader under `root`, as a path that starts with `/`. */
async function findLoader(root: string): Promise<string | undefined> {
	for (const base of ['/usr/lib', '/lib', '/usr/lib64', '/lib64'])
		for (const triple of await readdir(join(root, base)).catch(() => []))
			for (const name of await readdir(join(root, base, triple)).catch(() => []))
				if (/^ld-linux.*\.so\.\d+$/.test(name)) return `${base}/${triple}/${name}`;
	return undefined;
}

/** The mirror that this Debian or Ubuntu machine fetches from; undefined elsewhere, and without Debian's own keys. */
async function debianMirror(): Promise<string | undefined> {
	if ((await stat('/usr/share/keyrings/debian-archive-keyring.gpg').catch(() => undefined)) === undefined) return undefined;
	const folder = '/etc/apt/sources.list.d';
	const names = (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
	for (const path of [...names, '/etc/apt/sources.list']) {
		const text = await readFile(path, 'utf8').catch(() => '');
		const found = /^URIs:\s*(\S+)/m.exec(text)?.[1] ?? /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)/m.exec(text)?.[1];
		if (found !== undefined && /debian/.test(found) && !/security/.test(found)) return found;
	}
	return 'http://deb.debian.org/debian';
}

function firstLine(error: unknown): string {
	const text = error instanceof Error ? ('stderr' in error && String(error.stderr).trim()) || error.message : String(error);
	return text.split('\n')[0] ?? text;
}
