import { definitionsOf } from '../reference/directives.ts';
import type { SyntaxTree } from '../syntax/nodes.ts';
import { parse } from '../syntax/parse.ts';

/** Reads a text with all that we know of directives, so that a forgotten semicolon is noticed before any of them. */
export function parseConfiguration(text: string): SyntaxTree {
	return parse(text, {
		shapes: (name) => {
			const definitions = definitionsOf(name);
			return definitions.length === 0 ? undefined : definitions;
		},
	});
}
