import type { Place, PlacedDirective, Scope } from '../config/model.ts';

/** Something in the sandbox's copy that is not as the person wrote it. */
export interface Rewriting {
	/** `moved`: an address or a path. `assumed`: something that a fragment takes from elsewhere. The others as in `Treatment`. */
	readonly kind: 'moved' | 'private' | 'granted' | 'stripped' | 'lacking' | 'assumed';
	/** Undefined for what the sandbox adds. */
	readonly at: Place | undefined;
	/** One-based. */
	readonly line: number | undefined;
	/** The directive, short: its name, or an address and where it went. Holds no text of a value that could be secret. */
	readonly what: string;
	/** One clause for a person. */
	readonly why: string;
}

/** What keeps a route from being proved: what was stripped, and where. */
export interface Dependence {
	readonly rewriting: Rewriting;
	/** Routes in this scope or below depend on it; undefined: only those that use one of the variables. */
	readonly scope: Scope | undefined;
	/** Lower-case names that it would have given a value. */
	readonly variables: readonly string[];
}

/** An address that the configuration listens on; the sandbox has a loopback port in its place. */
export interface SandboxListen {
	/** `address:port` as in `Listen`, or `unix:/path`. */
	readonly key: string;
}

/** A recording backend in the place of one that the configuration passes to. */
export interface SandboxBackend {
	/** The address as written: `10.0.0.1:9000`, `unix:/run/app.sock`. */
	readonly address: string;
	/** The upstream block it is a server of. */
	readonly upstream: string | undefined;
}

export interface SandboxFile {
	/** In the private folder. */
	readonly name: string;
	/** The person's file; undefined for one that the sandbox adds. */
	readonly path: string | undefined;
	/** With marks where only the run knows: `render` puts them in. */
	readonly text: string;
}

/** How one configuration is to be run where it can do no harm. Pure data: nothing is read or written to make it. */
export interface SandboxPlan {
	readonly main: string;
	readonly files: readonly SandboxFile[];
	readonly listens: readonly SandboxListen[];
	readonly backends: readonly SandboxBackend[];
	/** The name that a backend goes by inside, and what the person called it: `$proxy_host`, in headers. */
	readonly aliases: readonly (readonly [inside: string, written: string])[];
	readonly needsCertificate: boolean;
	/** In the order of the files. */
	readonly rewritings: readonly Rewriting[];
	readonly dependences: readonly Dependence[];
	/** Why it cannot be run at all; a sentence. */
	readonly problem: string | undefined;
}

/** What only the run knows. */
export interface SandboxPlaces {
	/** The private folder, absolute, without a `/` at its end. */
	readonly folder: string;
	/** By index of `listens`. */
	readonly listenPorts: readonly number[];
	/** By index of `backends`. */
	readonly backendPorts: readonly number[];
}

const MARK = /\uE0F1([LBF])(\d*)\uE0F1/g;

/** Stands for the port of a listen, or of a backend, until the run knows it. */
export function portMark(kind: 'L' | 'B', index: number): string {
	return `\uE0F1${kind}${index}\uE0F1`;
}

/** Stands for the private folder. */
export const FOLDER_MARK = '\uE0F1F\uE0F1';

/** The text of a file with everything put in that only the run knows. */
export function render(text: string, places: SandboxPlaces): string {
	return text.replace(MARK, (_whole, kind: string, index: string) => {
		if (kind === 'F') return places.folder;
		return String((kind === 'L' ? places.listenPorts : places.backendPorts)[Number(index)] ?? 1);
	});
}

/** One argument as nginx reads it back: quoted where it must be. */
export function written(value: string): string {
	return /^[^\s;{}"'\\#]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** The place of a directive's name and arguments. */
export function placeOf({ node, file }: PlacedDirective): { readonly at: Place; readonly line: number } {
	const end = node.args.at(-1)?.span.end ?? node.name.span.end;
	return {
		at: { path: file.path, span: { start: node.span.start, end } },
		line: file.tree.source.lineAt(node.span.start) + 1,
	};
}
