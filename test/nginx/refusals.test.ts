import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generations, nameOf, PRIVATE_HTTP, testConfiguration } from '../support/nginx.ts';
import { around, refusals } from '../support/refusals.ts';
import { forEachOfMany } from '../support/syntaxVerdict.ts';

/* The table of refusals, asked of every nginx: what we call an error is refused, and what we let pass is taken. */

const binaries = await generations();

describe.each(binaries.map((nginx) => [nameOf(nginx), nginx] as const))('nginx %s', (_, nginx) => {
	test('refuses what we call an error, and nothing else', async () => {
		const stream = join(nginx.root ?? '', '/usr/lib/nginx/modules/ngx_stream_module.so');
		const differing: string[] = [];
		await forEachOfMany(refusals(), async (one) => {
			const text = around(one, `access_log off; ${PRIVATE_HTTP}`);
			const whole = one.within === 'stream' ? `load_module ${stream};\n${text}` : text;
			const { ok, message } = await testConfiguration(nginx, { 'nginx.conf': whole });
			if (ok !== (one.rule === '')) differing.push(`${one.within}: ${one.text}: ${message ?? 'taken'}, ${one.rule}`);
		});
		expect(differing).toEqual([]);
	}, 400_000);
});
