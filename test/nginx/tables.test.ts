import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildConfiguration } from '../../server/src/core/config/build.ts';
import { readGeo } from '../../server/src/core/request/geo.ts';
import { readSplit } from '../../server/src/core/request/splitClients.ts';
import { toBytes } from '../../server/src/core/text/bytes.ts';
import { memoryFiles } from '../support/memoryFiles.ts';
import { freePort, generations, globals, nameOf, PRIVATE_HTTP, startNginx } from '../support/nginx.ts';
import { sendRaw } from '../support/rawClient.ts';

const SEED = 20_260_105;
const binaries = await generations();

const octet = fc.constantFrom(0, 1, 2, 10, 127, 128, 254, 255);
const address = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
const network = fc
	.tuple(address, fc.constantFrom(0, 1, 8, 9, 15, 16, 24, 31, 32))
	.map(([text, bits]) => ({ text, bits, base: masked(text, bits) }));
const address6 = fc.oneof(
	fc.array(fc.constantFrom('0', '1', 'a', '2001', 'ffff'), { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':')),
	address.map((text) => `::ffff:${text}`),
);

function masked(text: string, bits: number): string {
	const value = text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
	return `${bits === 0 ? 0 : Math.floor(value / 2 ** (32 - bits)) * 2 ** (32 - bits)}/${bits}`;
}

const geoLines = fc
	.tuple(
		fc.uniqueArray(network, { maxLength: 8, selector: ({ base }) => base }),
		fc.uniqueArray(fc.tuple(address6, fc.constantFrom(16, 32, 64, 128)), { maxLength: 2, selector: ([text]) => text }),
		fc.boolean(),
	)
	.map(([networks, networks6, fallback]) => [
		...networks.map(({ text, bits }, index) => `${text}/${bits} v${index};`),
		...networks6.map(([text, bits], index) => `${text}/${bits} six${index};`),
		...(fallback ? ['default other;'] : []),
	]);

/** Ranges are given in rising order: others nginx sorts with a warning or refuses. */
const rangeLines = fc.uniqueArray(fc.integer({ min: 0, max: 254 }), { minLength: 2, maxLength: 8 }).map((ends) => [
	'ranges;',
	...[...ends]
		.sort((a, b) => a - b)
		.flatMap((end, index, all) => {
			const next = all[index + 1];
			return index % 2 === 0 && next !== undefined ? [`${end}.0.0.0-${next}.255.255.255 v${index};`] : [];
		}),
	'default other;',
]);

const splitLines = fc
	.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 99 })), { minLength: 1, maxLength: 3 })
	.chain((shares) =>
		fc
			.boolean()
			.map((rest) => [
				...shares.map(([whole, hundredths], index) => `${whole}.${String(hundredths).padStart(2, '0')}% v${index};`),
				...(rest ? ['* rest;'] : []),
			]),
	);

interface Block {
	readonly name: 'geo' | 'split_clients';
	readonly lines: readonly string[];
}

describe.each(binaries.map((nginx) => ({ version: nameOf(nginx), nginx })))('nginx $version', ({ nginx }) => {
	test.each([
		{ what: 'geo with networks', name: 'geo' as const, lines: geoLines, keys: fc.oneof(address, address6) },
		{ what: 'geo with ranges', name: 'geo' as const, lines: rangeLines, keys: address },
		{
			what: 'split_clients',
			name: 'split_clients' as const,
			lines: splitLines,
			keys: fc.string({ unit: fc.constantFrom(...'abc019é._-'), maxLength: 12 }),
		},
	])('$what gives what we say', async ({ name, lines, keys }) => {
		const blocks: readonly Block[] = fc.sample(lines, { numRuns: 80, seed: SEED }).map((own) => ({ name, lines: own }));
		const texts = [...new Set(fc.sample(keys, { numRuns: 60, seed: SEED }))];
		const http = blocks.map((block, index) => `${block.name} $http_k $v${index} {\n${block.lines.join('\n')}\n}`).join('\n');
		const port = await freePort();
		const running = await startNginx(
			nginx,
			(folder) => ({
				'nginx.conf': `${globals(folder)} events {} http { ${PRIVATE_HTTP} access_log off;\n${http}
server { listen 127.0.0.1:${port}; location / { ${blocks.map((_, index) => `add_header V${index} "[$v${index}]";`).join('\n')} return 204; } } }`,
			}),
			port,
		);
		try {
			const configuration = buildConfiguration('/nginx.conf', memoryFiles({ '/nginx.conf': `http {\n${http}\n}` }));
			const tables = (configuration.root.byName.get('http')?.[0]?.body?.byName.get(name) ?? []).map((placed) =>
				name === 'geo' ? readGeo(placed) : readSplit(placed),
			);
			const disagreements: unknown[] = [];
			let compared = 0;
			for (const text of texts) {
				const response = await sendRaw(port, {
					uri: '/',
					headers: [
						['Host', 'a'],
						['Connection', 'close'],
						['K', toBytes(text)],
					],
				});
				const values = new Map(response.headers.map(([key, value]) => [key, value]));
				for (const [index, table] of tables.entries()) {
					const ours = table.lookUp(toBytes(text));
					const theirs = values.get(`V${index}`)?.slice(1, -1);
					if (ours === undefined) continue;
					compared++;
					if (ours !== theirs) disagreements.push({ text, ours, theirs, lines: blocks[index]?.lines });
				}
			}
			expect(disagreements.slice(0, 5)).toEqual([]);
			expect(compared).toBeGreaterThan(0.8 * texts.length * tables.length);
		} finally {
			await running.stop();
		}
	});
});
