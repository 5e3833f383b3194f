import { join } from 'node:path';
import type { Configuration } from '../../server/src/core/config/model.ts';
import type { Finding } from '../../server/src/core/engine/finding.ts';
import { analyseProject, fixProject } from '../../server/src/core/engine/project.ts';
import { overlaid } from '../../server/src/core/engine/proof.ts';
import type { RouteProof, SandboxResult } from '../../server/src/core/sandbox/result.ts';
import { targetOf } from '../../server/src/node/cli/discover.ts';
import { diskFiles } from '../../server/src/node/files.ts';
import type { SandboxNginx } from '../../server/src/node/sandbox/nginxAbility.ts';
import { runSandbox } from '../../server/src/node/sandbox/runSandbox.ts';

/** What `--fix` makes of a real configuration, seen in the sandbox before and after. */
export interface FixedConfiguration {
	readonly file: string;
	/** How many fixes were applied. */
	readonly fixes: number;
	/** Routes that upgraded before and after; that did so only after; that the sandbox can say something of. */
	readonly kept: number;
	readonly cured: number;
	readonly judged: number;
	/** What a fix must not do. */
	readonly faults: readonly string[];
}

const isLoud = ({ severity }: Finding): boolean => severity === 'error' || severity === 'warning';

/** Fixes one file of the corpus in memory; undefined when there is nothing to fix. */
export async function fixedInSandbox(folder: string, file: string, nginx: SandboxNginx): Promise<FixedConfiguration | undefined> {
	const { read } = targetOf(join(folder, file), undefined);
	const options = { version: nginx.version };
	const fixed = fixProject(diskFiles(), read, options, isLoud);
	if (fixed.applied.length === 0) return undefined;
	const files = overlaid(diskFiles(), fixed.texts);
	const faults: string[] = [];
	const again = fixProject(files, read, options, isLoud);
	if (again.applied.length > 0) faults.push(`a second time it does ${again.applied.map(({ fix }) => fix.title).join(', ')}`);
	const had = countOf(analyseProject(diskFiles(), read, options).findings);
	// Behind a syntax error much stays unseen.
	for (const [rule, count] of had.has('syntax-error') ? [] : countOf(fixed.after.findings))
		if (count > (had.get(rule) ?? 0)) faults.push(`${rule} is found ${count} times, ${had.get(rule) ?? 0} times before`);
	const [before, after] = [await run(read(diskFiles())[0], nginx), await run(read(files)[0], nginx)];
	if (before?.outcome === 'ran' && after?.outcome === 'rejected')
		faults.push(`nginx refuses what it took before: ${after.problems[0]?.message ?? ''}`);
	const pairs = pairedRoutes(before, after);
	for (const [was, is] of pairs)
		if (was.outcome === 'upgraded' && is.outcome === 'refused') faults.push(`${was.title} no longer upgrades: ${is.reason}`);
	return {
		file,
		fixes: fixed.applied.length,
		kept: pairs.filter(([was, is]) => was.outcome === 'upgraded' && is.outcome === 'upgraded').length,
		cured: pairs.filter(([was, is]) => was.outcome === 'refused' && is.outcome === 'upgraded').length,
		judged: pairs.filter(([was]) => was.outcome !== 'not-proved').length,
		faults,
	};
}

/** Loud findings by rule. */
function countOf(findings: readonly Finding[]): ReadonlyMap<string, number> {
	const counts = new Map<string, number>();
	for (const { ruleId } of findings.filter(isLoud)) counts.set(ruleId, (counts.get(ruleId) ?? 0) + 1);
	return counts;
}

async function run(configuration: Configuration | undefined, nginx: SandboxNginx): Promise<SandboxResult | undefined> {
	return configuration && runSandbox(configuration, { nginx });
}

/** The same route before and after, by its order among those of its title: lines move. */
function pairedRoutes(
	before: SandboxResult | undefined,
	after: SandboxResult | undefined,
): readonly (readonly [RouteProof, RouteProof])[] {
	const keyed = (result: SandboxResult | undefined): ReadonlyMap<string, RouteProof> => {
		const seen = new Map<string, number>();
		return new Map(
			(result?.routes ?? []).map((route) => {
				const name = `${route.path} ${route.title.replace(/\^~ /, '')}`;
				seen.set(name, (seen.get(name) ?? 0) + 1);
				return [`${name} ${seen.get(name)}`, route];
			}),
		);
	};
	const later = keyed(after);
	return [...keyed(before)].flatMap(([key, was]) => {
		const is = later.get(key);
		return is === undefined ? [] : [[was, is] as const];
	});
}
