import type { Configuration, PlacedDirective, Scope } from '../../config/model.ts';

/** How many times a line stands in the configuration: more than once when its file is included in several places. */
export function placementsOf({ node }: PlacedDirective, configuration: Configuration): number {
	let count = 0;
	const visit = ({ directives }: Scope): void => {
		for (const placed of directives) {
			if (placed.node === node) count++;
			if (placed.body !== undefined) visit(placed.body);
		}
	};
	visit(configuration.root);
	return count;
}
