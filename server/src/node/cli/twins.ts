import type { Configuration } from '../../core/config/model.ts';
import type { Finding } from '../../core/engine/finding.ts';
import type { ReadConfigurations } from '../../core/engine/project.ts';
import { realPath } from '../files.ts';

/* One file may be reached by several names: `sites-available/x` behind `sites-enabled/x`. */

/** Leaves out loose files that a main file reaches, by whatever name, and all names but the first of a loose file. */
export function withoutTwins(configurations: readonly Configuration[]): readonly Configuration[] {
	const seen = filesOfMains(configurations);
	return configurations.filter((configuration) => {
		if (!isLoose(configuration)) return true;
		const real = realOf(configuration.main.path);
		const isNew = !seen.has(real);
		seen.add(real);
		return isNew;
	});
}

/** The same among what several paths of one call mean. `read` gives the configurations of one of them, `all` those of all. */
export function withoutReached(read: ReadConfigurations, all: readonly Configuration[]): ReadConfigurations {
	const reached = filesOfMains(all);
	return (files) =>
		read(files).filter((configuration) => !isLoose(configuration) || !reached.has(realOf(configuration.main.path)));
}

/** Findings without those that were found in the same file under another name already. */
export function oncePerFile<Shown extends Pick<Finding, 'ruleId' | 'at'>>(findings: readonly Shown[]): readonly Shown[] {
	const real = new Map<string, string>();
	const firstName = new Map<string, string>();
	return findings.filter(({ ruleId, at: { path, span } }) => {
		const file = real.get(path) ?? realOf(path);
		real.set(path, file);
		const key = `${ruleId}\0${file}\0${span.start}\0${span.end}`;
		const name = firstName.get(key) ?? path;
		firstName.set(key, name);
		return name === path;
	});
}

function filesOfMains(configurations: readonly Configuration[]): Set<string> {
	return new Set(
		configurations
			.filter((configuration) => configuration.fragment === undefined)
			.flatMap(({ files }) => [...files.keys()].map(realOf)),
	);
}

/** A context that a person asked for is not to be had from elsewhere. */
function isLoose({ fragment }: Configuration): boolean {
	return fragment !== undefined && fragment.reason !== 'asked';
}

function realOf(path: string): string {
	return realPath(path) ?? path;
}
