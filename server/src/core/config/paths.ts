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
	const scheme = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(folder)?.[0] ?? '';
	const parts: string[] = [];
	for (const part of `${folder.slice(scheme.length)}/${relative}`.split('/'))
		if (part === '..') parts.pop();
		else if (part !== '' && part !== '.') parts.push(part);
	return `${scheme}${scheme !== '' || folder.startsWith('/') || folder === '' ? '/' : ''}${parts.join('/')}`;
}

/** True when `path` is `folder` or lies under it. */
export function isUnder(path: string, folder: string): boolean {
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

/**
 * Where the file, or the files, of an include may be, likeliest first (semantics IC1: relative to the main file's folder).
 * An absolute path under one of nginx's usual folders is also looked for in the workspace, which is a copy of that folder.
 */
export function includeCandidates(argument: string, prefix: string, workspace: string | undefined): readonly string[] {
	if (!argument.startsWith('/')) return [joinPath(prefix, argument)];
	const candidates: string[] = [argument];
	const usual = CONFIGURATION_FOLDERS.find((folder) => isUnder(argument, folder));
	const roots = [...new Set([prefix, workspace].filter((folder) => folder !== undefined))];
	if (usual !== undefined) {
		const rest = argument.slice(usual.length + 1);
		for (const root of roots) {
			candidates.push(joinPath(root, rest), joinPath(root, `nginx/${rest}`), joinPath(root, argument));
		}
	} else for (const root of roots) candidates.push(joinPath(root, argument));
	return [...new Set(candidates)];
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
