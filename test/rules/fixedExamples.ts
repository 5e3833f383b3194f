import { readProject } from '../../server/src/core/config/project.ts';
import type { Finding, Fix } from '../../server/src/core/engine/finding.ts';
import { analyseProject, type ProjectOptions, type ReadConfigurations } from '../../server/src/core/engine/project.ts';
import { DEFAULT_VERSION } from '../../server/src/core/reference/versions.ts';
import type { Example, Rule } from '../../server/src/core/rules/rule.ts';
import { versionOf } from '../support/analysed.ts';
import { memoryFiles } from '../support/memoryFiles.ts';

/** Where the files of an example stand. */
export const ROOT = '/etc/nginx';

/** Files by relative path → by whole path. */
export function inFolder(files: Readonly<Record<string, string>>): Record<string, string> {
	return Object.fromEntries(Object.entries(files).map(([path, text]) => [`${ROOT}/${path}`, text]));
}

export const readMain: ReadConfigurations = (files) =>
	readProject([`${ROOT}/nginx.conf`], files, { workspace: ROOT }).configurations;

/** With the rule switched on, where it waits for that. */
export function optionsOf(example: Pick<Example, 'checkVersion'>, rule?: Rule): ProjectOptions {
	return {
		...(rule?.optIn ? { severities: { [rule.id]: rule.severity } } : {}),
		version: example.checkVersion === undefined ? DEFAULT_VERSION : versionOf(example.checkVersion),
	};
}

export function findingsOf(
	files: Readonly<Record<string, string>>,
	example: Pick<Example, 'checkVersion'>,
	rule?: Rule,
): readonly Finding[] {
	return analyseProject(memoryFiles(files), readMain, optionsOf(example, rule)).findings;
}

/** The preferred fix of the first finding that has one, else the first fix. */
export function firstFix(findings: readonly Finding[]): Fix | undefined {
	const fixes = findings.flatMap((finding) => finding.fixes());
	return fixes.find(({ preferred }) => preferred) ?? fixes[0];
}

/** Where the line ends are gone, a missing semicolon or brace is two directives in one: another finding, as nginx has it. */
export function isAnotherMistake(rule: Pick<Rule, 'id'>, style: { readonly name: string }): boolean {
	return ['syntax-error', 'semicolon-forgotten'].includes(rule.id) && style.name.endsWith('on one line');
}
