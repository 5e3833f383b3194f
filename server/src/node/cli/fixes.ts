import { isUnder } from '../../core/config/paths.ts';
import type { Finding, Fix } from '../../core/engine/finding.ts';
import type { FixedProject } from '../../core/engine/project.ts';
import { realPath } from '../files.ts';
import type { Output } from './output.ts';
import { rangeOf, shownPath } from './report.ts';
import { oncePerFile } from './twins.ts';

/** Says on standard error what `--fix` did, file by file, and what it left. */
export function reportFixes(fixed: FixedProject, workspace: string, verb: 'fixed' | 'would fix', output: Output): void {
	const done = new Map<string, { readonly fix: Fix; readonly rules: Set<string> }>();
	for (const { finding, fix } of fixed.applied) {
		// Several findings may want one and the same edit, and one file may have several names.
		const key = JSON.stringify(fix.edits.map((edit) => ({ ...edit, path: realPath(edit.path) ?? edit.path })));
		const known = done.get(key);
		if (known === undefined) done.set(key, { fix, rules: new Set([finding.ruleId]) });
		else known.rules.add(finding.ruleId);
	}
	for (const { fix, rules } of done.values()) {
		const paths = [...new Set(fix.edits.map(({ path }) => shownPath(path, workspace)))];
		output.note(`${verb} ${paths.join(', ')}: ${fix.title} [${[...rules].join(', ')}]\n`);
	}
	const withFixes = oncePerFile(fixed.after.findings)
		.map((finding) => ({ finding, fixes: finding.fixes() }))
		.filter(({ fixes }) => fixes.length > 0);
	for (const { finding, fixes } of withFixes.filter((one) => isFixed(one.finding))) {
		const line = rangeOf(finding, fixed.after).start.line + 1;
		output.note(
			`left ${shownPath(finding.at.path, workspace)}, line ${line}: ${whyLeft(fixes, workspace)} [${finding.ruleId}]\n`,
		);
	}
	const informing = withFixes.filter((one) => !isFixed(one.finding)).length;
	if (informing > 0)
		output.note(
			informing === 1
				? 'Left as it is: 1 finding that only informs (see its own quick fix).\n'
				: `Left as they are: ${informing} findings that only inform (see their own quick fixes).\n`,
		);
}

function whyLeft(fixes: readonly Fix[], workspace: string): string {
	const preferred = fixes.find((fix) => fix.preferred);
	if (preferred === undefined)
		return fixes.length === 1
			? `"${fixes[0]?.title}" is for you to decide`
			: `which of ${fixes.length} fixes is right is for you to decide`;
	const outside = preferred.edits.find(({ path }) => !isUnder(path, workspace));
	return outside === undefined
		? `"${preferred.title}" can be done now; run --fix again`
		: `"${preferred.title}" would change ${outside.path}, outside of this folder`;
}

/** `--fix` takes errors and warnings; the idle timeout and the like are left to their own quick fix (design §3). */
export function isFixed(finding: Finding): boolean {
	return finding.severity === 'error' || finding.severity === 'warning';
}
