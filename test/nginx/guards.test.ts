import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareVersions, parseVersion } from '../../server/src/core/reference/versions.ts';
import { CHOOSY_GUARDS } from '../rules/choosyGuards.ts';
import { GUARDS } from '../rules/guards.ts';
import { ROUTING_GUARDS } from '../rules/routingGuards.ts';
import { type Backend, startBackend } from '../support/backend.ts';
import { handshake } from '../support/exampleNginx.ts';
import { generations, nameOf } from '../support/nginx.ts';

/* What must not be reported works: each guard, on every generation that knows it, upgrades and echoes. */

const binaries = await generations();

describe.each(binaries.map((nginx) => [nameOf(nginx), nginx] as const))('nginx %s', (_, nginx) => {
	let backend: Backend;
	beforeAll(async () => {
		backend = await startBackend(1);
	});
	afterAll(() => backend.stop());

	const known = [...GUARDS, ...CHOOSY_GUARDS, ...ROUTING_GUARDS].filter(({ from = '1.0' }) => {
		const first = parseVersion(from);
		return first === undefined || compareVersions(nginx.version, first) >= 0;
	});
	test.each(known.map((guard) => [`${guard.rows.join(' ')}: ${guard.title}`, guard] as const))(
		'%s: upgrades',
		async (_title, guard) => {
			const answer = await handshake(nginx, backend, guard.http, {
				within: 'http',
				...(guard.path === undefined ? {} : { path: guard.path }),
				...(guard.headers === undefined ? {} : { headers: guard.headers }),
			});
			expect(answer.statusLine).toBe('HTTP/1.1 101 Switching Protocols');
			expect(answer.body.subarray(2).toString()).toBe('hello');
		},
	);
});
