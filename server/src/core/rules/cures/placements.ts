import type { Configuration, PlacedDirective, Scope } from '../../config/model.ts';
import type { Directive } from '../../syntax/nodes.ts';

/** Tells whether a line stands in a configuration more than once, as its file is included in several places. Walks it when first asked. */
export function repetitionIn(configuration: Configuration): (line: PlacedDirective) => boolean {
	let repeated: ReadonlySet<Directive> | undefined;
	return ({ node }) => {
		repeated ??= repeatedIn(configuration.root);
		return repeated.has(node);
	};
}

function repeatedIn(root: Scope): ReadonlySet<Directive> {
	const seen = new Set<Directive>();
	const repeated = new Set<Directive>();
	const visit = ({ directives }: Scope): void => {
		for (const { node, via, body } of directives) {
			// A line of the main file stands where it stands.
			if (via.length > 0) (seen.has(node) ? repeated : seen).add(node);
			if (body !== undefined) visit(body);
		}
	};
	visit(root);
	return repeated;
}
