import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Finding, Fix } from '../../server/src/core/engine/finding.ts';
import { analyseProject, fixProject, Together } from '../../server/src/core/engine/project.ts';
import { unmarked } from '../../server/src/core/rules/page.ts';
import { RULES } from '../../server/src/core/rules/rules.generated.ts';
import { afterFix, wholeConfiguration } from '../support/analysed.ts';
import { memoryFiles } from '../support/memoryFiles.ts';
import { STYLES } from '../support/restyled.ts';
import { findingsOf, inFolder, optionsOf, readMain } from './fixedExamples.ts';

/*
 * "Fix all" is the fixes one after another, in whatever order a person takes them.
 * NGINX_WEBSOCKET_FIX_ALL=2000 tries more mixtures.
 */

const RUNS = Number(process.env.NGINX_WEBSOCKET_FIX_ALL ?? 60);
const EXAMPLES = RULES.flatMap((rule) =>
	rule.examples
		.filter(({ within, fixed, checkVersion }) => within === 'http' && fixed !== '' && checkVersion === undefined)
		.map(({ bad }) => unmarked(bad)),
);
const OPTIONS = optionsOf({});

const isLoud = ({ severity }: Finding): boolean => severity === 'error' || severity === 'warning';

/** Examples side by side: each server on a port of its own, one map for all. */
function mixture(chosen: readonly string[]): string {
	const servers = chosen.map((text, index) =>
		text.replace(/listen 8080/g, `listen ${8080 + index}`).replaceAll('9000', `${9000 + index}`),
	);
	return wholeConfiguration(servers.join(''), 'http');
}

interface Pending {
	readonly ruleId: string;
	readonly path: string;
	readonly start: number;
}

/** One preferred fix after another: those that are in no conflict with one another in an order of `picks`, then those that are left. */
function oneByOne(files: Readonly<Record<string, string>>, picks: readonly number[]): Readonly<Record<string, string>> {
	let now = files;
	for (let round = 0; round < 30; round++) {
		let pending = inNoConflict(now);
		if (pending.length === 0) return now;
		for (let step = 0; pending.length > 0; step++) {
			const next = pending[(picks[step % picks.length] ?? 0) % pending.length];
			const finding = findingsOf(now, {}).find(
				({ ruleId, at }) => ruleId === next?.ruleId && at.path === next.path && at.span.start === next.start,
			);
			const fix = finding?.fixes().find(({ preferred }) => preferred);
			pending = pending.filter((other) => other !== next);
			if (fix === undefined) continue;
			now = afterFix(now, fix);
			pending = pending.map((other) => ({ ...other, start: movedBy(fix, other) }));
		}
	}
	return now;
}

function inNoConflict(files: Readonly<Record<string, string>>): readonly Pending[] {
	const analysis = analyseProject(memoryFiles(files), readMain, OPTIONS);
	const taken: Pending[] = [];
	const together = new Together(analysis);
	for (const { ruleId, at, fixes } of analysis.findings.filter(isLoud)) {
		const fix = fixes().find(({ preferred }) => preferred);
		if (fix !== undefined && together.takes(fix)) taken.push({ ruleId, path: at.path, start: at.span.start });
	}
	return taken;
}

/** Where a place is after a fix. */
function movedBy(fix: Fix, { path, start }: Pending): number {
	return fix.edits
		.filter((edit) => edit.path === path && edit.span.end <= start)
		.reduce((sum, { span, text }) => sum + text.length - (span.end - span.start), start);
}

test(`${RUNS} mixtures of mistakes: fix all gives what the fixes give one after another, in any order, and has nothing left to do`, () => {
	fc.assert(
		fc.property(
			fc.array(fc.constantFrom(...EXAMPLES), { minLength: 1, maxLength: 4 }),
			fc.constantFrom(...STYLES),
			fc.array(fc.nat(20), { minLength: 5, maxLength: 5 }),
			(chosen, style, picks) => {
				const written = style.write(mixture(chosen));
				if (written === undefined) return;
				const files = inFolder(written);
				const { texts } = fixProject(memoryFiles(files), readMain, OPTIONS, isLoud);
				const all = { ...files, ...Object.fromEntries(texts) };
				expect(oneByOne(files, picks)).toEqual(all);
				expect(oneByOne(files, [0])).toEqual(all);
				expect(fixProject(memoryFiles(all), readMain, OPTIONS, isLoud).applied).toEqual([]);
			},
		),
		{ numRuns: RUNS, seed: 4 },
	);
}, 120_000);
