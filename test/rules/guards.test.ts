import { expect, test } from 'vitest';
import { DEFAULT_VERSION } from '../../server/src/core/reference/versions.ts';
import { analysed, versionOf, wholeConfiguration } from '../support/analysed.ts';
import { GUARDS } from './guards.ts';

/* Where nothing is wrong, nothing is said. That the handshake works there is asked of nginx in test/nginx/guards.test.ts. */

test.each(GUARDS.map((guard) => [`${guard.rows.join(' ')}: ${guard.title}`, guard] as const))(
	'%s: no error and no warning',
	(_, guard) => {
		const version = guard.from === undefined ? DEFAULT_VERSION : versionOf(guard.from);
		const { findings, routes } = analysed({ '/etc/nginx/nginx.conf': wholeConfiguration(guard.http, 'http') }, { version });
		expect(
			findings
				.filter(({ severity }) => severity === 'error' || severity === 'warning')
				.map(({ ruleId, message }) => `${ruleId}: ${message}`),
		).toEqual([]);
		expect(routes.length).toBeGreaterThan(0);
	},
);
