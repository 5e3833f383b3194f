import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildConfiguration } from '../../server/src/core/config/build.ts';
import { type CompiledMap, readMap } from '../../server/src/core/config/maps.ts';
import { compileRegex } from '../../server/src/core/config/regex.ts';
import { quoteWord, templateParts } from '../../server/src/core/syntax/words.ts';
import { toBytes } from '../../server/src/core/text/bytes.ts';
import { memoryFiles } from '../support/memoryFiles.ts';
import { freePort, generations, globals, nameOf, PRIVATE_HTTP, startNginx } from '../support/nginx.ts';
import { sendRaw } from '../support/rawClient.ts';
import { regexSoup, textSoup } from '../support/regexSoup.ts';

const SEED = 20_260_102;
const binaries = await generations();

/** A map's block without its name: the lines between its braces. */
interface RandomMap {
	readonly lines: readonly string[];
}

const hostLabel = fc.constantFrom('a', 'b', 'www', 'example', 'com', 'EXAMPLE');
const host = fc.array(hostLabel, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const hostMask = fc
	.tuple(host, fc.constantFrom('', '', '*.', '.', 'tail'))
	.map(([name, mask]) => (mask === 'tail' ? `${name}.*` : `${mask}${name}`));
const plainKey = fc.oneof(
	textSoup,
	fc.constantFrom('default', 'hostnames', 'include', 'volatile', '~a', '.a', '*.a', '\\a', 'É'),
);

const hostMap: fc.Arbitrary<RandomMap> = fc
	.tuple(fc.uniqueArray(hostMask, { minLength: 1, maxLength: 8, selector: conflicting }), fc.boolean())
	.map(([keys, withDefault]) => ({
		lines: ['hostnames;', ...keys.map((key, index) => `${key} v${index};`), ...(withDefault ? ['default other;'] : [])],
	}));

/** Keys that nginx holds for the same one: `.a` stands for `a` and `*.a`. */
function conflicting(key: string): string {
	return key.toLowerCase().replace(/^\*?\./, '');
}

const valueMap: fc.Arbitrary<RandomMap> = fc
	.tuple(
		fc.uniqueArray(plainKey, { maxLength: 4, selector: (key) => key.toLowerCase() }),
		fc.array(fc.tuple(regexSoup.filter(isModelled), fc.boolean()), { maxLength: 4 }),
		fc.option(fc.constantFrom('other', ''), { nil: undefined }),
		fc.boolean(),
	)
	.map(([keys, expressions, fallback, isVolatile]) => ({
		lines: [
			...keys.map((key, index) => `${quoteWord(escapedKey(key), '"')} k${index};`),
			...expressions.map(
				([expression, caseless], index) => `${quoteWord(`~${caseless ? '*' : ''}${expression}`, '"')} "r${index}:$1,$2,$3";`,
			),
			...(fallback === undefined ? [] : [`default "${fallback}";`]),
			...(isVolatile ? ['volatile;'] : []),
		],
	}));

/** A leading backslash keeps a key from being read as a word of the map's own (MP11). */
function escapedKey(key: string): string {
	return /^[~\\]|^(?:default|hostnames|include|volatile)$/.test(key) ? `\\${key}` : key;
}

function isModelled(expression: string): boolean {
	return expression !== '' && !expression.startsWith('*') && !('unsupported' in compileRegex(toBytes(expression), false));
}

function source(maps: readonly RandomMap[]): string {
	return maps.map(({ lines }, index) => `map $http_k $v${index} {\n${lines.join('\n')}\n}`).join('\n');
}

/** The map's answer as `return` shows it, or undefined when we do not say. */
function answer(map: CompiledMap, key: string): string | undefined {
	const entry = map.lookUp(key);
	if (entry === undefined) return undefined;
	return templateParts(entry.template)
		.map((part) =>
			part.kind === 'capture' ? (entry.captures?.groups[part.number] ?? '') : part.kind === 'literal' ? part.text : '',
		)
		.join('');
}

describe.each(binaries.map((nginx) => ({ version: nameOf(nginx), nginx })))('nginx $version', ({ nginx }) => {
	test.each([
		{ kind: 'strings and expressions', arbitrary: valueMap, key: textSoup, maps: 300, keys: 40 },
		{
			kind: 'host names and masks',
			arbitrary: hostMap,
			key: fc.tuple(host, fc.constantFrom('', '', '.')).map((parts) => parts.join('')),
			maps: 100,
			keys: 80,
		},
	])('answers as we do for random maps of $kind (MP4, MP6, MP11, MP12)', async ({ arbitrary, key, maps, keys }) => {
		const random = fc.sample(arbitrary, { numRuns: maps, seed: SEED });
		const texts = [...new Set(['', ...fc.sample(key, { numRuns: keys, seed: SEED })])];
		const http = source(random);
		const port = await freePort();
		const running = await startNginx(
			nginx,
			(folder) => ({
				'nginx.conf': `${globals(folder)} events {} http { ${PRIVATE_HTTP} access_log off;\n${http}
server { listen 127.0.0.1:${port}; location / { ${random.map((_, index) => `add_header V${index} "[$v${index}]";`).join('\n')} return 204; } } }`,
			}),
			port,
		);
		try {
			const configuration = buildConfiguration('/nginx.conf', memoryFiles({ '/nginx.conf': `http {\n${http}\n}` }));
			const compiled = (configuration.root.byName.get('http')?.[0]?.body?.byName.get('map') ?? []).map(readMap);
			const disagreements: unknown[] = [];
			let compared = 0;
			for (const text of texts) {
				const bytes = toBytes(text);
				const response = await sendRaw(port, {
					uri: '/',
					headers: [
						['Host', 'a'],
						['Connection', 'close'],
						['K', bytes],
					],
				});
				const values = new Map(response.headers.map(([name, value]) => [name, value]));
				for (const [index, map] of compiled.entries()) {
					const ours = answer(map, bytes);
					if (ours === undefined) continue;
					compared++;
					const theirs = values.get(`V${index}`)?.slice(1, -1);
					if (toBytes(ours) !== theirs && ours !== theirs) disagreements.push({ text, ours, theirs, map: random[index]?.lines });
				}
			}
			expect(disagreements.slice(0, 5)).toEqual([]);
			expect(compared).toBeGreaterThan(0.9 * texts.length * compiled.length);
		} finally {
			await running.stop();
		}
	});
});
