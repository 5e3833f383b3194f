import { describe, expect, test } from 'vitest';
import { analysed } from '../support/analysed.ts';
import { around, refusals } from '../support/refusals.ts';

/* What we call an error is refused by nginx, and what nginx takes is none: asked of nginx in test/nginx/refusals.test.ts. */

describe('errors about text', () => {
	test.each(refusals().map((one) => [`${one.within}: ${one.text}`, one] as const))('%s', (_, one) => {
		const { findings } = analysed({ '/etc/nginx/nginx.conf': around(one) });
		const found = findings.filter(({ severity, routeId }) => severity === 'error' && routeId === undefined);
		if (one.rule === '') expect(found.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
		else expect(found.map(({ ruleId }) => ruleId)).toContain(one.rule);
	});
});
