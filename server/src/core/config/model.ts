import type { Directive, SyntaxTree } from '../syntax/nodes.ts';
import type { Span } from '../text/span.ts';

/** What the core asks of the world: texts and names, by '/'-separated path (a URI works too). Never throws. */
export interface Files {
	/** The text of a file. `missing`: no such file. `unreadable`: there, but no text can be had. */
	read(path: string): FileContent;
	/** The paths of files that match a pattern as glob(3) does: `*`, `?`, `[…]`, sorted by bytes, dotfiles skipped by `*` (semantics IC2). */
	glob(pattern: string): readonly string[];
}

export type FileContent =
	| { readonly kind: 'text'; readonly tree: SyntaxTree }
	| { readonly kind: 'missing' }
	| { readonly kind: 'unreadable'; readonly reason: string };

/** The reason why a folder cannot be read as a file. */
export const IS_FOLDER = 'it is a folder';

export interface ConfigFile {
	/** '/'-separated, as the Files port knows it. */
	readonly path: string;
	readonly tree: SyntaxTree;
}

/** nginx's contexts. `other`: a block of a module we have no model for (mail, types, match, lua …). */
export type ContextName =
	| 'main'
	| 'events'
	| 'http'
	| 'server'
	| 'location'
	| 'if'
	| 'limit_except'
	| 'upstream'
	| 'map'
	| 'geo'
	| 'split_clients'
	| 'types'
	| 'stream'
	| 'stream server'
	| 'stream upstream'
	| 'stream map'
	| 'stream geo'
	| 'stream split_clients'
	| 'mail'
	| 'other';

/** A directive at its place in the whole configuration. One that stands in a file included twice is placed twice. */
export interface PlacedDirective {
	readonly node: Directive;
	readonly file: ConfigFile;
	/** The scope it stands in. */
	readonly scope: Scope;
	/** The scope that its block opens. */
	readonly body: Scope | undefined;
	/** The include directives that led to its file, outermost first; empty in the main file. */
	readonly via: readonly PlacedDirective[];
}

export interface Scope {
	readonly context: ContextName;
	/** The directive whose block this is; undefined for the main scope and for the assumed scopes around a fragment. */
	readonly opener: PlacedDirective | undefined;
	readonly parent: Scope | undefined;
	/** In the order nginx reads them, includes spliced in (semantics IC5). */
	readonly directives: readonly PlacedDirective[];
	/** The same, by directive name. */
	readonly byName: ReadonlyMap<string, readonly PlacedDirective[]>;
	/** include directives here whose file could not be had, and marks of a template on a line of their own: anything may be set in them, so values read here may be unknown. */
	readonly unresolved: readonly PlacedDirective[];
	/** True for a scope that was assumed around a fragment: what else stands in it is not known. */
	readonly assumed: boolean;
}

export interface ConfigProblem {
	readonly code: 'include-missing' | 'include-cycle' | 'include-unreadable' | 'include-folder' | 'too-deep';
	readonly message: string;
	readonly path: string;
	readonly span: Span;
}

/** One nginx configuration: a main file and all that it includes; or a fragment with an assumed context around it. */
export interface Configuration {
	readonly main: ConfigFile;
	/** The folder that relative includes start from: the main file's (semantics IC1). */
	readonly prefix: string;
	readonly files: ReadonlyMap<string, ConfigFile>;
	readonly root: Scope;
	readonly problems: readonly ConfigProblem[];
	/** Set when the file is a fragment: the context that was assumed, and why. */
	readonly fragment:
		| { readonly context: ContextName; readonly reason: 'include graph' | 'comment' | 'content' | 'asked' }
		| undefined;
}

/** A place in a file that a person can be sent to. */
export interface Place {
	readonly path: string;
	readonly span: Span;
}
