import { SymbolKind, type WorkspaceSymbol } from 'vscode-languageserver-types';
import { walk } from '../core/syntax/query.ts';
import type { Checked } from './checked.ts';
import { titleOf } from './structure.ts';
import { type Lines, rangeOf } from './view.ts';

const MOST = 500;
const KINDS: ReadonlyMap<string, SymbolKind> = new Map([
	['server', SymbolKind.Class],
	['upstream', SymbolKind.Interface],
	['map', SymbolKind.Variable],
	['location', SymbolKind.Method],
]);

/** Servers, upstreams, maps and locations of the workspace whose title holds the query's letters in order. */
export function workspaceSymbols(
	checked: readonly Checked[],
	query: string,
	links: { uriOf(path: string): string; linesOf(path: string): Lines | undefined },
): WorkspaceSymbol[] {
	const letters = [...query.toLowerCase().replace(/\s+/g, '')];
	const symbols: WorkspaceSymbol[] = [];
	const seen = new Set<string>();
	for (const { configuration } of checked)
		for (const file of configuration.files.values()) {
			if (seen.has(file.path)) continue;
			seen.add(file.path);
			for (const directive of walk(file.tree.directives)) {
				const kind = directive.block === undefined ? undefined : KINDS.get(directive.name.value);
				if (kind === undefined) continue;
				const name = titleOf(file.tree, directive);
				if (!holds(name.toLowerCase(), letters)) continue;
				const lines = links.linesOf(file.path) ?? file.tree.source;
				symbols.push({ name, kind, location: { uri: links.uriOf(file.path), range: rangeOf(lines, directive.name.span) } });
				if (symbols.length >= MOST) return symbols;
			}
		}
	return symbols;
}

function holds(text: string, letters: readonly string[]): boolean {
	let at = -1;
	for (const letter of letters) {
		at = text.indexOf(letter, at + 1);
		if (at === -1) return false;
	}
	return true;
}
