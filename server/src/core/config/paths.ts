/** The last part of a path: everything behind its last `/`. */
export function baseName(path: string): string {
	return path.slice(path.lastIndexOf('/') + 1);
}

/** The folder of a file, without a `/` at its end. */
export function folderOf(path: string): string {
	const slash = path.lastIndexOf('/');
	return slash <= 0 ? (slash === 0 ? '/' : '') : path.slice(0, slash);
}

/** `relative` under `folder`, with `.` and `..` resolved. Works on URIs too: nothing above their authority is removed. */
export function joinPath(folder: string, relative: string): string {
	const root = rootOf(folder);
	const parts: string[] = [];
	for (const part of `${folder.slice(root.length)}/${relative}`.split('/'))
		if (part === '..') parts.pop();
		else if (part !== '' && part !== '.') parts.push(part);
	return `${root}${parts.join('/')}`;
}

/** What a path starts with before the first name: `/`, `C:/`, a URI's scheme and authority with a `/`; empty for a relative path. */
function rootOf(path: string): string {
	const start = /^(?:[a-z][a-z0-9+.-]+:\/\/[^/]*(?:\/|$)|[a-z]:\/|\/)/i.exec(path)?.[0] ?? '';
	return start === '' || start.endsWith('/') ? start : `${start}/`;
}

/** True when `path` is `folder` or lies under it; the empty folder holds every relative path. Both without `..`. */
export function isUnder(path: string, folder: string): boolean {
	if (folder === '') return rootOf(path) === '';
	return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** Folders that nginx's packages and builds take their configuration from (docs: installation; distributions' packages). */
const CONFIGURATION_FOLDERS: readonly string[] = [
	'/etc/nginx',
	'/usr/local/etc/nginx',
	'/usr/local/nginx/conf',
	'/opt/homebrew/etc/nginx',
	'/usr/local/openresty/nginx/conf',
	'/etc/openresty',
	'/opt/nginx/conf',
	'/opt/bitnami/nginx/conf',
	'/usr/share/nginx/conf',
	'/data/nginx',
	'/config/nginx',
];

/** Where includes of one configuration may be looked for. */
export interface IncludeRoots {
	/** The main file's folder (semantics IC1). */
	readonly prefix: string;
	readonly workspace: string | undefined;
	/** The prefix is a guess: the text is a fragment and its main file is not known. */
	readonly guessed: boolean;
}

/**
 * Where the file, or the files, of an include may be, likeliest first (semantics IC1: relative to the main file's folder).
 * An absolute path, most often one under nginx's usual folders, is also looked for in the workspace, which is a copy of that folder:
 * from the main file's folder outwards.
 */
export function includeCandidates(argument: string, roots: IncludeRoots): readonly string[] {
	const outwards = foldersOutwards(roots.prefix, roots.workspace);
	const absolute = absolutePath(argument, roots.prefix);
	if (absolute === undefined) return (roots.guessed ? outwards : [roots.prefix]).map((folder) => joinPath(folder, argument));
	const plain = joinPath('/', argument.replace(/^[a-z]:/i, '').replace(/\\/g, '/'));
	const usual = CONFIGURATION_FOLDERS.find((folder) => isUnder(plain, folder));
	const rest = usual === undefined ? undefined : plain.slice(usual.length + 1);
	const candidates = [absolute];
	for (const folder of outwards) {
		if (rest !== undefined) candidates.push(joinPath(folder, rest), joinPath(folder, `nginx/${rest}`));
		candidates.push(joinPath(folder, plain));
	}
	return [...new Set(candidates)];
}

/** An absolute path as the Files port would know it, where the main file is one of its own; undefined for a relative one. */
function absolutePath(argument: string, prefix: string): string | undefined {
	if (/^[a-z]:[\\/]/i.test(argument)) return joinPath(argument.replace(/\\/g, '/'), '');
	if (!argument.startsWith('/')) return undefined;
	const root = rootOf(prefix);
	return joinPath(root === '' ? '/' : root, argument);
}

/** A folder and the ones around it, up to the workspace's; the workspace's alone when the folder is not in it. */
function foldersOutwards(folder: string, workspace: string | undefined): readonly string[] {
	const folders = [folder];
	if (workspace === undefined) return folders;
	if (!isUnder(folder, workspace)) return [folder, workspace];
	for (let at = folder; at !== workspace && at !== folderOf(at); at = folderOf(at)) folders.push(folderOf(at));
	return folders;
}

/** True for the files that come with nginx or certbot and set nothing that a request's way or headers depend on. */
export function isHarmlessStock(argument: string): boolean {
	return /(?:^|\/)(?:mime\.types|fastcgi_params|fastcgi\.conf|uwsgi_params|scgi_params|koi-utf|koi-win|win-utf|modules-enabled\/[^/]*|share\/nginx\/modules\/[^/]*|options-ssl-nginx\.conf|ssl-dhparams?\.[a-z]+)$/.test(
		argument,
	);
}

/** True when the argument of an include is a pattern (semantics IC2). */
export function isPattern(argument: string): boolean {
	return /[*?[]/.test(argument);
}

/** How a sentence names a file: relative to a folder, where it lies in that. */
export function relativePath(path: string, folder: string): string {
	return path.startsWith(folder) ? path.slice(folder.length).replace(/^\//, '') : path;
}
