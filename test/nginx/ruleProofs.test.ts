import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareVersions, parseVersion } from '../../server/src/core/reference/versions.ts';
import { unmarked } from '../../server/src/core/rules/page.ts';
import type { Example } from '../../server/src/core/rules/rule.ts';
import { RULES } from '../../server/src/core/rules/rules.generated.ts';
import type { NginxBinary } from '../../server/src/node/nginx/acquire.ts';
import { type Backend, startBackend } from '../support/backend.ts';
import { handshake, isIntact, whole } from '../support/exampleNginx.ts';
import { generations, nameOf, testConfiguration } from '../support/nginx.ts';

/* Every rule's claim, on every generation: bad behaves as the rule says, good upgrades and echoes. */

const binaries = await generations();

describe.each(binaries.map((nginx) => [nameOf(nginx), nginx] as const))('nginx %s', (_, nginx) => {
	let backend: Backend;
	beforeAll(async () => {
		backend = await startBackend(1);
	});
	afterAll(() => backend.stop());

	for (const rule of RULES)
		for (const example of rule.examples) {
			const { proof } = example;
			if (claims(example, nginx))
				test(`${rule.id}: ${example.title}: bad ${proof.bad}`, async () => {
					if (proof.bad === 'rejected') {
						const verdict = await testConfiguration(nginx, {
							'nginx.conf': whole(nginx, unmarked(example.bad), example, 8080, 9000, ''),
						});
						expect(verdict.ok).toBe(false);
						return;
					}
					const answer = await handshake(nginx, backend, unmarked(example.bad), example);
					if (proof.bad === 'fails') expect(isIntact(answer)).toBe(false);
					else expect(answer.status).toBe(proof.bad);
				});

			if (isKnownTo(example.good, nginx))
				test(`${rule.id}: ${example.title}: good upgrades`, async () => {
					const answer = await handshake(nginx, backend, example.good, example);
					expect(answer.statusLine).toBe('HTTP/1.1 101 Switching Protocols');
					expect(answer.body.subarray(2).toString()).toBe('hello');
				});
		}
});

/** Whether the example says anything of this version. */
function claims(example: Example, nginx: NginxBinary): boolean {
	const from = parseVersion(example.proof.from ?? '');
	const before = parseVersion(example.proof.before ?? '');
	return (
		(from === undefined || compareVersions(nginx.version, from) >= 0) &&
		(before === undefined || compareVersions(nginx.version, before) < 0)
	);
}

/** `http2` as a directive and the like are unknown to older ones. */
function isKnownTo(text: string, nginx: NginxBinary): boolean {
	return !/^\s*http2 on;/m.test(text) || compareVersions(nginx.version, { major: 1, minor: 25, patch: 1 }) >= 0;
}
