import { expect, test } from 'vitest';
import { readLooseFile } from '../../server/src/core/config/project.ts';
import { analyseProject } from '../../server/src/core/engine/project.ts';
import { DEFAULT_VERSION } from '../../server/src/core/reference/versions.ts';
import { versionOf } from '../support/analysed.ts';
import { memoryFiles } from '../support/memoryFiles.ts';
import { COMPLAINTS } from './complaints.ts';

/* Twenty complaints that people bring again and again, and what they read when they bring them to us. */

test.each(COMPLAINTS.map((one) => [one.number, one.complaint, one] as const))(
	'%i: %s',
	(_, __, { files, version, says, all, asked }) => {
		const [first = ''] = Object.keys(files);
		const { findings } = analyseProject(
			memoryFiles(files),
			(now) => [readLooseFile(first, now, { workspace: '/etc/nginx' })].filter((one) => one !== undefined),
			{
				version: version === undefined ? DEFAULT_VERSION : versionOf(version),
				...(asked === undefined ? {} : { severities: { [asked]: 'hint' } }),
			},
		);
		expect(
			findings
				.filter(({ severity }) => all === true || severity === 'error' || severity === 'warning')
				.map(({ ruleId, message }) => `${ruleId}: ${message}`),
		).toEqual(says);
	},
);
