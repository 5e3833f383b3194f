import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Backend, startBackend } from '../../support/backend.ts';
import { freePort, generations, nameOf } from '../../support/nginx.ts';
import { brokenProject } from './broken.ts';
import { faultsOf } from './cured.ts';

/*
 * Working configurations, broken as people break them, in files and layouts as people write them; then `--fix`; then real nginx in front
 * of a strict backend. NGINX_WEBSOCKET_FIXES=500 tries more of them, NGINX_WEBSOCKET_FIXES_FROM starts at another seed.
 */

const COUNT = Number(process.env.NGINX_WEBSOCKET_FIXES ?? 20);
const FROM = Number(process.env.NGINX_WEBSOCKET_FIXES_FROM ?? 1);
const binaries = await generations();

describe.each(binaries.map((nginx) => [nameOf(nginx), nginx] as const))('nginx %s', (_, nginx) => {
	let backend: Backend;
	let ports: readonly number[];
	beforeAll(async () => {
		backend = await startBackend(1);
		ports = [await freePort(), await freePort(), await freePort()];
	});
	afterAll(() => backend.stop());

	test(`${COUNT} broken configurations are cured: nginx accepts them, what was found is gone, every certain route upgrades, no other header changes, a second time nothing happens`, {
		timeout: 30_000 + COUNT * 2000,
	}, async () => {
		let cures = 0;
		let left = 0;
		const wrong: string[] = [];
		for (let seed = FROM; seed < FROM + COUNT; seed++) {
			const project = brokenProject(seed, ports, backend.ports[0] ?? 0);
			const result = await faultsOf(project, nginx, backend);
			cures += result.cures;
			left += result.left;
			if (result.faults.length > 0)
				wrong.push(
					[
						`seed ${seed} (${project.mistakes.join('; ')})`,
						...result.faults,
						...shown(project.files, 'before'),
						...shown(result.after, 'after'),
					].join('\n'),
				);
		}
		expect(wrong.join('\n\n')).toBe('');
		expect(cures).toBeGreaterThan(COUNT / 2);
		// Two mistakes in one line, or a redirect that a person has to judge: seldom.
		expect(left).toBeLessThanOrEqual(2 + cures / 10);
	});
});

function shown(files: Readonly<Record<string, string>>, when: string): readonly string[] {
	return Object.entries(files).map(([path, text]) => `--- ${path} ${when}\n${text}`);
}
