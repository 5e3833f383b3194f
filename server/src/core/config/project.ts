import type { Directive, SyntaxTree } from '../syntax/nodes.ts';
import { type BuildOptions, buildConfiguration, buildFragment } from './build.ts';
import type { Configuration, ContextName, Files } from './model.ts';
import { baseName } from './paths.ts';

/** Which configurations a set of files makes. */
export interface Project {
	/** One for each main file, and one for each fragment that no main file includes; by path. */
	readonly configurations: readonly Configuration[];
	/** The configurations that a file is part of; empty for a file that is none of nginx's. */
	including(path: string): readonly Configuration[];
}

/**
 * Sorts files into main files and fragments and builds a configuration for each (semantics IC1, IC5). A file that a main file includes
 * is part of that one; another fragment stands alone in the context that its comment or its content tells.
 * @param paths the files that look like nginx's, open documents among them
 */
export function readProject(paths: readonly string[], files: Files, options: BuildOptions = {}): Project {
	const mains = paths.filter((path) => {
		const content = files.read(path);
		return content.kind === 'text' && isMainFile(content.tree, path);
	});
	const configurations = mains.map((path) => buildConfiguration(path, files, options));
	const reached = new Set(configurations.flatMap((configuration) => [...configuration.files.keys()]));
	for (const path of paths) {
		if (reached.has(path)) continue;
		const fragment = readLooseFile(path, files, options);
		if (fragment === undefined) continue;
		configurations.push(fragment);
	}
	return {
		configurations,
		including: (path) => configurations.filter((configuration) => configuration.files.has(path)),
	};
}

/** A file that no main file includes: itself a main file, or a fragment in the context that a comment or its content tells. Undefined when it is not nginx's. */
export function readLooseFile(path: string, files: Files, options: BuildOptions = {}): Configuration | undefined {
	const content = files.read(path);
	if (content.kind !== 'text') return undefined;
	const { tree } = content;
	const said = contextInComment(tree);
	if (said === 'main' || (said === undefined && isMainFile(tree, path))) return buildConfiguration(path, files, options);
	if (said !== undefined) return buildFragment(path, files, said, 'comment', options);
	return buildFragment(path, files, contextOfContent(tree.directives), 'content', options);
}

/** A main file has one of the blocks that stand at the top only; `nginx.conf` without any directive counts as one. */
export function isMainFile(tree: SyntaxTree, path: string): boolean {
	if (tree.directives.some(({ name, block }) => block !== undefined && ['http', 'events', 'stream', 'mail'].includes(name.value)))
		return true;
	return baseName(path) === 'nginx.conf' && !tree.directives.some(({ name }) => FRAGMENT_MARKS.has(name.value));
}

const FRAGMENT_MARKS: ReadonlySet<string> = new Set([
	'server',
	'location',
	'upstream',
	'map',
	'proxy_pass',
	'proxy_set_header',
	'listen',
	'server_name',
]);

/**
 * `# nginx-websocket-context: server` in the first lines of a fragment: the context it is included in. Several words name the
 * blocks from outside in; the last one counts.
 */
export function contextInComment(tree: SyntaxTree): ContextName | undefined {
	for (const { span } of tree.comments.slice(0, 20)) {
		const match = /^#+\s*nginx-websocket-context:\s*([a-z_ ,]+?)\s*$/.exec(tree.source.slice(span));
		const words = match?.[1]?.split(/[\s,]+/) ?? [];
		const innermost = words.at(-1);
		if (innermost === undefined) continue;
		const isStream = words[0] === 'stream' && words.length > 1;
		return contextNamed(isStream ? `stream ${innermost}` : innermost);
	}
	return undefined;
}

/** A context by the name a person writes; undefined for a word that is none. */
export function contextNamed(name: string): ContextName | undefined {
	const names: readonly ContextName[] = [
		'main',
		'http',
		'server',
		'location',
		'if',
		'limit_except',
		'upstream',
		'map',
		'types',
		'stream',
		'stream server',
		'stream upstream',
		'events',
	];
	return names.find((candidate) => candidate === name);
}

/** The context that directives at the top of a fragment fit into: the outermost that any of them asks for. */
export function contextOfContent(directives: readonly Directive[]): ContextName {
	const names = new Set(directives.map(({ name }) => name.value));
	const has = (...wanted: readonly string[]): boolean => wanted.some((name) => names.has(name));
	const blocks = new Set(directives.filter(({ block }) => block !== undefined).map(({ name }) => name.value));
	if (
		directives.some(
			({ name, block }) =>
				name.value === 'server' &&
				block?.children.some((child) => child.name.value === 'proxy_pass' || child.name.value === 'ssl_preread'),
		)
	)
		return 'stream';
	// A piece for two places, as documents print them: the map for http and the location for a server. nginx takes it in neither.
	if (blocks.has('location') && !blocks.has('server')) return 'server';
	if (
		['server', 'upstream', 'map', 'geo', 'split_clients'].some((name) => blocks.has(name)) ||
		has('log_format', 'limit_req_zone', 'limit_conn_zone', 'proxy_cache_path')
	)
		return 'http';
	if (has('listen', 'server_name', 'ssl_certificate')) return 'server';
	if (has('proxy_pass', 'uwsgi_pass', 'scgi_pass', 'fastcgi_pass', 'grpc_pass', 'alias', 'internal', 'try_files'))
		return 'location';
	if (has('worker_connections')) return 'events';
	if (
		directives.some(({ name, args }) => name.value === 'server' && args.length > 0) ||
		has('ip_hash', 'least_conn', 'keepalive')
	)
		return 'upstream';
	return 'location';
}
