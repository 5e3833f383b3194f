import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from '../../server/src/core/syntax/parse.ts';
import { runSyntaxOracle } from '../corpus/syntaxOracle.ts';
import { corpusFiles, corpusFolder, sampleOf } from '../support/corpusFiles.ts';
import { generations, nameOf } from '../support/nginx.ts';
import { forgottenCases, placed, severalLines, tokenizerCases } from '../support/syntaxCases.ts';
import { disagreement, forEachOfMany, NginxReader } from '../support/syntaxVerdict.ts';
import { structuredSoup, tokenSoup } from '../support/tokenSoup.ts';

const SEED = 20_260_101;
const binaries = await generations();
const folder = corpusFolder();

describe.each(binaries.map((nginx) => ({ version: nameOf(nginx), reader: new NginxReader(nginx) })))(
	'nginx $version',
	({ reader }) => {
		afterAll(() => reader.close());

		const asked = [...tokenizerCases, ...forgottenCases].filter(({ nginxDiffers }) => nginxDiffers === undefined);
		test.each(asked)('$row, $name: stops where we say it stops', async ({ text, place }) => {
			const whole = placed(text, place);
			expect(disagreement(parse(whole), await reader.stop(whole))).toBeUndefined();
		});

		test.each(severalLines)('accepts the several lines that we accept: $text', async ({ text, place }) => {
			const whole = placed(text, place);
			expect(await reader.stop(whole)).toBeUndefined();
		});

		test('refuses words and comments that outgrow its buffer exactly where we do (TK11)', async () => {
			const disagreements: string[] = [];
			await forEachOfMany(textsAroundTheBuffer(), async (text) => {
				const differs = disagreement(parse(text), await reader.stop(text));
				if (differs !== undefined)
					disagreements.push(`${JSON.stringify(text.replace(/x{9,}/g, (run) => `x*${run.length}`))}: ${differs}`);
			});
			expect(disagreements).toEqual([]);
		});

		test('reads random words as we read them', async () => {
			const unit = fc.constantFrom(...'ab"\'\\\\\\tnr${}#)\n é.');
			const quoted = fc
				.tuple(fc.constantFrom('"', "'"), fc.string({ unit, maxLength: 8 }))
				.map(([quote, inner]) => `${quote}${inner}${quote}`);
			const samples = fc.sample(fc.oneof(fc.string({ unit, minLength: 1, maxLength: 8 }), quoted), { numRuns: 400, seed: SEED });
			let compared = 0;
			await forEachOfMany(samples, async (word) => {
				const text = `${word};`;
				const tree = parse(text);
				const name = tree.directives[0]?.name.value;
				const stop = await reader.stop(text);
				const said = /^unknown directive "([\s\S]*)"$/.exec(stop?.message ?? '')?.[1];
				if (tree.template || said === undefined) return;
				expect({ word, value: said }).toEqual({ word, value: name });
				compared++;
			});
			expect(compared).toBeGreaterThan(100);
		});

		test.each([
			{ what: 'words and entries', place: 'types', soup: tokenSoup },
			{ what: 'directives and blocks', place: 'server', soup: structuredSoup },
		] as const)('stops at the same syntax error of the same line in random $what', async ({ place, soup }) => {
			const counts = { texts: 0, templates: 0, stops: 0 };
			const disagreements: string[] = [];
			await forEachOfMany(fc.sample(soup, { numRuns: 500, seed: SEED }), async (text) => {
				// A name with a NUL in it cuts nginx's message short.
				const whole = placed(text.replaceAll('\0', ''), place);
				const tree = parse(whole);
				counts.texts++;
				if (tree.template) {
					counts.templates++;
					return;
				}
				const stop = await reader.stop(whole);
				if (stop !== undefined) counts.stops++;
				const differs = disagreement(tree, stop);
				if (differs !== undefined) disagreements.push(`${JSON.stringify(whole)}: ${differs}`);
			});
			expect(disagreements).toEqual([]);
			// The texts are worth something: many stop nginx, many do not, and few are exempt.
			expect(counts.stops).toBeGreaterThan(counts.texts * 0.3);
			expect(counts.templates).toBeLessThan(counts.texts * 0.3);
		});
	},
);

/** Words of about 4096 bytes, written in every way, before everything that may follow. */
function textsAroundTheBuffer(): string[] {
	const writings: readonly ((length: number) => string)[] = [
		(length) => 'x'.repeat(length),
		(length) => `a ${'x'.repeat(length)}`,
		(length) => `a "${'x'.repeat(length)}"`,
		(length) => `a '${'x'.repeat(length)}`,
		(length) => `a "${'x\n'.repeat(length / 2)}"`,
		(length) => `a ${'é'.repeat(length >> 1)}${'x'.repeat(length & 1)}`,
		(length) => `#${'x'.repeat(length - 1)}`,
	];
	const followers = [';', ' ;', '\n', ' \n ;', '{', '', ')x;', 'z;'];
	const starts = ['events {} http { types { ', 'events {}\nhttp {\n# a comment that moves the rest in the buffer\n types {\n'];
	const texts: string[] = [];
	for (const write of writings) {
		for (const length of [4093, 4094, 4095, 4096, 4097]) {
			for (const follower of followers) {
				texts.push(`${starts[0]}${write(length)}${follower}`, `${starts[1]}${write(length)}${follower}\n}}`);
			}
		}
	}
	return texts;
}

const newest = binaries.at(-1);
describe.skipIf(folder === undefined || newest === undefined)('real configurations (NGINX_WEBSOCKET_CORPUS)', () => {
	test('have a syntax problem exactly where nginx has one, on the same line', { timeout: 120_000 }, async () => {
		if (folder === undefined || newest === undefined) return;
		const reader = new NginxReader(newest);
		const counts = await runSyntaxOracle(reader, sampleOf(corpusFiles(folder), 160));
		reader.close();
		console.info(
			`Syntax oracle: ${counts.files} files: ${counts.accepted} accepted by both, ${counts.refused} refused by both on the same line, ` +
				`${counts.templates} templates exempt, ${counts.unfinished} that nginx could not be led through.`,
		);
		expect(counts.disagreements).toEqual([]);
		expect(counts.refused).toBeGreaterThan(0);
		expect(counts.unfinished).toBeLessThan(counts.files * 0.1);
	});
});
