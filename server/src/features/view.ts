import type { Place, PlacedDirective, Scope } from '../core/config/model.ts';

import type { NginxVersion } from '../core/reference/versions.ts';
import type { Directive, SyntaxTree } from '../core/syntax/nodes.ts';
import type { Position, Span } from '../core/text/span.ts';
import type { Settings } from '../protocol/settings.ts';
import type { Checked } from './checked.ts';
import type { ShownFinding } from './findings.ts';

/** The line table of one text. An open document's own, or that of the file on disk. */
export interface Lines {
	positionAt(offset: number): Position;
	offsetAt(position: Position): number;
}

/** A directive of the document where one of the configurations has it. */
export interface Placement {
	readonly checked: Checked;
	readonly placed: PlacedDirective;
}

/** A scope in which a directive at some place of the document would stand. */
export interface ScopeHere {
	readonly checked: Checked;
	readonly scope: Scope;
}

/**
 * What a language feature may see: one version of one document, the configurations that it is part of, and the ways from paths
 * to what the client knows. It belongs to the moment it was made in and is not kept.
 */
export interface View {
	readonly uri: string;
	readonly path: string;
	/** null when the document is not open. */
	readonly version: number | null;
	readonly tree: SyntaxTree;
	readonly lines: Lines;
	readonly nginxVersion: NginxVersion;
	readonly settings: Settings;
	/** The commands that the client offers. */
	readonly commands: readonly string[];
	/** One for each configuration that the document is part of; at least one. Made when it is read. */
	readonly checked: readonly Checked[];
	/** What is to be shown in the document, by place; quicker to have than `checked`. */
	readonly findings: readonly ShownFinding[];
	uriOf(path: string): string;
	/** The version of an open document; null for any other file. */
	versionOf(path: string): number | null;
	/** The line table of a file of any of the configurations; undefined for a file that is not known. */
	linesOf(path: string): Lines | undefined;
	/** Every place of a directive of this document, in the order of `checked`. */
	placements(node: Directive): readonly Placement[];
	/** The scopes around an offset of this document, in the order of `checked`. */
	scopesAt(offset: number): readonly ScopeHere[];
}

/** A stretch of the view's document as LSP counts. */
export function rangeOf(lines: Lines, span: Span): { start: Position; end: Position } {
	return { start: lines.positionAt(span.start), end: lines.positionAt(span.end) };
}

/** A place of any file as LSP names it; undefined when the file is not known any more. */
export function locationOf(view: View, place: Place): { uri: string; range: { start: Position; end: Position } } | undefined {
	const lines = place.path === view.path ? view.lines : view.linesOf(place.path);
	return lines && { uri: view.uriOf(place.path), range: rangeOf(lines, place.span) };
}
