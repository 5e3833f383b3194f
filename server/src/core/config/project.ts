import { definitionsOf, type ReferenceContext } from '../reference/directives.ts';
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
 * is part of that one, also when it holds a whole `stream` block; another fragment stands alone in the context that its comment or its
 * content tells, together with what it includes itself.
 * @param paths the files that look like nginx's, open documents among them
 */
export function readProject(paths: readonly string[], files: Files, options: BuildOptions = {}): Project {
	const isMain = (path: string): boolean => {
		const content = files.read(path);
		return content.kind === 'text' && isMainFile(content.tree, path);
	};
	const mains = outermost(paths.filter(isMain).map((path) => buildConfiguration(path, files, options)));
	const reached = new Set(mains.flatMap((configuration) => [...configuration.files.keys()]));
	const loose = paths
		.filter((path) => !reached.has(path))
		.map((path) => readLooseFile(path, files, options))
		.filter((configuration) => configuration !== undefined);
	const configurations = [...mains, ...outermost(loose)];
	return {
		configurations,
		including: (path) => configurations.filter((configuration) => configuration.files.has(path)),
	};
}

/** Those that no other one includes; of some that include each other in a circle the first stays. */
function outermost(configurations: readonly Configuration[]): readonly Configuration[] {
	const includers = new Map<string, Configuration[]>();
	for (const configuration of configurations)
		for (const path of configuration.files.keys())
			if (path !== configuration.main.path) {
				const known = includers.get(path);
				if (known === undefined) includers.set(path, [configuration]);
				else known.push(configuration);
			}
	const dropped = new Set<Configuration>();
	for (const configuration of configurations)
		if (
			includers
				.get(configuration.main.path)
				?.some((other) => !dropped.has(other) && !configuration.files.has(other.main.path)) === true
		)
			dropped.add(configuration);
	for (const configuration of configurations)
		if (!dropped.has(configuration) && includers.get(configuration.main.path)?.some((other) => !dropped.has(other)) === true)
			dropped.add(configuration);
	return configurations.filter((configuration) => !dropped.has(configuration));
}

/** A file that no main file includes: itself a main file, or a fragment in the context that a comment or its content tells. Undefined when it is not nginx's. */
export function readLooseFile(path: string, files: Files, options: BuildOptions = {}): Configuration | undefined {
	const content = files.read(path);
	if (content.kind !== 'text') return undefined;
	const { tree } = content;
	const said = contextInComment(tree);
	if (said === 'main' || (said === undefined && isMainFile(tree, path))) return buildConfiguration(path, files, options);
	if (said !== undefined) return buildFragment(path, files, said, 'comment', options);
	const context = contextOfContent(tree.directives);
	return context === 'main' ? buildConfiguration(path, files, options) : buildFragment(path, files, context, 'content', options);
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

/** The contexts that a fragment may be made for. Of two that take as many of its directives the one named first is likelier. */
const LIKELIEST: readonly (ContextName & ReferenceContext)[] = [
	'location',
	'server',
	'http',
	'upstream',
	'stream server',
	'stream',
	'stream upstream',
	'events',
	'main',
];

/** The context that takes the most of the directives at the top of a fragment, by the directive reference. */
export function contextOfContent(directives: readonly Directive[]): ContextName {
	const blocks = new Set(directives.filter(({ block }) => block !== undefined).map(({ name }) => name.value));
	// A piece for two places, as documents print them: the map for http and the location for a server. nginx takes it in neither.
	if (blocks.has('location') && !blocks.has('server')) return 'server';
	let best: ContextName = 'location';
	let most = 0;
	for (const context of LIKELIEST) {
		const taken = takenIn(context, directives);
		if (taken > most) {
			most = taken;
			best = context;
		}
	}
	return best;
}

/**
 * The first directive at the top of a file that shows that the file does not stand in a context: it may not stand there, and in the context
 * that the content tells more of them may. Undefined where the context can be.
 */
export function misfitIn(context: ContextName, tree: SyntaxTree, path: string): Directive | undefined {
	const { directives } = tree;
	const told: ContextName = isMainFile(tree, path) ? 'main' : contextOfContent(directives);
	const asked = LIKELIEST.find((one) => one === context);
	const best = LIKELIEST.find((one) => one === told);
	if (asked === undefined || best === undefined || takenIn(asked, directives) >= takenIn(best, directives)) return undefined;
	return directives.find(
		(one) => definitionsOf(one.name.value).length > 0 && takenIn(asked, [one]) === 0 && takenIn(best, [one]) > 0,
	);
}

/** How many of the directives nginx would take in a context. The lines of a `server` tell http from stream (SM2). */
function takenIn(context: ReferenceContext, directives: readonly Directive[]): number {
	let taken = 0;
	for (const { name, block } of directives) {
		if (!definitionsOf(name.value).some((known) => known.block === (block !== undefined) && known.contexts.includes(context)))
			continue;
		taken++;
		if (block !== undefined && name.value === 'server' && (context === 'http' || context === 'stream'))
			taken += takenIn(context === 'http' ? 'server' : 'stream server', block.children);
	}
	return taken;
}
