import { isPrefix, locationMatch } from '../config/location.ts';
import type { PlacedDirective, Scope } from '../config/model.ts';
import { mayAnswerOtherwise } from '../config/unknownNames.ts';
import { annotated } from './annotation.ts';
import { attemptsIn } from './attempts.ts';
import { HANDLERS } from './handlers.ts';
import { isBeside } from './names.ts';
import type { Intent } from './route.ts';

/**
 * Forwarding on an enclosing level that the own proxy_set_header lines of this location, or of a level between, cancel (IN1, IN2), or a
 * handler that it does not inherit (IN8). Undefined where the location says otherwise: it is asked for with plain requests, or writes the
 * Connection header for some other purpose.
 */
export function lostFrom(location: Scope): Intent | undefined {
	if (isPlain(location) || declines(location)) return undefined;
	const isRoot = servesRoot(location);
	let isCancelled = location.byName.has('proxy_set_header');
	for (let outer = location.parent; outer !== undefined; outer = outer.parent) {
		if (outer.context !== 'location' && !isRoot) return undefined;
		const attempts = attemptsIn(outer).filter((item) => item.text.startsWith('sets proxy_set_header'));
		if (attempts.length > 0) {
			if (outer.context !== 'location') return isCancelled ? { level: 'likely', evidence: attempts } : undefined;
			if (!isCancelled && !holdsHandler(location) && !lostItsHandler(location)) return undefined;
			// What stands around a whole site is not there for each of its parts.
			return { level: servesRoot(outer) && !isRoot ? 'likely' : 'certain', evidence: attempts };
		}
		if (declines(outer)) return undefined;
		isCancelled ||= outer.byName.has('proxy_set_header');
	}
	return undefined;
}

/** A location for health checks, figures or files. */
export function isPlain(location: Scope): boolean {
	const match = location.opener && locationMatch(location.opener);
	return match !== undefined && match.kind !== 'named' && isBeside(match.pattern);
}

/** True for a level whose own lines send Connection for keep-alive, or no Upgrade on purpose. */
export function declines(scope: Scope): boolean {
	return (scope.byName.get('proxy_set_header') ?? []).some(({ node }) => {
		const [name, value] = node.args.map((word) => word.value.trim().toLowerCase());
		return name === 'connection'
			? value === '' || value === 'close' || value === 'keep-alive'
			: name === 'upgrade' && value === '';
	});
}

/** True for the location of all that no other takes. */
export function servesRoot(location: Scope): boolean {
	const match = location.opener && locationMatch(location.opener);
	return match !== undefined && isPrefix(match.kind) && match.pattern === '/';
}

/** True when the location or an `if` or `limit_except` in it hands requests to something that can speak HTTP. */
export function holdsHandler(location: Scope): boolean {
	if (HANDLERS.some((name) => location.byName.has(name))) return true;
	return ['if', 'limit_except'].some((name) =>
		(location.byName.get(name) ?? []).some((placed) => placed.body !== undefined && holdsHandler(placed.body)),
	);
}

/** Directives that say what a location answers, whatever headers stand beside them; and locations in it that may have them for themselves. */
const ANSWERS: readonly string[] = [
	'return',
	'try_files',
	'index',
	'random_index',
	'autoindex',
	'location',
	'internal',
	'stub_status',
	'empty_gif',
	'perl',
	'gzip_static',
	'mp4',
	'flv',
	'hls',
	'dav_methods',
	'create_full_put_path',
];

/** Directives that a location for files has, or that answer or jump for some requests; and includes that may. */
const OF_FILES: readonly string[] = [
	'root',
	'alias',
	'rewrite',
	'error_page',
	'if',
	'deny',
	'include',
	'expires',
	'log_not_found',
	'default_type',
	'types',
	'if_modified_since',
	'disable_symlinks',
	'open_file_cache',
	'sendfile',
	'directio',
	'aio',
];

/** A location that says nothing of what it answers: no handler, no answer, and no module that we do not know. */
function isSilent(location: Scope): boolean {
	if (location.unresolved.length > 0 || ANSWERS.some((name) => location.byName.has(name))) return false;
	if (location.byName.get('rewrite')?.some(redirectsAll)) return false;
	return !mayAnswerOtherwise(location);
}

/** `rewrite ^ … permanent`: a return in other words. */
function redirectsAll(placed: PlacedDirective): boolean {
	const pattern = placed.node.args[0]?.value ?? '';
	return !isJump(placed) && placed.node.args.at(-1)?.value !== 'break' && /^\^?\/?(?:\(?\.[*+]\)?)?\$?$/.test(pattern);
}

/** One that says nothing of files or jumps either. */
export function isBare(location: Scope): boolean {
	return isSilent(location) && !OF_FILES.some((name) => location.byName.has(name));
}

/**
 * A location that has nothing that would answer it, and is not meant to serve files: it sets the headers of a handshake, tells how to proxy,
 * or no `root` stands anywhere around it. Where it is not bare, what becomes of a request has to be asked.
 */
export function lostItsHandler(location: Scope): boolean {
	if (holdsHandler(location) || !isSilent(location)) return false;
	if (attemptsIn(location).length > 0) return true;
	if (!isBare(location)) return false;
	if (annotated(location)?.meant === true) return true;
	if (isPlain(location)) return false;
	return location.directives.some(tellsHowToProxy) || !mayServeFiles(location);
}

function tellsHowToProxy({ node: { name } }: PlacedDirective): boolean {
	return /^(?:proxy|uwsgi|scgi)_(?!pass$)/.test(name.value);
}

/** True when files may be served from a directory that is named further out (`root` and `alias` come down to every location). */
function mayServeFiles(location: Scope): boolean {
	for (let outer = location.parent; outer !== undefined; outer = outer.parent) {
		if (outer.byName.has('root') || outer.byName.has('alias') || outer.unresolved.length > 0) return true;
		if (outer.assumed && outer.context === 'server') return true;
	}
	return false;
}

/**
 * True for a location that has no handler and hands requests on to another one of its server, by `rewrite`, `try_files`, or an
 * `error_page` that takes what it returns (RT7, RT12).
 */
export function handsOn(location: Scope): boolean {
	const levels = [location, ...(location.byName.get('if') ?? []).flatMap(({ body }) => body ?? [])];
	return levels.some((level) => level.directives.some((placed) => isJump(placed) || isTakenReturn(placed)));
}

function isJump({ node: { name, args } }: PlacedDirective): boolean {
	const last = args.at(-1)?.value ?? '';
	switch (name.value) {
		case 'rewrite':
			return !/^(?:redirect|permanent|break)$/.test(last) && !/^(?:https?:\/\/|\$scheme)/.test(args[1]?.value ?? '');
		case 'try_files':
			return !last.startsWith('=');
		default:
			return false;
	}
}

function isTakenReturn({ node: { name, args }, scope }: PlacedDirective): boolean {
	const code = args[0]?.value ?? '';
	if (name.value !== 'return' || args.length !== 1 || !/^[45]\d\d$/.test(code)) return false;
	for (let level: Scope | undefined = scope; level !== undefined; level = level.parent)
		for (const { node } of level.byName.get('error_page') ?? [])
			if (node.args.slice(0, -1).some(({ value }) => value === code)) return true;
	return false;
}
