import type { Directive, SyntaxTree } from '../syntax/nodes.ts';
import { parse } from '../syntax/parse.ts';
import { enclosingBlock } from '../syntax/query.ts';
import { bringsLines } from '../syntax/template.ts';
import { contextOpenedBy } from './contexts.ts';
import {
	type ConfigFile,
	type ConfigProblem,
	type Configuration,
	type ContextName,
	type FileContent,
	type Files,
	IS_FOLDER,
	type PlacedDirective,
	type Scope,
} from './model.ts';
import { folderOf, includeCandidates, isHarmlessStock, isPattern, isUnder, relativePath } from './paths.ts';

export interface BuildOptions {
	/** The folder that absolute includes are mapped onto, beside the main file's own. Nothing outside the two is read, unless `anywhere`. */
	readonly workspace?: string;
	/** Includes may lead out of the workspace and the main file's folder: only for a workspace that the person trusts. */
	readonly anywhere?: boolean;
	/** The folder that relative includes start from, for a fragment whose main file is elsewhere; the file's own folder unless said. */
	readonly prefix?: string;
}

/** Blocks deeper than this are kept in the tree and not read as scopes. nginx has no limit; no configuration comes near. */
const DEEPEST = 2_000;
/** How many directives the includes of one configuration may bring before reading stops. */
const MOST_INCLUDED = 300_000;

/** Reads a main file with all that it includes (semantics IC1–IC5). Total: what cannot be read is in `problems`, or in a scope's `unresolved`. */
export function buildConfiguration(mainPath: string, files: Files, options: BuildOptions = {}): Configuration {
	return new Builder(mainPath, files, options, false).configuration('main', undefined);
}

/** Reads a file that another one includes, with scopes assumed around it. */
export function buildFragment(
	path: string,
	files: Files,
	context: ContextName,
	reason: NonNullable<Configuration['fragment']>['reason'],
	options: BuildOptions = {},
): Configuration {
	return new Builder(path, files, options, true).configuration(context, { context, reason });
}

/**
 * The scope of a block as if it stood in `parent`: for asking what a changed block would do without reading everything again.
 * An include in the block is not followed.
 */
export function placeBlock(node: Directive, file: ConfigFile, parent: Scope): Scope {
	const place = (directive: Directive, scope: Scope): PlacedDirective => {
		const placed: { -readonly [K in keyof PlacedDirective]: PlacedDirective[K] } = {
			node: directive,
			file,
			scope,
			body: undefined,
			via: [],
		};
		if (directive.block !== undefined && directive.block.raw === undefined) {
			const body = newScope(contextOpenedBy(directive.name.value, scope.context), placed, scope, false);
			placed.body = body;
			for (const child of directive.block.children) add(body, place(child, body));
		}
		return placed;
	};
	return place(node, parent).body ?? parent;
}

interface MutableScope extends Scope {
	readonly directives: PlacedDirective[];
	readonly byName: Map<string, PlacedDirective[]>;
	readonly unresolved: PlacedDirective[];
}

class Builder {
	readonly #files: Files;
	readonly #options: BuildOptions;
	readonly #prefix: string;
	readonly #main: ConfigFile;
	readonly #known = new Map<string, ConfigFile>();
	readonly #problems: ConfigProblem[] = [];
	/** Where the includes lead, by their argument: one that stands in a thousand servers is looked up once. */
	readonly #resolved = new Map<string, readonly string[] | undefined>();
	readonly #guessed: boolean;
	/** The first mark of a template in each block, and at the top of each file, in whose place any lines may come. */
	readonly #marks = new Map<ConfigFile, ReadonlyMap<Directive | undefined, Directive>>();
	#included = 0;

	constructor(mainPath: string, files: Files, options: BuildOptions, isFragment: boolean) {
		this.#files = files;
		this.#guessed = isFragment && options.prefix === undefined;
		this.#options = options;
		this.#prefix = options.prefix ?? folderOf(mainPath);
		const content = files.read(mainPath);
		this.#main = { path: mainPath, tree: content.kind === 'text' ? content.tree : parse('') };
		if (content.kind !== 'text')
			this.#problems.push({
				code: content.kind === 'missing' ? 'include-missing' : 'include-unreadable',
				message: content.kind === 'missing' ? `There is no file ${mainPath}.` : `${mainPath} cannot be read: ${content.reason}.`,
				path: mainPath,
				span: { start: 0, end: 0 },
			});
		this.#known.set(mainPath, this.#main);
	}

	configuration(context: ContextName, fragment: Configuration['fragment']): Configuration {
		const root = assumedChain(context);
		this.#mark(this.#main, undefined, root, []);
		this.#place(this.#main.tree.directives, this.#main, root, [], 0);
		return { main: this.#main, prefix: this.#prefix, files: this.#known, root, problems: this.#problems, fragment };
	}

	#place(
		directives: readonly Directive[],
		file: ConfigFile,
		scope: MutableScope,
		via: readonly PlacedDirective[],
		depth: number,
	): void {
		for (const node of directives) {
			if (via.length > 0 && ++this.#included > MOST_INCLUDED) {
				this.#stopIncluding(scope, via);
				return;
			}
			const placed: { -readonly [K in keyof PlacedDirective]: PlacedDirective[K] } = { node, file, scope, body: undefined, via };
			add(scope, placed);
			if (node.block !== undefined && node.block.raw === undefined) {
				if (depth >= DEEPEST) {
					this.#report('too-deep', `Blocks are nested more than ${DEEPEST} deep here; what is inside is not read.`, file, node);
					continue;
				}
				const body = newScope(contextOpenedBy(node.name.value, scope.context), placed, scope, false);
				placed.body = body;
				this.#mark(file, node, body, via);
				this.#place(node.block.children, file, body, via, depth + 1);
			}
			if (node.name.value === 'include' && node.args.length === 1 && node.block === undefined && takesIncludes(scope))
				this.#include(placed, scope, via, depth);
		}
	}

	/** What a mark of a template on a line of its own brings is not known, as with an include that cannot be read. */
	#mark(file: ConfigFile, block: Directive | undefined, scope: MutableScope, via: readonly PlacedDirective[]): void {
		if (file.tree.templateMarks.length === 0) return;
		let marks = this.#marks.get(file);
		if (marks === undefined) {
			marks = linesFromOutside(file.tree);
			this.#marks.set(file, marks);
		}
		const node = marks.get(block);
		if (node !== undefined) scope.unresolved.push({ node, file, scope, body: undefined, via });
	}

	/** What the rest of the includes would set is not known, here and in every scope around. */
	#stopIncluding(scope: MutableScope, via: readonly PlacedDirective[]): void {
		const include = via.at(-1);
		if (include === undefined) return;
		if (scope.unresolved.at(-1) !== include) scope.unresolved.push(include);
		const outermost = via[0] ?? include;
		if (this.#included === MOST_INCLUDED + 1)
			this.#report(
				'too-deep',
				`The includes bring more than ${MOST_INCLUDED.toLocaleString('en')} directives; the rest is not read.`,
				outermost.file,
				outermost.node,
			);
	}

	#include(placed: PlacedDirective, scope: MutableScope, via: readonly PlacedDirective[], depth: number): void {
		const argument = placed.node.args[0]?.value ?? '';
		if (!this.#resolved.has(argument)) this.#resolved.set(argument, this.#resolve(argument));
		const paths = this.#resolved.get(argument);
		if (paths === undefined) {
			if (isHarmlessStock(argument)) return;
			scope.unresolved.push(placed);
			if (!isPattern(argument) && !placed.file.tree.template)
				this.#report(
					'include-missing',
					`No file for include ${argument} is in this workspace, so what it sets is not known.`,
					placed.file,
					placed.node,
				);
			return;
		}
		const chain = [...via, placed];
		for (const path of paths) {
			if (path === this.#main.path || chain.some((include) => include.file.path === path)) {
				this.#report(
					'include-cycle',
					`${relativePath(path, this.#prefix)} includes itself; nginx would never finish reading it. Remove this include.`,
					placed.file,
					placed.node,
				);
				continue;
			}
			const content = this.#read(path);
			if (content.kind === 'text') {
				const file = this.#known.get(path) ?? { path, tree: content.tree };
				this.#known.set(path, file);
				this.#mark(file, undefined, scope, chain);
				this.#place(file.tree.directives, file, scope, chain, depth);
			} else {
				scope.unresolved.push(placed);
				if (content.kind === 'missing')
					this.#report(
						'include-missing',
						`${path} is a link to a file that is not there, which nginx does not start with, so what it sets is not known.`,
						placed.file,
						placed.node,
					);
				else if (content.kind === 'unreadable')
					this.#report(
						content.reason === IS_FOLDER ? 'include-folder' : 'include-unreadable',
						`${relativePath(path, this.#prefix)} cannot be read (${content.reason}), so what it sets is not known.`,
						placed.file,
						placed.node,
					);
			}
		}
	}

	/** The files of an include; undefined when it cannot be told which files there are. */
	#resolve(argument: string): readonly string[] | undefined {
		const candidates = includeCandidates(argument, {
			prefix: this.#prefix,
			workspace: this.#options.workspace,
			guessed: this.#guessed,
		});
		if (!isPattern(argument)) {
			const found = candidates.find((path) => this.#mayRead(path) && this.#read(path).kind !== 'missing');
			return found === undefined ? undefined : [found];
		}
		for (const pattern of candidates) {
			const found = this.#mayRead(pattern) ? this.#files.glob(pattern) : [];
			if (found.length > 0) return found;
		}
		// A pattern without a match is fine (IC2), where it points to the very place that nginx would look at.
		const [exact] = candidates;
		return exact !== undefined && !this.#guessed && isUnder(exact, this.#prefix) ? [] : undefined;
	}

	#mayRead(path: string): boolean {
		const { anywhere, workspace } = this.#options;
		return anywhere === true || isUnder(path, this.#prefix) || (workspace !== undefined && isUnder(path, workspace));
	}

	#read(path: string): FileContent {
		const known = this.#known.get(path);
		return known === undefined ? this.#files.read(path) : { kind: 'text', tree: known.tree };
	}

	#report(code: ConfigProblem['code'], message: string, file: ConfigFile, node: Directive): void {
		const last = node.args.at(-1) ?? node.name;
		this.#problems.push({ code, message, path: file.path, span: { start: node.name.span.start, end: last.span.end } });
	}
}

function linesFromOutside(tree: SyntaxTree): ReadonlyMap<Directive | undefined, Directive> {
	const found = new Map<Directive | undefined, Directive>();
	for (const span of tree.templateMarks) {
		if (!bringsLines(tree.source.text, span)) continue;
		const parent = enclosingBlock(tree, span.start);
		const name = { span, value: tree.source.slice(span), quote: undefined };
		if (!found.has(parent)) found.set(parent, { name, args: [], block: undefined, end: ';', span, parent });
	}
	return found;
}

function newScope(
	context: ContextName,
	opener: PlacedDirective | undefined,
	parent: Scope | undefined,
	assumed: boolean,
): MutableScope {
	return { context, opener, parent, directives: [], byName: new Map(), unresolved: [], assumed };
}

function add(scope: MutableScope, placed: PlacedDirective): void {
	scope.directives.push(placed);
	const same = scope.byName.get(placed.node.name.value);
	if (same === undefined) scope.byName.set(placed.node.name.value, [placed]);
	else same.push(placed);
}

/** The scope that a text stands in, with the ones around it assumed; nothing is assumed for a main file. */
function assumedChain(context: ContextName): MutableScope {
	if (context === 'main') return newScope('main', undefined, undefined, false);
	const outer: Partial<Record<ContextName, ContextName>> = {
		server: 'http',
		upstream: 'http',
		map: 'http',
		geo: 'http',
		split_clients: 'http',
		types: 'http',
		location: 'server',
		if: 'location',
		limit_except: 'location',
		'stream server': 'stream',
		'stream upstream': 'stream',
		'stream map': 'stream',
	};
	return newScope(context, undefined, assumedChain(outer[context] ?? 'main'), true);
}

/** False in the blocks whose entries are not directives and whose module knows no `include` (semantics TK16; map, geo and types know it, MP11). */
function takesIncludes(scope: Scope): boolean {
	if (scope.context === 'split_clients' || scope.context === 'stream split_clients') return false;
	return scope.context !== 'other' || scope.opener?.node.name.value !== 'charset_map';
}
